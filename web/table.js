// The table of the busiest cities. Names are what strangers wrote: they go in as text and never as markup.

import { drawn, element } from "./tools.js";

/** A city's name as it is shown. */
export function shownCity(city) {
  if (city === "unknown") return "unknown place";
  return city.trim() === "" ? "(no name)" : city;
}

/** A line over equal parts, 100 wide and 28 high. */
function path(trend) {
  const most = Math.max(...trend, 1);
  const at = (n, i) => `${((i / Math.max(trend.length - 1, 1)) * 100).toFixed(1)} ${(26 - (n / most) * 24).toFixed(1)}`;
  return `M${trend.map(at).join("L")}`;
}

class Row {
  constructor(onChoose) {
    this.element = element("tr");
    this.rank = element("td", "rank");
    this.name = element("td", "name");
    this.bar = element("progress");
    this.bar.setAttribute("aria-hidden", "true");
    this.button = element("button");
    this.button.type = "button";
    this.button.addEventListener("click", () => onChoose(this.city));
    this.name.append(this.bar, this.button);
    this.trend = element("td", "trend");
    this.trend.append(this.spark());
    this.numbers = ["posts", "reposts", "people"].map((measure) => [measure, element("td", "number")]);
    this.element.append(this.rank, this.name, this.trend, ...this.numbers.map(([, cell]) => cell));
  }

  spark() {
    const svg = drawn("svg", { viewBox: "0 0 100 28", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.under = drawn("path", { class: "under" });
    this.over = drawn("path");
    svg.append(this.under, this.over);
    return svg;
  }

  show(row, rank, by, most, chosen) {
    this.city = row.city;
    this.rank.textContent = rank;
    this.bar.max = Math.max(most, 1);
    this.bar.value = row[by];
    this.button.textContent = shownCity(row.city);
    this.button.title = row.city;
    this.button.classList.toggle("unknown", row.city === "unknown" || row.city.trim() === "");
    if (row.city === chosen) this.element.setAttribute("aria-current", "true");
    else this.element.removeAttribute("aria-current");
    const line = path(row.trend ?? [0, 0]);
    this.over.setAttribute("d", line);
    this.under.setAttribute("d", `${line}L100 27L0 27Z`);
    for (const [measure, cell] of this.numbers) cell.textContent = row[measure].toLocaleString("en-GB");
  }
}

export class Table {
  /** `onChoose` is told which city was chosen. */
  constructor(body, onChoose) {
    Object.assign(this, { body, onChoose, rows: [] });
  }

  /** Shows these rows; those that stand there already are written over, so that the focus stays where it is. */
  show(rows, by, chosen) {
    while (this.rows.length < rows.length) {
      const row = new Row(this.onChoose);
      this.rows.push(row);
      this.body.append(row.element);
    }
    for (const gone of this.rows.splice(rows.length)) gone.element.remove();
    const most = rows.reduce((most, row) => Math.max(most, row[by]), 0);
    rows.forEach((row, i) => this.rows[i].show(row, i + 1, by, most, chosen));
  }
}
