// SPDX-License-Identifier: Apache-2.0
// Asks the hub once a second and shows the answer. Whatever a device wrote enters the page as text, never as markup.

import { showCases } from "/case.js";
import { showFlows } from "/flows.js";
import { opened, showLive } from "/live.js";
import { showLots } from "/lots.js";
import { clock, element, named, number, say, speak, spoken } from "/words.js";

const EVERY_MS = 1000;
const LANES = ["urgent", "record", "state", "blob", "metric"];
const $ = (selector) => document.querySelector(selector);

let state = null;
const drawn = new Map();

// A part of the page is drawn anew only when what it shows has changed: a picture being looked at must not flicker.
function draw(part, value, how) {
  const wanted = `${spoken()} ${JSON.stringify(value)}`;
  if (drawn.get(part) === wanted) return;
  drawn.set(part, wanted);
  how($(part), value);
}

function figure(name, value, tone = "") {
  return element("div", tone, element("dt", "", name), element("dd", "", value));
}

function showFigures(place, { lanes, duplicates, gaps, blobs, refused, chain }) {
  const whole = blobs.verified === blobs.expected;
  place.replaceChildren(
    ...LANES.map((lane) => figure(say(`page-lane-${lane}`), number(lanes[lane]))),
    figure(say("page-pictures"), `${number(blobs.verified)} / ${number(blobs.expected)}`, whole ? "good" : "waiting"),
    figure(say("page-duplicates"), number(duplicates)),
    figure(say("page-gaps"), number(gaps), gaps ? "waiting" : ""),
    figure(say("page-chain"), chain === null ? "–" : number(chain), chain ? "waiting" : ""),
    figure(say("page-refused"), number(refused), refused ? "bad" : ""),
  );
}

function device({ name, online, since, agent, role, rows }) {
  const link = element("span", "link", element("span", "dot"), say(online ? "page-online" : "page-offline"));
  const roles = role.split(",").filter(Boolean).map((one) => named(`role-${one}`, one)).join(spoken() === "zh" ? "、" : ", ");
  const facts = [roles, agent && `v${agent}`, say("page-rows", { rows: number(rows) })];
  if (since) facts.push(say(online ? "page-since" : "page-gone-since", { time: clock(since) }));
  const line = element("p", "facts", ...facts.filter(Boolean).map((fact) => element("span", "", fact)));
  return element("li", online ? "online" : "offline", element("strong", "", name), link, line);
}

function event({ time, source, type, subject, lane }) {
  const code = type.replace("cn.dongtou.edge.", "");
  const told = named(`event-${code.replace(/\.v\d+$/, "").replaceAll(".", "-")}`, "");
  const who = source.replace("/devices/", "");
  return element(
    "li", `lane-${LANES.includes(lane) ? lane : "other"}`,
    element("time", "", clock(time)), element("span", "told", told, element("code", "", code)), element("span", "who", [who, subject].filter(Boolean).join(" · ")),
  );
}

function orNothing(items, key) {
  return items.length ? items : [element("p", "nothing", say(key))];
}

function list(item, key) {
  return (place, items) => place.replaceChildren(...orNothing(items.map(item), key));
}

function show() {
  document.documentElement.lang = spoken();
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = say(place.dataset.word);
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", String(button.dataset.language === spoken()));
  if (!state) return;
  const { devices, events, cases, live, lots, roads, sites, ...figures } = state;
  draw("#figures", figures, showFigures);
  draw("#devices", devices, list(device, "page-no-devices"));
  draw("#events", events, list(event, "page-no-events"));
  $("#live-part").hidden = !live.length;
  draw("#live", [live.map(({ at, sha256, ...camera }) => (opened().length ? { ...camera, at, sha256 } : camera)), opened()], (place) => showLive(place, live));
  $("#lots-part").hidden = !lots.length;
  $("#flows-part").hidden = !roads.length && !sites.length;
  draw("#lots", lots, showLots);
  draw("#flows", { roads, sites }, showFlows);
  draw("#cases", cases, (place) => showCases(place, $("#large"), orNothing(cases, "page-no-cases")));
}

function pulse(alive) {
  $("#pulse").className = alive ? "alive" : "lost";
  $("#pulse .said").textContent = say(alive ? "page-alive" : "page-lost");
}

async function look() {
  try {
    state = await (await fetch("/state.json")).json();
    pulse(true);
    show();
  } catch {
    pulse(false);
  }
}

for (const button of document.querySelectorAll("[data-language]"))
  button.addEventListener("click", () => {
    speak(button.dataset.language);
    pulse($("#pulse").className === "alive");
    show();
  });

show();
await look();
setInterval(() => document.hidden || look(), EVERY_MS);
