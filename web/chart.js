// A line chart on a canvas. It knows points in time and three measures of them, and nothing of where they come from.

import { moved, round, short, shownTime } from "./tools.js";

export const MEASURES = ["posts", "reposts", "people"];
const ROOM = { top: 10, right: 12, bottom: 24, left: 46 };
const STEPS_MS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400].map((seconds) => seconds * 1000);
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Chart {
  /** `onRead` is told which point is read, or null. */
  constructor(canvas, onRead) {
    Object.assign(this, { canvas, onRead, points: [], period: 3600000, hop: null, read: null, shown: null, frame: 0 });
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    canvas.addEventListener("pointermove", (event) => this.pointAt(event.offsetX));
    canvas.addEventListener("pointerdown", (event) => this.pointAt(event.offsetX));
    canvas.addEventListener("pointerleave", () => this.setRead(null));
    canvas.addEventListener("blur", () => this.setRead(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Shows these points, in the order of their ends, over so long a period. With `jump` it does not glide there. */
  show(points, period, hop, jump = false) {
    Object.assign(this, { points, period, hop });
    if (jump) this.shown = null;
    this.draw();
  }

  draw() {
    this.frame ||= requestAnimationFrame((now) => {
      this.frame = 0;
      this.paint(now);
    });
  }

  /** Glides what is shown towards where the points are now; true while there is some way to go. */
  glide(now) {
    const to = this.points.at(-1)?.end ?? 0;
    const from = to - this.period;
    const most = this.points.reduce((most, at) => (at.end >= from ? Math.max(most, at.posts, at.people) : most), 0);
    const goal = { to, period: this.period, top: round(most * 1.05) };
    const was = this.shown;
    const far = was && (Math.abs(was.to - to) > this.period / 4 || was.period !== this.period);
    if (!was || far || still.matches) {
      this.shown = { ...goal, now };
      return false;
    }
    const part = 1 - Math.exp(-Math.min(now - was.now, 100) / 140);
    const near = (a, b, least) => (Math.abs(b - a) < least ? b : a + (b - a) * part);
    const top = near(was.top, goal.top, goal.top / 500);
    // However fast windows come, what is shown stays close behind.
    const glided = Math.max(near(was.to, to, this.period / 2000), to - this.period / 30);
    this.shown = { to: glided, top, period: this.period, now };
    return this.shown.to !== to || top !== goal.top;
  }

  paint(now) {
    const { canvas } = this;
    const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!this.points.length) return;
    const more = this.glide(now);
    this.area = { left: ROOM.left, right: width - ROOM.right, top: ROOM.top, bottom: height - ROOM.bottom };
    const style = getComputedStyle(canvas);
    this.colour = (name) => style.getPropertyValue(`--${name}`).trim();
    pen.font = "12px system-ui, sans-serif";
    this.axes(pen);
    this.lines(pen);
    this.cursor(pen);
    if (more) this.draw();
  }

  x(ms) {
    const { left, right } = this.area;
    return right - ((this.shown.to - ms) / this.shown.period) * (right - left);
  }

  y(n) {
    const { top, bottom } = this.area;
    return bottom - (n / this.shown.top) * (bottom - top);
  }

  axes(pen) {
    const { left, right, bottom } = this.area;
    pen.strokeStyle = this.colour("line");
    pen.fillStyle = this.colour("soft");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (let i = 0; i <= 4; i += 1) {
      const n = (this.shown.top / 4) * i;
      const y = Math.round(this.y(n)) + 0.5;
      pen.beginPath();
      pen.moveTo(left, y);
      pen.lineTo(right, y);
      pen.stroke();
      pen.fillText(short(Math.round(n)), left - 8, y);
    }
    pen.textAlign = "center";
    pen.textBaseline = "top";
    const room = Math.max(2, Math.floor((right - left) / 70));
    const step = STEPS_MS.find((ms) => this.shown.period / ms <= room) ?? STEPS_MS.at(-1);
    const first = Math.ceil((this.shown.to - this.shown.period) / step) * step;
    for (let at = first; at <= this.shown.to; at += step) {
      const x = this.x(at);
      if (x > left + 14 && x < right - 14) pen.fillText(shownTime(at), x, bottom + 8);
    }
  }

  lines(pen) {
    const { left, right, top, bottom } = this.area;
    pen.save();
    pen.beginPath();
    pen.rect(left, top - 4, right - left + 6, bottom - top + 5);
    pen.clip();
    pen.lineJoin = "round";
    const from = this.shown.to - this.shown.period;
    const begin = Math.max(0, this.points.findIndex((at) => at.end >= from) - 1);
    for (const measure of [...MEASURES].reverse()) this.line(pen, measure, begin);
    pen.restore();
  }

  line(pen, measure, begin) {
    const path = new Path2D();
    const gap = this.gap();
    const last = this.points.at(-1);
    let before = null;
    for (let i = begin; i < this.points.length; i += 1) {
      const at = this.points[i];
      const [x, y] = [this.x(at.end), this.y(at[measure])];
      // Nothing is known of the time in between: no line goes through it.
      if (before !== null && at.end - before <= gap) path.lineTo(x, y);
      else path.moveTo(x, y);
      before = at.end;
    }
    pen.strokeStyle = this.colour(measure);
    pen.lineWidth = measure === "posts" ? 2.2 : 1.7;
    pen.stroke(path);
    pen.fillStyle = this.colour(measure);
    pen.beginPath();
    pen.arc(this.x(last.end), this.y(last[measure]), 3, 0, 2 * Math.PI);
    pen.fill();
  }

  /** A longer time between two points is a hole. */
  gap() {
    const usual = this.points.length > 2 ? (this.points.at(-1).end - this.points[0].end) / (this.points.length - 1) : Infinity;
    return 3 * Math.max(usual, this.hop ?? 0);
  }

  cursor(pen) {
    if (!this.read) return;
    const x = this.x(this.read.end);
    pen.strokeStyle = this.colour("soft");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, this.area.top);
    pen.lineTo(x, this.area.bottom);
    pen.stroke();
    for (const measure of MEASURES) {
      pen.fillStyle = this.colour(measure);
      pen.beginPath();
      pen.arc(x, this.y(this.read[measure]), 3.5, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  setRead(point) {
    if (point === this.read) return;
    this.read = point;
    this.onRead(point);
    this.draw();
  }

  pointAt(x) {
    if (!this.points.length || !this.area) return;
    const off = (at) => Math.abs(this.x(at.end) - x);
    this.setRead(this.points.reduce((best, at) => (off(at) < off(best) ? at : best)));
  }

  key(event) {
    const read = moved(event, this.points, this.read);
    if (read !== undefined) this.setRead(read);
  }
}
