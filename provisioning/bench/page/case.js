// SPDX-License-Identifier: Apache-2.0
// Cases: the facts that a reviewer needs first, and the photographs, whole scenes before close-ups.

import { clock, element, named, say, spoken } from "/words.js";

const VIEWS = ["whole-scene", "vehicle", "plate"];
const HASH = /^[0-9a-f]{64}$/;

export function showCases(place, large, cases) {
  place.replaceChildren(...cases.map((told) => (told instanceof Node ? told : card(told, large))));
}

function card(told, large) {
  const title = element("h3", "", told.place || told.device, element("small", "", ` ${told.zone}`));
  return element("article", "case", title, facts(told), photographs(told, large), handedOut(told, large));
}

// Sheet and package can be had once every photograph is here.
function handedOut(told, large) {
  const whole = told.pictures.length > 0 && told.pictures.every(({ here }) => here);
  const place = element("div", "handed-out", ...(whole ? [sheet(told, large), evidence(told)] : []));
  place.hidden = !whole;
  return place;
}

function evidence({ device, case: name }) {
  const link = element("a", "sheet", say("page-package"));
  link.href = `/package/${encodeURIComponent(device)}/${encodeURIComponent(name)}`;
  link.download = `${name}.zip`;
  return link;
}

// The composite sheet is drawn when it is asked for.
function sheet({ device, case: name }, large) {
  const button = element("button", "sheet", say("page-sheet"));
  button.type = "button";
  const source = `/sheet/${spoken()}/${encodeURIComponent(device)}/${encodeURIComponent(name)}`;
  button.addEventListener("click", () => enlarge(large, source, name));
  return button;
}

function facts(told) {
  const rows = [
    ["page-vehicle", vehicle(told)],
    ["page-seen", `${clock(told.first_seen)} – ${clock(told.last_seen)}`],
    ["page-stay", stay(told)],
    ["page-reported-by", told.device],
  ];
  return element("dl", "", ...rows.map(([key, value]) => row(say(key), value)));
}

function row(name, value) {
  return element("div", "", element("dt", "", name), element("dd", "", value));
}

function vehicle({ vehicle, plate }) {
  return [named(`kind-${vehicle}`, vehicle), plate].filter(Boolean).join(" · ") || "–";
}

function stay({ dwell_s, limit_s }) {
  if (dwell_s === null || limit_s === null) return "–";
  return say("page-of-limit", { dwell: dwell_s.toFixed(0), limit: limit_s.toFixed(0) });
}

function photographs({ pictures }, large) {
  const known = pictures.filter(({ sha256, view }) => HASH.test(sha256) && VIEWS.includes(view));
  known.sort((a, b) => VIEWS.indexOf(a.view) - VIEWS.indexOf(b.view) || a.taken_at.localeCompare(b.taken_at));
  return element("div", "photographs", ...known.map((picture) => photograph(picture, large)));
}

function photograph({ sha256, view, taken_at, here }, large) {
  const caption = `${say(`page-view-${view}`)} · ${clock(taken_at)}`;
  if (!here) return element("div", `photograph ${view} coming`, element("span", "", say("page-coming")));
  const image = element("img", "");
  Object.assign(image, { src: `/blob/${sha256}`, alt: caption, loading: "lazy", decoding: "async" });
  const button = element("button", `photograph ${view}`, image, element("span", "", caption));
  button.type = "button";
  button.addEventListener("click", () => enlarge(large, image.src, caption));
  return button;
}

function enlarge(large, source, caption) {
  Object.assign(large.querySelector("img"), { src: source, alt: caption });
  large.querySelector("p").textContent = caption;
  large.querySelector("a").href = source;
  large.showModal();
}
