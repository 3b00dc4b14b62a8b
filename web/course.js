// The course of one cascade as a drawing: how many posts there were over time, what was predicted at each window's end with its
// range, the course that the Hawkes process expects from there, and what it came to.

import { drawn, lasting, moved, round, short, whole } from "./tools.js";

const ROOM = { top: 16, right: 16, bottom: 26, left: 50 };
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800];

/** What an exponential Hawkes process expects behind a window: posts after so many milliseconds, or null if it declines. */
export function expected(fit) {
  const beta = fit?.parameters.find((one) => one.name === "beta")?.value;
  if (fit?.model !== "exponential" || !beta || fit.predicted === null || fit.n_star >= 1) return null;
  const fading = beta * (1 - fit.n_star);
  const more = fit.g1 / (1 - fit.n_star);
  return (ms) => fit.observed + more * (1 - Math.exp(-fading * (ms / 1000 - fit.window_s)));
}

export class Course {
  /** `onRead` is told which point of the curve is read, or null. */
  constructor(svg, onRead) {
    Object.assign(this, { svg, onRead, cascade: null, read: null });
    new ResizeObserver(() => this.draw()).observe(svg);
    svg.addEventListener("pointermove", (event) => this.pointAt(event.clientX - svg.getBoundingClientRect().left));
    svg.addEventListener("pointerleave", () => this.setRead(null));
    svg.addEventListener("blur", () => this.setRead(null));
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  show(cascade) {
    this.cascade = cascade;
    // The same point again, of a curve that was asked for anew.
    this.read &&= this.points.find(([ms]) => ms === this.read[0]) ?? null;
    this.draw();
  }

  get points() {
    return this.cascade?.curve?.points ?? [];
  }

  /** How long and how high the drawing must be. */
  frame() {
    const { forecasts, size, end, start } = this.cascade;
    const last = Math.max(...forecasts.map((one) => one.window_s * 1000), this.points.at(-1)?.[0] ?? 0, 1000);
    const whole_ms = end ? Math.max(last, Date.parse(end) - Date.parse(start)) : last * this.ahead();
    const named = forecasts.flatMap((one) => [one.predicted, one.observed]);
    const high = Math.max(size ?? 0, ...named, this.points.at(-1)?.[1] ?? 0);
    // A range that goes far beyond everything else would leave no room for the rest.
    const ranges = forecasts.map((one) => Math.min(one.high ?? one.predicted, 2.5 * high));
    this.span = whole_ms * 1.05;
    this.top = round(Math.max(high, ...ranges) * 1.04);
  }

  /** How many times as long as what was seen is shown: until most of what is expected has come, within reason. */
  ahead() {
    const fit = this.cascade.fits.at(-1);
    const beta = expected(fit) && fit.parameters.find((one) => one.name === "beta").value;
    const most_s = beta ? Math.log(5) / (beta * (1 - fit.n_star)) : 0;
    return Math.min(4, Math.max(1.6, 1 + most_s / (fit?.window_s ?? 1)));
  }

  x(ms) {
    return this.area.left + (ms / this.span) * (this.area.right - this.area.left);
  }

  y(n) {
    const { top, bottom } = this.area;
    return bottom - Math.min(1.02, n / this.top) * (bottom - top);
  }

  draw() {
    const [width, height] = [this.svg.clientWidth, this.svg.clientHeight];
    if (!this.cascade || !width || !height) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.area = { left: ROOM.left, right: width - ROOM.right, top: ROOM.top, bottom: height - ROOM.bottom };
    this.frame();
    this.svg.replaceChildren();
    this.axes();
    this.size();
    this.expectation();
    this.curve();
    this.cascade.forecasts.forEach((one) => this.forecast(one));
    this.cursor();
  }

  add(name, attributes, text) {
    this.svg.append(drawn(name, attributes, text));
  }

  axes() {
    const { left, right, bottom } = this.area;
    for (let i = 0; i <= 4; i += 1) {
      const n = (this.top / 4) * i;
      const y = Math.round(this.y(n)) + 0.5;
      this.add("line", { class: "grid", x1: left, x2: right, y1: y, y2: y });
      this.add("text", { class: "axis", x: left - 8, y: y + 4, "text-anchor": "end" }, short(Math.round(n)));
    }
    const room = Math.max(2, Math.floor((right - left) / 80));
    const step = STEPS_S.find((seconds) => this.span / 1000 / seconds <= room) ?? STEPS_S.at(-1);
    for (let at = 0; at * 1000 <= this.span; at += step) {
      const x = this.x(at * 1000);
      if (x < right - 20) this.add("text", { class: "axis", x, y: bottom + 18, "text-anchor": "middle" }, at ? lasting(at * 1000) : "start");
    }
  }

  size() {
    const { size, end, start } = this.cascade;
    if (size === null) return;
    const y = this.y(size);
    this.add("line", { class: "came", x1: this.area.left, x2: this.area.right, y1: y, y2: y });
    this.add("text", { class: "came-words", x: this.area.right, y: y - 6, "text-anchor": "end" }, `came to ${whole(size)}`);
    const last = this.points.at(-1);
    const ended = Date.parse(end) - Date.parse(start);
    // Nothing was kept of the way from the longest window's end to the last post.
    if (last && ended > last[0]) this.add("path", { class: "unseen", d: `M${this.x(last[0])} ${this.y(last[1])}L${this.x(ended)} ${y}` });
  }

  expectation() {
    const fit = this.cascade.fits.at(-1);
    const course = expected(fit);
    if (!course) return;
    const from = fit.window_s * 1000;
    const path = Array.from({ length: 61 }, (_, i) => from + ((this.span - from) * i) / 60);
    this.add("path", { class: "hawkes", d: `M${path.map((ms) => `${this.x(ms).toFixed(1)} ${this.y(course(ms)).toFixed(1)}`).join("L")}` });
  }

  curve() {
    if (!this.points.length) return;
    const place = ([ms, n]) => [this.x(ms).toFixed(1), this.y(n).toFixed(1)];
    // It stands until the next post comes.
    const [first, ...rest] = this.points.map(place);
    const line = `M${first.join(" ")}${rest.map(([x, y]) => `H${x}V${y}`).join("")}`;
    const { bottom } = this.area;
    this.add("path", { class: "under", d: `${line}V${bottom}H${first[0]}Z` });
    this.add("path", { class: "curve", d: line });
  }

  forecast(one) {
    const x = this.x(one.window_s * 1000);
    const [high, low, said] = [one.high, one.low, one.predicted].map((n) => this.y(n ?? one.predicted));
    this.add("line", { class: "watched", x1: x, x2: x, y1: this.area.top, y2: this.area.bottom });
    this.add("rect", { class: "range", x: x - 5, y: high, width: 10, height: Math.max(2, low - high), rx: 5 });
    this.add("circle", { class: "said", cx: x, cy: said, r: 5 });
  }

  cursor() {
    if (!this.read) return;
    const [x, y] = [this.x(this.read[0]), this.y(this.read[1])];
    this.add("line", { class: "cursor", x1: x, x2: x, y1: this.area.top, y2: this.area.bottom });
    this.add("circle", { class: "reading", cx: x, cy: y, r: 4 });
  }

  setRead(point) {
    if (point === this.read) return;
    this.read = point;
    this.onRead(point);
    this.draw();
  }

  pointAt(x) {
    if (!this.points.length || !this.area) return;
    const off = (point) => Math.abs(this.x(point[0]) - x);
    this.setRead(this.points.reduce((best, point) => (off(point) < off(best) ? point : best)));
  }

  key(event) {
    const read = moved(event, this.points, this.read);
    if (read !== undefined) this.setRead(read);
  }
}
