// A drawing of intervals in time: bars for how many, a line for averages. It can be read, and a part of it selected.

import { drawn, moved, short, shownTime } from "./tools.js";

const ROOM = { top: 10, right: 8, bottom: 22, left: 56 };
const STEPS_S = [10, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 7776000, 31536000, 157680000];
const DAY_MS = 86400e3;
/** A shorter way of the pointer is a click and selects nothing. */
const LEAST_DRAG = 5;

/** The round number (1, 2 or 5 and zeros) that is not below `n`. */
export function roundStep(n) {
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= n * 0.999);
}

/** An axis that holds all values, and the threshold. */
export function axisOf(values, isCount, threshold) {
  const all = threshold === undefined ? values : [...values, threshold];
  let low = all.reduce((least, n) => Math.min(least, n), isCount ? 0 : Infinity);
  let high = all.reduce((most, n) => Math.max(most, n), isCount ? 4 : -Infinity);
  if (low > high) [low, high] = [-1, 1];
  if (high - low < 1e-6) [low, high] = [low - 0.1, high + 0.1];
  const step = roundStep((high - low) / 4);
  const clean = (n) => Number(n.toPrecision(12));
  return { low: clean(Math.floor(low / step + 1e-9) * step), high: clean(Math.ceil(high / step - 1e-9) * step), step };
}

/** A number as an axis with such steps writes it. */
export function onAxis(n, step, isCount) {
  if (isCount) return short(n);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return n.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");
}

export class Plot {
  /** `onRead` is told which interval is read, or null; `onSelect` from when to when is selected; `lineAt` gives where a line lies over it. */
  constructor(svg, { onRead, onSelect, onDraw, lineAt }) {
    Object.assign(this, { svg, onRead, onSelect, onDraw, lineAt, points: [], isCount: true, line: null, read: null, anchor: null, axis: null });
    new ResizeObserver(() => this.draw()).observe(svg);
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", (event) => this.release(event));
    svg.addEventListener("pointercancel", () => this.unselect());
    svg.addEventListener("pointerleave", () => !this.pressed && this.setRead(null));
    svg.addEventListener("blur", () => this.setRead(null));
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  /** Shows points, each with `start`, `end`, `value` (or null) and whether it `isPart` of an interval. */
  show(points, isCount, line) {
    Object.assign(this, { points, isCount, line });
    this.read &&= points.find((at) => at.start === this.read.start) ?? null;
    if (!this.pressed) this.anchor = null;
    this.draw();
  }

  /** Whether a value is beyond the threshold. Of a part of an interval nobody knows how few it will be. */
  isBeyond({ value, isPart }) {
    if (!this.line || value === null) return false;
    if (this.line.side === "above") return value > this.line.value;
    return value < this.line.value && !(this.isCount && isPart);
  }

  x(ms) {
    const { left, right } = this.area;
    return left + ((ms - this.from) / (this.to - this.from)) * (right - left);
  }

  y(value) {
    const { top, bottom } = this.area;
    return bottom - ((value - this.axis.low) / (this.axis.high - this.axis.low)) * (bottom - top);
  }

  /** The value at a height of the drawing. */
  valueAt(y) {
    const { top, bottom } = this.area;
    const part = Math.min(1, Math.max(0, (bottom - y) / (bottom - top)));
    return this.axis.low + part * (this.axis.high - this.axis.low);
  }

  draw() {
    const [width, height] = [this.svg.clientWidth, this.svg.clientHeight];
    this.svg.replaceChildren();
    if (!this.points.length || !width || !height) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.area = { left: ROOM.left, right: width - ROOM.right, top: ROOM.top, bottom: height - ROOM.bottom };
    [this.from, this.to] = [this.points[0].start, this.points.at(-1).end];
    const values = this.points.map((at) => at.value).filter((value) => value !== null);
    // It stands still under the hand that drags the threshold.
    if (!this.isHeld || !this.axis) this.axis = axisOf(values, this.isCount, this.line?.value);
    this.axes();
    this.zone();
    if (this.isCount) this.bars();
    else this.curve();
    this.over = drawn("g", { class: "over" });
    this.svg.append(this.over);
    this.cursor();
    this.onDraw();
  }

  add(name, attributes, text) {
    this.svg.append(drawn(name, attributes, text));
  }

  axes() {
    const { left, right, bottom } = this.area;
    const { low, high, step } = this.axis;
    const line = this.y(this.lineAt());
    for (let n = low; n <= high + step / 2; n += step) {
      const y = Math.round(this.y(n)) + 0.5;
      const isZero = Math.abs(n) < step / 1e6;
      this.add("line", { class: isZero ? "grid zero" : "grid", x1: left, x2: right, y1: y, y2: y });
      // What lies under the threshold's own number cannot be read.
      if (Math.abs(y - line) > 18) this.add("text", { class: "axis", x: left - 7, y: y + 4, "text-anchor": "end" }, onAxis(n, step, this.isCount));
    }
    const room = Math.max(2, Math.floor((right - left) / 76));
    const ms = (STEPS_S.find((seconds) => (this.to - this.from) / 1000 / seconds <= room) ?? STEPS_S.at(-1)) * 1000;
    for (let at = Math.ceil(this.from / ms) * ms; at <= this.to; at += ms) {
      const x = this.x(at);
      if (x > left + 16 && x < right - 16) this.add("text", { class: "axis", x, y: bottom + 16, "text-anchor": "middle" }, this.time(at, ms));
    }
  }

  /** A time at the foot: a day where one begins. */
  time(at, step) {
    const day = new Date(at).toISOString();
    if (step > 100 * DAY_MS) return day.slice(0, 7);
    return at % DAY_MS === 0 ? day.slice(5, 10) : shownTime(at);
  }

  /** The part of the drawing that is beyond the threshold. */
  zone() {
    if (!this.line) return;
    const { left, right, top, bottom } = this.area;
    const y = Math.min(bottom, Math.max(top, this.y(this.line.value)));
    const [from, to] = this.line.side === "above" ? [top, y] : [y, bottom];
    this.add("rect", { class: "zone", x: left, y: from, width: right - left, height: Math.max(0, to - from) });
  }

  bars() {
    const wide = (this.area.right - this.area.left) / this.points.length;
    const gap = wide > 4 ? 1 : 0;
    const paths = { whole: "", part: "", beyond: "" };
    for (const at of this.points) {
      if (!at.value) continue;
      const kind = this.isBeyond(at) ? "beyond" : at.isPart ? "part" : "whole";
      const [left, right] = [this.x(at.start), Math.max(this.x(at.start) + 0.8, this.x(at.end) - gap)];
      paths[kind] += `M${left.toFixed(1)} ${this.area.bottom}V${this.y(at.value).toFixed(1)}H${right.toFixed(1)}V${this.area.bottom}Z`;
    }
    for (const [kind, d] of Object.entries(paths)) if (d) this.add("path", { class: `bar-${kind}`, d });
  }

  curve() {
    let [line, dots, beyond] = ["", "", ""];
    const few = this.points.length <= 60;
    this.points.forEach((at, i) => {
      if (at.value === null) return;
      const [x, y] = [this.middle(at).toFixed(1), this.y(at.value).toFixed(1)];
      const [before, after] = [this.points[i - 1]?.value ?? null, this.points[i + 1]?.value ?? null];
      // Nothing is known of an interval without posts: no line goes through it.
      line += `${before === null ? "M" : "L"}${x} ${y}`;
      const dot = (r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
      if (this.isBeyond(at)) beyond += dot(this.points.length > 500 ? 1.7 : 2.6);
      else if (few || (before === null && after === null)) dots += dot(2);
    });
    this.add("path", { class: this.points.length > 500 ? "curve dense" : "curve", d: line });
    this.add("path", { class: "dots", d: dots });
    this.add("path", { class: "dots-beyond", d: beyond });
  }

  middle(at) {
    return this.x((at.start + at.end) / 2);
  }

  /** What is read, and what is selected, over the drawing. */
  cursor() {
    if (!this.over) return;
    this.over.replaceChildren();
    const { top, bottom } = this.area;
    const chosen = this.selected();
    if (chosen) {
      const [left, right] = [this.x(chosen.from), this.x(chosen.to)];
      this.over.append(drawn("rect", { class: "selection", x: left, y: top, width: Math.max(1, right - left), height: bottom - top }));
    }
    if (!this.read) return;
    const x = this.middle(this.read);
    this.over.append(drawn("line", { class: "cursor", x1: x, x2: x, y1: top, y2: bottom }));
    if (this.read.value !== null) this.over.append(drawn("circle", { class: "reading", cx: x, cy: this.y(this.read.value), r: 3.5 }));
  }

  selected() {
    if (!this.anchor || !this.read) return null;
    return { from: Math.min(this.anchor.start, this.read.start), to: Math.max(this.anchor.end, this.read.end) };
  }

  /** Reads the interval that begins then, without telling anybody. */
  follow(start) {
    this.read = this.points.find((at) => at.start === start) ?? null;
    this.cursor();
  }

  setRead(point) {
    if (point === null) this.anchor = null;
    if (point !== this.read || point === null) {
      this.read = point;
      this.onRead(point);
    }
    this.cursor();
  }

  at(event) {
    if (!this.points.length || !this.area) return null;
    const { left, right } = this.area;
    const part = (event.clientX - this.svg.getBoundingClientRect().left - left) / (right - left);
    const ms = this.from + Math.min(1, Math.max(0, part)) * (this.to - this.from);
    return this.points.find((at) => ms < at.end) ?? this.points.at(-1);
  }

  press(event) {
    if (event.button !== 0 || !this.points.length) return;
    this.pressed = { x: event.clientX, point: this.at(event) };
    this.svg.setPointerCapture(event.pointerId);
    this.setRead(this.pressed.point);
  }

  move(event) {
    if (this.pressed && Math.abs(event.clientX - this.pressed.x) >= LEAST_DRAG) this.anchor = this.pressed.point;
    if (this.points.length) this.setRead(this.at(event));
  }

  release() {
    const chosen = this.pressed && this.selected();
    this.unselect();
    if (chosen) this.onSelect(chosen);
  }

  unselect() {
    Object.assign(this, { pressed: null, anchor: null });
    this.cursor();
  }

  key(event) {
    if (event.key === "Enter" && this.selected()) {
      const chosen = this.selected();
      this.unselect();
      this.onSelect(chosen);
      return;
    }
    const [before, anchor] = [this.read, this.anchor];
    const read = moved(event, this.points, this.read);
    if (read === undefined) return;
    this.anchor = event.shiftKey && read ? anchor ?? before ?? read : null;
    this.setRead(read);
  }
}
