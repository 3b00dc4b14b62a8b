// The most frequent values of some fields: to search for one, or to leave it out.

import { clause, pieces, toggled } from "./query.js";
import { element, whole } from "./tools.js";

const FIELDS = [["lang", "Language"], ["kind", "Kind"], ["tracks", "Tracks"], ["place.keyword", "Place"], ["pseudo.keyword", "Author"]];
const FEW = 6;
const MANY = 40;

/** What models call their fields is not always kind to the eye. */
const titled = (field) => field.replace(/\.keyword$/, "").replace(/^./, (letter) => letter.toUpperCase());

export class Facets {
  /** `onQuery` is told the query that a click makes of the present one, `onMore` that other sizes are wanted. */
  constructor(root, onQuery, onMore) {
    Object.assign(this, { root, onQuery, onMore, words: [], wide: new Set(), q: "", groups: new Map() });
  }

  /** The fields to ask for, and how many values of each: one more than shown, to know whether there are more. */
  get fields() {
    return this.all.map(([field]) => ({ field, size: (this.wide.has(field) ? MANY : FEW) + 1 }));
  }

  get all() {
    return [...FIELDS, ...this.words.map((field) => [field, titled(field)])];
  }

  show(aggregations, q) {
    this.q = q;
    const focused = document.activeElement?.dataset.key;
    const groups = this.all.map(([field, title]) => this.group(field, title, aggregations[field]?.buckets ?? [])).filter(Boolean);
    this.root.replaceChildren(...groups);
    if (focused) [...this.root.querySelectorAll("button")].find((button) => button.dataset.key === focused)?.focus({ preventScroll: true });
    if (!groups.length) this.root.append(element("p", "small", "Nothing to choose from."));
  }

  group(field, title, buckets) {
    if (!buckets.length) return null;
    const made = element("section", "facet");
    made.dataset.field = field;
    const list = element("ul");
    const few = this.wide.has(field) ? MANY : FEW;
    const most = buckets[0].doc_count;
    list.append(...buckets.slice(0, few).map((bucket) => this.row(field, bucket, most)));
    made.append(element("h3", "", title), list);
    if (buckets.length > few || this.wide.has(field)) made.append(this.more(field));
    return made;
  }

  more(field) {
    const isWide = this.wide.has(field);
    const button = element("button", "more", isWide ? "Fewer" : "More");
    button.type = "button";
    button.dataset.key = `more ${field}`;
    button.addEventListener("click", () => {
      if (isWide) this.wide.delete(field);
      else this.wide.add(field);
      this.onMore();
    });
    return button;
  }

  row(field, { key, doc_count }, most) {
    const value = String(key);
    const wanted = clause(field, value);
    const { clauses } = pieces(this.q);
    const made = element("li");
    const bar = element("progress");
    bar.setAttribute("aria-hidden", "true");
    Object.assign(bar, { max: Math.max(1, most), value: doc_count });
    const choose = element("button", "value");
    choose.type = "button";
    choose.dataset.key = `with ${wanted}`;
    choose.title = value;
    choose.append(element("span", "named", value.trim() || "(empty)"), " ", element("span", "count", whole(doc_count)));
    choose.setAttribute("aria-pressed", String(clauses.includes(wanted)));
    choose.addEventListener("click", (event) => this.pick(wanted, event.altKey || event.shiftKey));
    const exclude = element("button", "exclude", "−");
    exclude.type = "button";
    exclude.dataset.key = `without ${wanted}`;
    exclude.title = "Leave it out";
    exclude.setAttribute("aria-label", `Leave out ${value}`);
    exclude.addEventListener("click", () => this.pick(wanted, true));
    made.append(bar, choose, exclude);
    return made;
  }

  pick(wanted, isOut) {
    this.onQuery(toggled(this.q, isOut ? `NOT ${wanted}` : wanted));
  }
}
