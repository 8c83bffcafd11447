// SPDX-License-Identifier: Apache-2.0
// Parking lots: a map of the spaces as the camera sees them, or bays in rows where no outlines were told; free counts.

import { drawing, steps, WIDE } from "/charts.js";
import { clock, element, say } from "/words.js";

const HIGH = (WIDE * 9) / 16, RIM = 12, SMALLEST = 8;

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

// Where nothing is known of any space, nothing is said of free ones.
function counts(zones) {
  const rows = zones.map(({ zone, free, total, unknown }) => {
    const blind = unknown === total, tone = blind ? "waiting" : free === 0 && !unknown ? "bad" : "good";
    const counted = element("dd", "", element("b", "", blind ? "–" : String(free)), ` / ${total}`);
    if (unknown) counted.append(element("small", "", `${say("state-unknown")} ${unknown}`));
    return element("div", tone, element("dt", "", say("page-free-in", { zone })), counted);
  });
  return element("dl", "free", ...rows);
}

function hint({ space, state, vehicle, since, straddles }) {
  const told = [space, say(`state-${state}`), vehicle, since && say("page-since", { time: clock(since) })];
  if (straddles.length) told.push(say("page-straddles", { spaces: straddles.join(", ") }));
  return told.filter(Boolean).join(" · ");
}

// As the camera sees them, cut to where spaces are; a name that has no room in its space is left to the hint.
function map(spaces) {
  const outlines = spaces.map(({ corners }) => corners.map(([x, y]) => [x * WIDE, y * HIGH]));
  const all = outlines.flat(), xs = all.map(([x]) => x), ys = all.map(([, y]) => y);
  const [left, top, right, low] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  const scale = Math.min((WIDE - 2 * RIM) / Math.max(right - left, 1), (HIGH - 2 * RIM) / Math.max(low - top, 1));
  const shapes = spaces.map((space, index) => {
    const points = outlines[index].map(([x, y]) => [RIM + (x - left) * scale, RIM + (y - top) * scale]);
    const shape = drawing("polygon", { points: points.map((point) => point.join()).join(" "), class: `bay ${space.state}` });
    shape.append(drawing("title", {}, hint(space)));
    return drawing("g", {}, shape, ...name(space.space, points));
  });
  const size = `0 0 ${(right - left) * scale + 2 * RIM} ${(low - top) * scale + 2 * RIM}`;
  return drawing("svg", { viewBox: size, class: "map", role: "img", "aria-label": say("page-map") }, ...shapes);
}

function name(text, points) {
  const middle = points.reduce(([a, b], [x, y]) => [a + x / points.length, b + y / points.length], [0, 0]);
  const wide = Math.max(...points.map(([x]) => x)) - Math.min(...points.map(([x]) => x));
  const high = Math.max(...points.map(([, y]) => y)) - Math.min(...points.map(([, y]) => y));
  const size = Math.min(13, (0.75 * wide) / (0.6 * text.length), 0.5 * high);
  if (size < SMALLEST) return [];
  return [drawing("text", { x: middle[0], y: middle[1], class: "bay-name", "font-size": size.toFixed(1) }, text)];
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
