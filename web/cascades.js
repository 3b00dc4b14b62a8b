// The page of cascades: which will be the largest, which have just ended, and how good the predictions are.
//
// The server tells how things stand, once a second at most; nothing is asked for again and again. What posts say is what
// strangers wrote: it goes in as text and never as markup.

import { Forecast, percent, scaleOf, verdict } from "./forecast.js";
import { $, ask, drawn, element, lasting, listen, shownTime, throttled, whole } from "./tools.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const state = { connected: false, health: null, standing: null, alerts: new Map(), heardAt: 0, answered: false };

/** How long ago, without seconds that would change all the time. */
const age = (ms) => lasting(ms < 120e3 ? ms : Math.floor(ms / 60e3) * 60e3);

/** A post as a link to its cascade, with a line on it below. */
class PostCell {
  constructor() {
    this.element = element("td", "post");
    this.link = element("a", "words");
    // Words may run to the left; what is cut off is their end.
    this.link.dir = "auto";
    this.about = element("span", "small about");
    this.element.append(this.link, this.about);
  }

  show(row, about) {
    const words = row.text.trim() || "(no words)";
    if (this.link.textContent !== words) this.link.textContent = words;
    this.link.title = words;
    this.link.href = `/cascades/${encodeURIComponent(row.cascade)}`;
    this.about.textContent = `${row.network} · ${about}`;
  }
}

/** A row that goes on. */
class Leader {
  constructor() {
    this.element = element("tr");
    this.rank = element("td", "rank");
    this.post = new PostCell();
    this.seen = element("td", "number");
    this.forecast = new Forecast();
    this.watched = element("td", "number watched");
    this.element.append(this.rank, this.post.element, this.seen, this.forecast.element, this.watched);
  }

  show(row, rank, scale, now) {
    this.rank.textContent = rank + 1;
    this.post.show(row, `${age(now - Date.parse(row.start))} old`);
    this.seen.textContent = whole(row.observed);
    this.forecast.show(row, scale);
    this.watched.textContent = lasting(row.window_s * 1000);
    return `${row.window_s} ${row.observed} ${row.predicted}`;
  }
}

/** A row that has ended. */
class Ended {
  constructor() {
    this.element = element("tr");
    this.post = new PostCell();
    this.size = element("td", "number");
    this.forecast = new Forecast();
    this.off = element("td", "number");
    this.inside = element("td", "verdict");
    this.element.append(this.post.element, this.size, this.forecast.element, this.off, this.inside);
  }

  show(row, _, scale) {
    this.post.show(row, `ended ${shownTime(Date.parse(row.end))} UTC`);
    this.size.textContent = whole(row.size);
    this.forecast.show(row, scale);
    this.off.textContent = percent(row.are);
    verdict(this.inside, row.inside);
    return `${row.size}`;
  }
}

/** Rows that keep their place in the document while they stand: those that moved glide, those that changed flash. */
class Rows {
  constructor(body, Kind) {
    Object.assign(this, { body, Kind, known: new Map() });
  }

  show(rows, now) {
    const scale = scaleOf(rows);
    const before = new Map([...this.known].map(([name, row]) => [name, row.element.offsetTop]));
    const focused = document.activeElement;
    const isFirst = this.known.size === 0;
    const names = new Set(rows.map((row) => row.cascade));
    for (const [name, row] of this.known) {
      if (names.has(name)) continue;
      row.element.remove();
      this.known.delete(name);
    }
    rows.forEach((row, rank) => {
      const shown = this.known.get(row.cascade) ?? new this.Kind();
      const said = shown.show(row, rank, scale, now);
      const isNew = !this.known.has(row.cascade);
      this.known.set(row.cascade, shown);
      const there = this.body.children[rank];
      if (there !== shown.element) this.body.insertBefore(shown.element, there ?? null);
      if (shown.said !== said && !isFirst) this.flash(shown.element, isNew);
      shown.said = said;
    });
    if (focused && focused !== document.activeElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
    for (const [name, top] of before) this.glide(this.known.get(name)?.element, top);
  }

  flash(row, isNew) {
    row.classList.remove("fresh", "changed");
    // The animation begins anew only if the row was looked at without it.
    void row.offsetWidth;
    row.classList.add(isNew ? "fresh" : "changed");
  }

  glide(row, top) {
    if (!row || still.matches || document.hidden || row.offsetTop === top) return;
    row.animate([{ transform: `translateY(${top - row.offsetTop}px)` }, { transform: "none" }], { duration: 450, easing: "ease-out" });
  }
}

const leaders = new Rows($("leader-rows"), Leader);
const ended = new Rows($("ended-rows"), Ended);

function showAccuracies(accuracies) {
  $("accuracy-table").hidden = !accuracies.length;
  $("accuracy-rows").replaceChildren(...accuracies.map((one) => {
    const row = element("tr");
    const within = element("td", "forecast");
    const share = drawn("svg", { viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" });
    share.append(
      drawn("line", { class: "track", x1: 0, x2: 100, y1: 10, y2: 10 }), drawn("rect", { class: "range", y: 5, height: 10, width: one.coverage * 100 }),
      drawn("rect", { class: "came", x: 79.5, y: 1, height: 18, width: 1 }),
    );
    const cell = element("div", "cell");
    cell.append(element("b", "", percent(one.coverage)), share);
    within.append(cell);
    row.append(
      element("td", "", lasting(Number(one.window) * 1000)), element("td", "number", percent(one.mean)),
      element("td", "number", percent(one.median)), within, element("td", "number", whole(one.errors)),
    );
    return row;
  }));
  if (!accuracies.length) return;
  $("accuracy-note").textContent = "The mean and the median of how far off the newest predictions were, and how many of the cascades "
    + "came to a size within the predicted range: 80 % should, which is where the mark is.";
  // The longest watch knows most.
  const best = accuracies.at(-1);
  $("median").textContent = percent(best.median);
  $("median-note").textContent = `when watched for ${lasting(Number(best.window) * 1000)}`;
  $("coverage").textContent = percent(best.coverage);
}

function showAlerts() {
  const firing = [...state.alerts.values()].sort((a, b) => b.since.localeCompare(a.since));
  $("firing").textContent = whole(firing.length);
  $("alerts").hidden = !firing.length;
  $("alert-rows").replaceChildren(...firing.slice(0, 20).map((alert) => {
    const item = element("li");
    const of = `${alert.of.replace(/^.*\./, "")} ${short(alert.value)}, threshold ${short(alert.threshold)}`;
    item.append(element("b", "", alert.rule), " ");
    const words = alert.text.trim() || alert.subject;
    const isCascade = alert.of.startsWith("predictions.");
    const named = isCascade ? element("a", "words", words) : element("span", "words", words);
    named.dir = "auto";
    if (isCascade) named.href = `/cascades/${encodeURIComponent(alert.subject)}`;
    item.append(named, element("span", "small", ` ${of} · since ${shownTime(Date.parse(alert.since), { day: true })} UTC`));
    return item;
  }));
}

/** A number of whatever size, in a few digits. */
function short(n) {
  return Math.abs(n) >= 100 ? whole(n) : String(+n.toPrecision(3));
}

function showEmpty() {
  const none = state.answered && !state.standing?.leaders.length;
  $("leaders-shown").hidden = !state.standing?.leaders.length;
  $("empty").hidden = !none;
  if (!none) return;
  const anyEnded = state.standing?.ended.length;
  $("empty").firstElementChild.textContent = anyEnded ? "No cascade goes on at the moment." : "No cascade has been predicted yet.";
  $("empty-help").textContent = anyEnded
    ? "All that were predicted have ended; the next shows as soon as it has been watched long enough."
    : "The first shows when posts that are passed on have been watched for one observation window: 10 minutes of their own time, "
      + "unless configured otherwise. It then appears by itself.";
}

function onCascades(standing) {
  state.standing = standing;
  state.answered = true;
  state.heardAt = performance.now();
  const now = Date.parse(standing.now);
  leaders.show(standing.leaders, now);
  ended.show(standing.ended, now);
  $("ended-shown").hidden = !standing.ended.length;
  $("ended-empty").hidden = standing.ended.length > 0;
  $("open").textContent = whole(standing.open);
  $("largest").textContent = standing.leaders.length ? whole(standing.leaders[0].predicted) : "–";
  $("clock").textContent = standing.now ? `Newest: ${shownTime(now, { day: true, seconds: true })} UTC` : "";
  const more = standing.open > standing.leaders.length;
  $("leaders-note").textContent = more ? `the first ${standing.leaders.length} of ${whole(standing.open)}` : "";
  showAccuracies(standing.accuracies);
  showEmpty();
  drawState();
}

function onAlert(alert) {
  const begins = alert.state === "firing";
  const isNews = begins !== state.alerts.has(alert.alert);
  if (begins) state.alerts.set(alert.alert, alert);
  else state.alerts.delete(alert.alert);
  // Who cannot see the list hears what is new in it, and not all of it again.
  if (isNews) $("alert-news").textContent = `Alert ${alert.rule}${begins ? "" : " is over"}: ${alert.text.trim() || alert.subject}`;
  showAlerts();
}

const refresh = throttled(1000, async () => {
  const asked = ["/api/alerts", "/api/cascades"].map((path) => ask(path).catch(() => null));
  const [alerts, cascades] = await Promise.all(asked);
  if (alerts) {
    state.alerts = new Map(alerts.alerts.map((alert) => [alert.alert, alert]));
    showAlerts();
  }
  // How they stand comes by itself, unless there is nothing yet.
  state.answered ||= cascades !== null;
  $("ended-empty").hidden = !state.answered || Boolean(state.standing?.ended.length);
  showEmpty();
});

function drawState() {
  const { connected, health } = state;
  let [text, look] = ["live", "live"];
  if (!connected) [text, look] = ["reconnecting", "bad"];
  else if (health?.condition === "failed") [text, look] = ["failed", "bad"];
  else if (health?.condition === "degraded") [text, look] = ["degraded", "busy"];
  else if (!state.standing) [text, look] = ["waiting", "quiet"];
  else if (performance.now() - state.heardAt > 60e3) [text, look] = ["idle", "quiet"];
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").dataset.state = look;
}

function onLink(connected) {
  state.connected = connected;
  if (connected) refresh();
  drawState();
}

function onHealth(health) {
  if (health.condition === undefined) return;
  state.health = health;
  drawState();
}

refresh();
listen({ cascades: onCascades, alert: onAlert, health: onHealth, lagged: refresh }, onLink);
