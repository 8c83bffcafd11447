// SPDX-License-Identifier: Apache-2.0
// Parking lots: a map of the spaces as the camera sees them, or bays in rows where no outlines were told; free counts.

import { drawing, steps } from "/charts.js";
import { clock, element, say } from "/words.js";

const WIDE = 640, HIGH = 360;

export function showLots(place, lots) {
  place.replaceChildren(...lots.map(card));
}

function card(lot) {
  const title = element("h3", "", lot.name || lot.code || lot.device, element("small", "", ` ${lot.device}`));
  const mapped = lot.spaces.length && lot.spaces.every(({ corners }) => corners.length > 2);
  return element(
    "article", "case lot", title, counts(lot.zones),
    element("div", "side-by-side", mapped ? map(lot.spaces) : bays(lot.spaces), occupancy(lot)),
  );
}

function counts(zones) {
  const rows = zones.map(({ zone, free, total, unknown }) => {
    const tone = free === 0 && !unknown ? "bad" : "good";
    const counted = element("dd", "", element("b", "", String(free)), ` / ${total}`);
    return element("div", tone, element("dt", "", say("page-free-in", { zone })), counted);
  });
  return element("dl", "free", ...rows);
}

function hint({ space, state, vehicle, since, straddles }) {
  const told = [space, say(`state-${state}`), vehicle, since && say("page-since", { time: clock(since) })];
  if (straddles.length) told.push(say("page-straddles", { spaces: straddles.join(", ") }));
  return told.filter(Boolean).join(" · ");
}

function map(spaces) {
  const shapes = spaces.map((space) => {
    const points = space.corners.map(([x, y]) => [x * WIDE, y * HIGH]);
    const shape = drawing("polygon", { points: points.map((point) => point.join()).join(" "), class: `bay ${space.state}` });
    shape.append(drawing("title", {}, hint(space)));
    const middle = points.reduce(([a, b], [x, y]) => [a + x / points.length, b + y / points.length], [0, 0]);
    const name = drawing("text", { x: middle[0], y: middle[1], class: "bay-name" }, space.space);
    return drawing("g", {}, shape, name);
  });
  return drawing("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "map", role: "img", "aria-label": say("page-map") }, ...shapes);
}

function bays(spaces) {
  const cells = spaces.map((space) => {
    const cell = element("li", `bay ${space.state}`, element("span", "", space.space));
    cell.title = hint(space);
    return cell;
  });
  return element("ul", "bays", ...cells);
}

function occupancy({ series }) {
  const zones = [...new Set(series.map(({ zone }) => zone))];
  const lines = zones.map((zone) => series.filter((one) => one.zone === zone && one.share !== null));
  return steps(say("page-occupied"), lines.map((line) => line.map(({ at, share }) => [Date.parse(at), share])), zones);
}
