// One lens: a drawing over time with its numbers, a threshold that can be moved, and the way from there to an alert rule.

import { Plot, onAxis, roundStep } from "./plot.js";
import { $, drawn, element, shownTime, whole } from "./tools.js";

/** How a value is written exactly. */
export function exact(value, isCount) {
  if (value === null || value === undefined) return "–";
  return isCount ? whole(value) : value.toFixed(4).replace("-", "−");
}

/** An interval in words. */
function during({ start, end }) {
  const isDays = start % 86400e3 === 0 && (end - start) % 86400e3 === 0;
  if (isDays) return new Date(start).toISOString().slice(0, 10);
  return `${shownTime(start, { day: true })} – ${shownTime(end)}`;
}

export class Lens {
  /** `tell` has `onRead(start)`, `onSelect(span)`, `onLine(line)`, `onField(field)` and `onSave(lens, name)`, which gives an error or null. */
  constructor(name, title, isCount, tell) {
    Object.assign(this, { name, title, isCount, tell, line: null, points: [], all: null, hindrance: "" });
    this.build();
    this.plot = new Plot(this.svg, {
      onRead: (point) => tell.onRead(point?.start ?? null),
      onSelect: tell.onSelect,
      onDraw: () => this.placeLine(),
      lineAt: () => this.lineAt(),
    });
    this.grip.addEventListener("pointerdown", (event) => this.hold(event));
    this.grip.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel"]) this.grip.addEventListener(kind, () => this.letGo());
    this.grip.addEventListener("keydown", (event) => this.key(event));
  }

  build() {
    this.element = element("section", `card lens ${this.isCount ? "count" : "average"}`);
    this.element.id = `lens-${this.name}`;
    this.element.dataset.lens = this.name;
    const head = element("div", "head");
    const heading = element("h2", "", this.title);
    heading.id = `title-${this.name}`;
    this.element.setAttribute("aria-labelledby", heading.id);
    head.append(heading);
    if (!this.isCount) head.append(this.fieldChoice());
    this.reading = element("p", "reading");
    this.value = element("b", "value");
    this.when = element("span", "when small");
    this.reading.append(this.value, this.when);
    head.append(this.reading);
    const plot = element("div", "plot");
    this.svg = drawn("svg", { role: "img", tabindex: "0", class: "lens-chart", "aria-label": this.title });
    this.grip = element("div", "line");
    for (const [key, value] of Object.entries({ role: "slider", tabindex: "0", "aria-orientation": "vertical" })) this.grip.setAttribute(key, value);
    this.chip = element("span", "chip");
    this.grip.append(this.chip);
    this.none = element("p", "empty small", this.isCount ? "No posts" : "No values");
    plot.append(this.svg, this.grip, this.none);
    this.element.append(head, plot, this.foot(), this.form());
  }

  fieldChoice() {
    this.field = element("select", "field");
    this.field.setAttribute("aria-label", "What is averaged");
    this.field.addEventListener("change", () => this.tell.onField(this.field.value));
    return this.field;
  }

  foot() {
    const foot = element("div", "foot");
    const sides = element("fieldset", "choice side");
    sides.append(element("legend", "", "Threshold"));
    for (const side of ["above", "below"]) {
      const label = element("label");
      const input = element("input");
      Object.assign(input, { type: "radio", name: `side-${this.name}`, value: side });
      input.addEventListener("change", () => this.turn(side));
      label.append(input, element("span", "", side));
      sides.append(label);
    }
    this.sides = sides;
    this.beyond = element("output", "beyond small");
    this.save = element("button", "save", "Save as alert rule");
    this.save.type = "button";
    this.save.addEventListener("click", () => this.open(true));
    this.why = element("span", "why small");
    this.why.id = `why-${this.name}`;
    this.save.setAttribute("aria-describedby", this.why.id);
    foot.append(sides, this.beyond, this.save, this.why);
    return foot;
  }

  form() {
    this.asking = element("form", "rule-form");
    this.asking.hidden = true;
    const label = element("label", "pick", "Name ");
    this.called = element("input");
    Object.assign(this.called, { type: "text", required: true, maxLength: 100, autocomplete: "off" });
    label.append(this.called);
    const cancel = element("button", "", "Cancel");
    cancel.type = "button";
    cancel.addEventListener("click", () => this.open(false));
    const save = element("button", "main", "Save");
    save.type = "submit";
    this.said = element("p", "small said");
    this.said.setAttribute("role", "status");
    this.asking.append(label, save, cancel, this.said);
    this.asking.addEventListener("submit", (event) => this.submit(event));
    this.asking.addEventListener("keydown", (event) => event.key === "Escape" && this.open(false));
    return this.asking;
  }

  /** Shows points; `all` is what the whole time comes to, `line` the threshold or null, `why` it cannot be saved as a rule, or nothing. */
  show({ points, all, line, why, about }) {
    Object.assign(this, { points, all, about, hindrance: why });
    if (!this.plot.isHeld) this.line = line;
    this.none.hidden = points.some((at) => at.value !== null && (at.value || !this.isCount));
    this.draw();
  }

  showFields(fields, chosen) {
    const all = fields.includes(chosen) ? fields : [chosen, ...fields];
    this.field.replaceChildren(...all.map((name) => new Option(name, name, false, name === chosen)));
  }

  draw() {
    this.plot.show(this.points, this.isCount, this.line);
    this.grip.hidden = !this.points.length;
    const side = this.line?.side ?? this.side();
    for (const input of this.sides.querySelectorAll("input")) input.checked = input.value === side;
    this.showBeyond();
    this.showReading();
  }

  /** On which side a threshold is looked for before anybody says so: moods sink, numbers rise. */
  side() {
    return this.wished ?? (!this.isCount && this.plot.axis?.low < 0 ? "below" : "above");
  }

  showBeyond() {
    const { line } = this;
    const known = this.points.filter((at) => at.value !== null);
    const n = known.filter((at) => this.plot.isBeyond(at)).length;
    this.beyond.textContent = line ? `${whole(n)} of ${whole(known.length)} intervals` : this.points.length ? "Drag the line to set a threshold" : "";
    this.beyond.classList.toggle("some", Boolean(line && n));
    const why = this.hindrance || (line ? "" : "Set a threshold first.");
    this.save.disabled = Boolean(why);
    this.save.title = why;
    this.why.textContent = this.hindrance;
    if (why) this.open(false);
  }

  showReading() {
    const at = this.plot.read;
    this.value.textContent = exact(at ? at.value : this.all, this.isCount);
    this.when.textContent = at ? during(at) : "in all";
    const words = at ? `${during(at)} UTC: ${at.value === null ? "no value" : exact(at.value, this.isCount)}` : `in all ${exact(this.all, this.isCount)}`;
    this.svg.setAttribute("aria-label", `${this.title} ${this.field?.value ?? ""} over time; ${words}`);
  }

  follow(start) {
    this.plot.follow(start);
    this.showReading();
  }

  /** Where the line lies while nobody has moved it: near the edge of its side. */
  resting() {
    const { low, high } = this.plot.axis;
    return this.snapped(this.side() === "above" ? high - (high - low) * 0.1 : low + (high - low) * 0.1);
  }

  step() {
    const { low, high } = this.plot.axis;
    const step = roundStep((high - low) / 100);
    return this.isCount ? Math.max(1, step) : step;
  }

  snapped(value) {
    const step = this.step();
    return Number((Math.round(value / step) * step).toPrecision(10));
  }

  lineAt() {
    return this.line?.value ?? this.resting();
  }

  placeLine() {
    const { axis } = this.plot;
    const value = this.lineAt();
    const words = this.isCount ? whole(value) : onAxis(value, this.step(), false);
    this.grip.style.top = `${this.plot.y(value)}px`;
    this.grip.classList.toggle("unset", !this.line);
    this.chip.textContent = words;
    const said = { valuemin: axis.low, valuemax: axis.high, valuenow: value, valuetext: `${this.line?.side ?? "not set,"} ${words}` };
    for (const [key, what] of Object.entries(said)) this.grip.setAttribute(`aria-${key}`, what);
    this.grip.setAttribute("aria-label", `Threshold of ${this.title.toLowerCase()} ${this.field?.value ?? ""}`.trim());
  }

  setLine(value, side = this.line?.side ?? this.side()) {
    this.line = value === null ? null : { side, value };
    this.draw();
  }

  turn(side) {
    this.wished = side;
    if (!this.line) return this.draw();
    this.setLine(this.line.value, side);
    this.tell.onLine(this.line);
  }

  hold(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.grip.focus({ preventScroll: true });
    this.grip.setPointerCapture(event.pointerId);
    this.plot.isHeld = true;
    this.grip.classList.add("held");
  }

  drag(event) {
    if (!this.plot.isHeld) return;
    const y = event.clientY - this.svg.getBoundingClientRect().top;
    this.setLine(this.snapped(this.plot.valueAt(y)));
  }

  letGo() {
    if (!this.plot.isHeld) return;
    this.plot.isHeld = false;
    this.grip.classList.remove("held");
    this.draw();
    this.tell.onLine(this.line);
  }

  key(event) {
    if (!this.plot.axis) return;
    const value = this.lineAt();
    const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    const { low, high } = this.plot.axis;
    let to = by ? value + by * this.step() : { Home: low, End: high, Enter: value, " ": value, Delete: null, Backspace: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to !== null && this.isCount) to = Math.max(0, to);
    this.setLine(to === null ? null : this.snapped(to));
    this.tell.onLine(this.line);
  }

  open(isOpen) {
    if (this.asking.hidden === !isOpen) return;
    const hadFocus = this.asking.contains(document.activeElement);
    this.asking.hidden = !isOpen;
    this.said.className = "small said";
    this.said.textContent = isOpen ? this.about(this.line) : "";
    if (isOpen) this.called.focus();
    else if (hadFocus) this.save.focus();
  }

  async submit(event) {
    event.preventDefault();
    const error = await this.tell.onSave(this, this.called.value.trim());
    if (error === null) {
      this.called.value = "";
      this.open(false);
      $("rules").scrollIntoView({ block: "nearest" });
      return;
    }
    this.said.className = "small said wrong";
    this.said.textContent = error;
  }
}
