// SPDX-License-Identifier: Apache-2.0
// Reads an AsyncAPI document on stdin and prints what the official parser makes of it; since that parser tries no
// examples of version 3, each is tried on its payload schema here, by the validator the parser itself stands on.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const { Parser } = require("@asyncapi/parser");
const ajv = require("ajv-formats")(new (require("ajv"))({ strict: false }));

const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const wrong = diagnostics.filter((one) => one.severity <= 1).map((one) => `${one.path.join(".")}: ${one.message}`);
let tried = 0;
for (const message of document?.components().messages().all() ?? []) {
  const fits = ajv.compile(message.payload().json());
  for (const example of message.examples().all()) {
    tried += 1;
    if (!fits(example.payload())) wrong.push(`${message.id()}: ${ajv.errorsText(fits.errors)}`);
  }
}
const found = {
  valid: document !== undefined,
  wrong,
  tried,
  sends: document?.operations().filterBySend().length,
  receives: document?.operations().filterByReceive().length,
  channels: document?.channels().all().map((channel) => channel.address()),
};
process.stdout.write(JSON.stringify(found));
