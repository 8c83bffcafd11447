// SPDX-License-Identifier: Apache-2.0
// Roads and sites: how many passed in each span, how freely each lane flows, how many people are there.

import { bars } from "/charts.js";
import { element, named, number, say } from "/words.js";

export function showFlows(place, told) {
  place.replaceChildren(...told.roads.map(road), ...told.sites.map(site));
}

function road({ name, place, device, bars: spans, lanes }) {
  const kinds = [...new Set(spans.flatMap((span) => Object.keys(span.kinds)))].sort();
  const counted = spans.map(({ from, to, kinds: sums }) => ({ from, to, values: kinds.map((kind) => sums[kind] ?? 0) }));
  const title = element("h3", "", place || name, element("small", "", ` ${name} · ${device}`));
  return element("article", "case", title, state(lanes), bars(say("page-passed"), counted, kinds.map((kind) => named(`kind-${kind}`, kind))));
}

function state(lanes) {
  const rows = lanes.map(({ lane, level, mean_kmh, queue_max_m }) => {
    const facts = [level && say(`page-level-${level}`)];
    if (mean_kmh !== null) facts.push(`${mean_kmh.toFixed(0)} km/h`);
    if (queue_max_m) facts.push(say("page-queue", { metres: queue_max_m.toFixed(0) }));
    return element("div", `level-${level}`, element("dt", "", lane), element("dd", "", facts.filter(Boolean).join(" · ") || "–"));
  });
  return element("dl", "", ...rows);
}

function site({ name, place, device, bars: spans }) {
  const title = element("h3", "", place || name, element("small", "", ` ${name} · ${device}`));
  const now = spans.at(-1);
  const rows = ["present", "peak", "entered", "left"].map((key) =>
    element("div", "", element("dt", "", say(`page-people-${key}`)), element("dd", "", number(now[key]))),
  );
  const counted = spans.map(({ from, to, present }) => ({ from, to, values: [present] }));
  return element("article", "case", title, element("dl", "", ...rows), bars(say("page-people-present"), counted, [say("page-people-present")]));
}
