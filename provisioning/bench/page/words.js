// SPDX-License-Identifier: Apache-2.0
// The language that is shown, and the few ways in which anything gets onto the page: as text, never as markup.

const STORED = "dongtou-language";
const words = await (await fetch("/words.json")).json();
let language = localStorage.getItem(STORED) ?? words.first;

export const spoken = () => language;

export function speak(chosen) {
  language = chosen;
  localStorage.setItem(STORED, chosen);
}

export function say(key, facts = {}) {
  const text = words[language]?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}

// What the catalogue has no word for is shown as it came.
export function named(key, otherwise) {
  return words[language]?.[key] ?? otherwise;
}

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function clock(instant) {
  const at = new Date(instant);
  return Number.isNaN(at.valueOf()) ? "–" : at.toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB");
}

export function number(value) {
  return value.toLocaleString("en").replaceAll(",", "\u202f");
}
