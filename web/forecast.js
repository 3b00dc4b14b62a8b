// A prediction as a small bar: a range, what is predicted in it, what was seen, and what it came to. All bars of a table share
// one scale, on which each step is ten times the one before: cascades differ that much.

import { drawn, element, whole } from "./tools.js";

const WIDTH = 100;
const HEIGHT = 20;

/** Where a size stands on a scale. */
function at(size, { least, most }) {
  const log = (n) => Math.log10(Math.max(n, 1));
  const part = (log(size) - log(least)) / Math.max(log(most) - log(least), 0.3);
  return (Math.min(1, Math.max(0, part)) * (WIDTH - 8) + 4).toFixed(2);
}

/** A share in words. */
export function percent(share) {
  return share === null || share === undefined ? "–" : `${whole(share * 100)} %`;
}

/** What was predicted, in words. */
export function inWords({ predicted, low, high, observed, size }) {
  const end = size === null || size === undefined ? `${whole(observed)} so far` : `it came to ${whole(size)}`;
  return `${whole(predicted)} predicted, between ${whole(low)} and ${whole(high)}; ${end}`;
}

/** The scale that a table needs. */
export function scaleOf(rows) {
  const sizes = rows.flatMap((row) => [row.low, row.high, row.predicted, row.size ?? row.observed]);
  return { least: Math.max(1, Math.min(...sizes)), most: Math.max(...sizes) };
}

/** A cell with the predicted number and its bar. */
export class Forecast {
  constructor() {
    this.element = element("td", "forecast");
    this.number = element("b");
    this.svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    this.parts = {
      track: drawn("line", { class: "track", x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
      range: drawn("rect", { class: "range", y: 5, height: HEIGHT - 10 }),
      seen: drawn("rect", { class: "seen", y: 2, height: HEIGHT - 4, width: 1.2 }),
      said: drawn("rect", { class: "said", y: 3, height: HEIGHT - 6, width: 2.4 }),
      came: drawn("rect", { class: "came", y: 0, height: HEIGHT, width: 1.8 }),
    };
    this.svg.append(...Object.values(this.parts));
    const cell = element("div", "cell");
    cell.append(this.number, this.svg);
    this.element.append(cell);
  }

  show(row, scale) {
    this.number.textContent = whole(row.predicted);
    this.svg.setAttribute("aria-label", inWords(row));
    this.element.title = inWords(row);
    const [low, high] = [at(row.low, scale), at(row.high, scale)];
    this.set("range", { x: low, width: Math.max(1.5, high - low) });
    this.set("said", { x: at(row.predicted, scale) - 1.2 });
    const ended = row.size !== null && row.size !== undefined;
    this.set(ended ? "came" : "seen", { x: at(ended ? row.size : row.observed, scale) - 0.8 });
    this.parts.came.toggleAttribute("hidden", !ended);
    this.parts.seen.toggleAttribute("hidden", ended);
  }

  set(part, attributes) {
    for (const [name, value] of Object.entries(attributes)) this.parts[part].setAttribute(name, value);
  }
}

/** A cell that says whether the size was within the range. */
export function verdict(cell, inside) {
  const words = inside === null ? "–" : inside ? "yes" : "no";
  if (cell.textContent !== words) cell.textContent = words;
  cell.dataset.inside = words;
}
