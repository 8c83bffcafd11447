// SPDX-License-Identifier: Apache-2.0
// The live view: nothing is asked of a camera until somebody opens it, and nothing any more once it is closed.

import { clock, element, say } from "/words.js";

const EVERY_MS = 2000;
const HASH = /^[0-9a-f]{64}$/;
const PATIENCE_MS = 10000;
const open = new Set();
const newest = new Map(), asked = new Map();

export function showLive(place, cameras) {
  for (const camera of cameras) newest.set(pathOf(camera), camera.sha256);
  place.replaceChildren(...cameras.map(card));
}

const pathOf = ({ device, camera }) => `${encodeURIComponent(device)}/${encodeURIComponent(camera)}`;

function card({ device, camera, online, sha256, at }) {
  const path = pathOf({ device, camera });
  const looking = open.has(path);
  const button = element("button", "sheet", say(looking ? "page-live-stop" : "page-live-look"));
  button.type = "button";
  button.disabled = !online && !looking;
  button.addEventListener("click", () => {
    if (!open.delete(path)) open.add(path), ask(path);
    button.textContent = say(open.has(path) ? "page-live-stop" : "page-live-look");
  });
  const title = element("h3", "", camera, element("small", "", ` ${device}`));
  return element("article", "case", title, picture(looking, sha256, at, online), element("div", "handed-out", button));
}

function picture(looking, sha256, at, online) {
  if (!online) return element("p", "live-closed", say("page-live-lost"));
  if (!looking) return element("p", "live-closed", say("page-live-closed"));
  if (!HASH.test(sha256)) return element("p", "live-closed", say("page-live-coming"));
  const image = element("img", "live");
  Object.assign(image, { src: `/blob/${sha256}`, alt: clock(at) });
  return element("figure", "", image, element("figcaption", "", clock(at), element("span", "", say("page-live-blurred"))));
}

function ask(path) {
  asked.set(path, { at: Date.now(), before: newest.get(path) });
  fetch(`/live/${path}`, { method: "POST" }).catch(() => {});
}

// A slow device is not asked again while it works at its answer, or questions would wait in line there.
function due(path) {
  const last = asked.get(path);
  return !last || newest.get(path) !== last.before || Date.now() - last.at > PATIENCE_MS;
}

export const opened = () => [...open];
setInterval(() => document.hidden || opened().filter(due).forEach(ask), EVERY_MS);
