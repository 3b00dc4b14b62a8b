// Posts that were found. What they say is what strangers wrote: it goes in as text and never as markup.

import { OWN } from "./query.js";
import { element, lasting, shownTime, whole } from "./tools.js";

/** Longer texts, and those of more lines, are shown in part at first. */
const LONG = 600;
const LINES = 8;
const LABELS = 12;
/** So many stand on the page at most while new ones come on top. */
const MOST = 500;

/** Marks for the found words, which no post can guess and so pretend. */
export function marks() {
  const secret = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [`\ue000${secret}\ue000`, `\ue001${secret}\ue001`];
}

/** Text with its marked words. */
function marked(text, [open, close]) {
  const parts = document.createDocumentFragment();
  const [first, ...rest] = text.split(open);
  parts.append(first);
  for (const piece of rest) {
    const [found, ...after] = piece.split(close);
    parts.append(element("mark", "", found), after.join(""));
  }
  return parts;
}

const text = (value) => (value === undefined || value === null ? "" : String(value));
const decimals = (n) => String(Math.abs(n) >= 1000 ? Math.round(n) : +n.toFixed(3)).replace("-", "−");

/** What a model says, with its name. */
function label(name, value) {
  const made = element("span", "output");
  made.dataset.output = name;
  const shown = element("b", "", typeof value === "number" ? decimals(value) : text(value));
  made.append(element("span", "", name), " ", shown);
  made.title = `${name}: ${typeof value === "number" ? value : text(value)}`;
  return made;
}

function head(source) {
  const line = element("p", "small about-post");
  const author = element("b", "author", text(source.pseudo).trim() || text(source.author) || "unknown");
  author.title = text(source.pseudo);
  // Each stands in its own direction, and what is between them in none of theirs.
  const piece = (part) => {
    const made = element("span", "piece");
    made.append(part);
    line.append(made);
  };
  piece(author);
  const date = Date.parse(source.date);
  if (Number.isFinite(date)) {
    const time = element("time", "", `${shownTime(date, { day: true, seconds: true })} UTC`);
    time.dateTime = new Date(date).toISOString();
    piece(time);
  }
  const facts = [text(source.kind), text(source.lang), text(source.place).trim()];
  if (source.followers !== undefined) facts.push(`${whole(source.followers)} followers`);
  for (const fact of facts) if (fact) piece(element("span", "fact", fact));
  return line;
}

function words(source, highlight, marks) {
  const content = text(source.content);
  const made = element("p", "words");
  // Words may run to the left.
  made.dir = "auto";
  if (!content.trim()) {
    made.classList.add("none");
    made.textContent = "(no words)";
  } else if (highlight) {
    made.append(marked(text(highlight), marks));
  } else {
    made.textContent = content;
  }
  const isLong = content.length > LONG || content.split("\n").length > LINES;
  if (!isLong) return [made];
  made.classList.add("cut");
  const all = element("button", "all", "Show all of it");
  all.type = "button";
  all.addEventListener("click", () => {
    made.classList.remove("cut");
    all.remove();
  });
  return [made, all];
}

function forecast({ predicted, low, high, observed, window_s }) {
  if (typeof predicted !== "number") return null;
  const made = element("span", "output forecast-word");
  const range = typeof low === "number" && typeof high === "number" ? ` (${whole(low)} – ${whole(high)})` : "";
  made.append(element("span", "", "will reach"), " ", element("b", "", `${whole(predicted)}${range}`));
  if (typeof observed === "number" && window_s) made.title = `${whole(observed)} posts in the first ${lasting(window_s * 1000)}`;
  return made;
}

function outputs(source) {
  const line = element("p", "outputs");
  const told = Object.entries(source).filter(([name, value]) => !OWN.has(name) && value !== null && typeof value !== "object");
  for (const [name, value] of told.slice(0, LABELS)) line.append(label(name, value));
  const foreseen = source.forecast && forecast(source.forecast);
  if (foreseen) line.append(foreseen);
  const root = text(source.root) || text(source.id);
  if (root) {
    const link = element("a", "small to-cascade", "Cascade");
    link.href = `/cascades/${encodeURIComponent(root)}`;
    line.append(link);
  }
  return line;
}

export class Results {
  constructor(list) {
    Object.assign(this, { list, marks: marks(), known: new Map() });
  }

  get size() {
    return this.known.size;
  }

  /** Shows hits in place of all others. */
  show(hits) {
    this.known.clear();
    this.list.replaceChildren();
    this.append(hits);
  }

  /** Shows more hits below; the focus goes to the first of them if it `hasFocus`. */
  append(hits, hasFocus = false) {
    const made = hits.filter(({ _id }) => !this.known.has(_id)).map((hit) => this.item(hit._id, hit._source ?? {}, hit.highlight?.content?.[0]));
    this.list.append(...made);
    if (hasFocus) made[0]?.focus({ preventScroll: true });
  }

  /** Puts a new post on top, or in place of what was known of it. */
  put(id, source) {
    const before = this.known.get(id);
    const made = this.item(id, source);
    if (before) before.replaceWith(made);
    else {
      made.classList.add("fresh");
      this.list.prepend(made);
    }
    while (this.list.children.length > MOST) {
      this.known.delete(this.list.lastElementChild.dataset.id);
      this.list.lastElementChild.remove();
    }
  }

  item(id, source, highlight) {
    const made = element("li", "post");
    made.dataset.id = id;
    made.tabIndex = -1;
    made.append(head(source), ...words(source, highlight, this.marks), outputs(source));
    this.known.set(id, made);
    return made;
  }
}
