// SPDX-License-Identifier: Apache-2.0
// Two plain charts: shares that hold until they change, as steps, and sums over spans, as bars.

import { clock, element, say } from "/words.js";

// On a narrow screen a chart is drawn narrower, not smaller: its letters stay as large.
export const WIDE = matchMedia("(max-width: 600px)").matches ? 340 : 640;
const HIGH = 190, LEFT = 40, FOOT = 22, TOP = 10;
const SPACE = "http://www.w3.org/2000/svg";
const TONES = 6;

export function drawing(name, attributes, ...children) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function frame(title, names, ...shapes) {
  const chart = drawing("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "chart", role: "img", "aria-label": title }, ...shapes);
  const legend = names.map((name, index) => element("span", `tone-${index % TONES}`, name));
  return element("figure", "", element("figcaption", "", title, element("span", "legend", ...legend)), chart);
}

function grid(most, shown) {
  return [0, 0.5, 1].flatMap((share) => {
    const y = HIGH - FOOT - share * (HIGH - FOOT - TOP);
    return [
      drawing("line", { x1: LEFT, x2: WIDE, y1: y, y2: y, class: "grid" }),
      drawing("text", { x: LEFT - 6, y: y + 4, class: "scale" }, shown(share * most)),
    ];
  });
}

function times(first, last, end = WIDE) {
  const from = drawing("text", { x: LEFT, y: HIGH - 5, class: "time" }, clock(first));
  if (end < LEFT + 140) return [drawing("text", { x: LEFT, y: HIGH - 5, class: "time" }, `${clock(first)} – ${clock(last)}`)];
  return [from, drawing("text", { x: end, y: HIGH - 5, class: "time last" }, clock(last))];
}

export function steps(title, lines, names) {
  const instants = lines.flat().map(([at]) => at);
  if (instants.length < 2) return element("p", "nothing", say("page-no-series"));
  const first = Math.min(...instants), last = Math.max(...instants, first + 1);
  const x = (at) => LEFT + ((at - first) / (last - first)) * (WIDE - LEFT);
  const y = (share) => HIGH - FOOT - share * (HIGH - FOOT - TOP);
  const paths = lines.map((line, index) => {
    const path = line.map(([at, share], n) => (n ? `H${x(at)}V${y(share)}` : `M${x(at)},${y(share)}`)).join("");
    return drawing("path", { d: `${path}H${WIDE}`, class: `step tone-${index % TONES}` });
  });
  return frame(title, names, ...grid(1, (share) => `${Math.round(share * 100)} %`), ...paths, ...times(first, last));
}

export function bars(title, spans, names) {
  if (!spans.length) return element("p", "nothing", say("page-no-series"));
  const sums = spans.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const most = Math.max(1, ...sums), width = (WIDE - LEFT) / Math.max(spans.length, 12);
  const shapes = spans.flatMap(({ values, from }, number) => {
    let foot = HIGH - FOOT;
    return values.map((value, index) => {
      const high = (value / most) * (HIGH - FOOT - TOP);
      foot -= high;
      const place = { x: LEFT + number * width + 1, y: foot, width: Math.max(1, width - 2), height: high };
      const bar = drawing("rect", { ...place, class: `bar tone-${index % TONES}` });
      bar.append(drawing("title", {}, `${clock(from)} · ${names[index]} ${value}`));
      return bar;
    });
  });
  const scale = grid(most, (value) => String(Math.round(value)));
  return frame(title, names, ...scale, ...shapes, ...times(spans[0].from, spans.at(-1).to, LEFT + spans.length * width));
}
