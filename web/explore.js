// The page that searches: its state stands in the address, everything shown is asked for anew when that changes.
//
// "Now" is the newest post, never this computer's clock: a recording of years ago looks as it did then.

import { Facets } from "./facets.js";
import { Lens } from "./lens.js";
import { Live } from "./live.js";
import { address, boundsBody, facetsBody, intervalOf, inWords, LENSES, lensBody, outputs, OWN, postsBody, read, spanOf, within } from "./query.js";
import { Results } from "./results.js";
import * as rules from "./rules.js";
import { $, element, lasting, shownTime, throttled, whole } from "./tools.js";

const PAGE = 25;
const LIVE_EVERY_MS = 5000;
const LIVE_RANGE = "1h";

let state = read(location.search);
const page = { index: null, numbers: [], span: null, interval: null, asked: 0, after: null, failed: "", linked: true, busy: false, isLive: false, total: 0 };

const tell = { onRead, onSelect, onSave };
const lenses = Object.fromEntries([
  ["records", "Records", true], ["first", "Average of", false], ["second", "Average of", false], ["posts", "Posts, no reposts", true],
].map(([name, title, isCount]) => {
  const own = { onLine: (line) => change({ lines: { ...state.lines, [name]: line } }, "line"), onField: (field) => change({ [name]: field }) };
  return [name, new Lens(name, title, isCount, { ...tell, ...own })];
}));
const facets = new Facets($("facet-groups"), (q) => change({ q }), () => refreshFacets());
const results = new Results($("posts"));
const live = new Live({ onPost, onWait, onLink, onTrouble });

/** Asks the index; an answer that is no success is an error in words. */
async function search(body, what = "_search") {
  const request = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(`/es/${encodeURIComponent(page.index)}/${what}`, request).catch(() => null);
  if (!answer) throw new Error("The server cannot be reached.");
  const said = await answer.json().catch(() => null);
  if (!answer.ok || !said) throw Object.assign(new Error(inWords(said, answer.status)), { isQuery: answer.status === 400 });
  return said;
}

/** Changes the state, and what follows from it. A `line` changes nothing that is asked for. */
function change(changes, kind = "") {
  state = { ...state, ...changes };
  const to = address(state);
  if (kind === "line") history.replaceState(null, "", to);
  else if (to !== location.pathname + location.search) history.pushState(null, "", to);
  // What comes now belongs to no time of the past, and is in no other order.
  if (page.isLive && (state.last === null || state.sort !== "date:desc")) stopLive();
  showControls();
  if (kind === "line") showLenses();
  else refresh();
}

/** Asks for everything anew; live posts come again once that is there. */
async function refresh() {
  const asked = (page.asked += 1);
  Object.assign(page, { failed: "", busy: true });
  live.stop();
  drawState();
  try {
    await Promise.all([askMapping(), askSpan()]);
    if (asked !== page.asked) return;
    if (page.span) await Promise.all([refreshLenses(asked), refreshPosts(asked), refreshFacets(asked)]);
    else showNone();
    if (asked !== page.asked) return;
    complain(null);
    $("spoken").textContent = $("results-title").textContent;
    if (page.isLive) live.start(state.q);
  } catch (error) {
    if (asked !== page.asked) return;
    complain(error);
  }
  page.busy = false;
  drawState();
}

/** A fault of the query is told at the query, any other on top. */
function complain(error) {
  const [query, other] = error?.isQuery ? [error.message, ""] : ["", error?.message ?? ""];
  $("query-error").textContent = query && `This query cannot be answered: ${query}`;
  $("query-error").hidden = !query;
  $("query").toggleAttribute("aria-invalid", Boolean(query));
  $("trouble").textContent = other;
  $("trouble").hidden = !other;
  page.failed = other;
  $("found").classList.toggle("stale", Boolean(error));
}

/** What models say shows up in the mapping when they say it first. */
async function askMapping() {
  const mapping = await search(null, "_mapping");
  const { numbers, words } = outputs(Object.values(mapping)[0]?.mappings ?? {});
  facets.words = words;
  if (String(numbers) === String(page.numbers)) return;
  page.numbers = numbers;
  showControls();
}

async function askSpan() {
  const { aggregations } = await search(boundsBody());
  const bounds = { oldest: aggregations.oldest.value, newest: aggregations.newest.value };
  $("clock").textContent = bounds.newest === null ? "" : `Newest: ${shownTime(bounds.newest, { day: true, seconds: true })} UTC`;
  page.span = spanOf(state, bounds);
  page.interval = page.span && intervalOf(state, page.span.to - page.span.from);
  showExports();
}

async function refreshLenses(asked = page.asked) {
  const { span, interval } = page;
  const answer = await search(lensBody(state, span, interval.seconds));
  if (asked !== page.asked) return;
  page.total = answer.hits.total.value;
  page.lenses = { answer: answer.aggregations, total: page.total, span, seconds: interval.seconds };
  $("results-title").textContent = `${whole(page.total)} ${page.total === 1 ? "record" : "records"}`;
  showLenses();
  showIntervalNote(answer.aggregations.per_time.buckets.length);
}

/** The points of a lens, by an answer. */
function pointsOf(name, { answer, span, seconds }) {
  const value = { records: (bucket) => bucket.doc_count, posts: (bucket) => bucket.posts.doc_count }[name] ?? ((bucket) => bucket[name].value);
  return answer.per_time.buckets.map((bucket) => {
    const [start, end] = [bucket.key, bucket.key + seconds * 1000];
    return { start, end, value: value(bucket), isPart: start < span.from || end > span.to };
  });
}

function showLenses() {
  if (!page.lenses) return;
  const { answer, total, seconds } = page.lenses;
  for (const name of LENSES) {
    const all = { records: total, posts: answer.posts.doc_count }[name] ?? answer[name]?.value;
    const about = (line) => `Alerts when: ${rules.inWords(ruleOf(name, line, seconds))}.`;
    const why = state.q.trim() ? "Rules watch all posts: clear the query to save one." : "";
    lenses[name].show({ points: pointsOf(name, page.lenses), all, line: state.lines[name], why, about });
  }
}

function showNone() {
  page.lenses = null;
  for (const name of LENSES) lenses[name].show({ points: [], all: null, line: state.lines[name], why: "", about: () => "" });
  facets.show({}, state.q);
  showPosts([], true);
  $("results-title").textContent = "0 records";
  $("nothing-help").textContent = "The index holds none yet; they show here by themselves when they come.";
}

function showIntervalNote(number) {
  const { seconds, isLonger } = page.interval;
  const each = lasting(seconds * 1000);
  let note = "";
  if (isLonger) note = `So long a time would have too many intervals of that length: each is ${each} long.`;
  else if (number < 6 && seconds > 10) note = `The time is only ${number} ${number === 1 ? "interval" : "intervals"} of ${each} long: choose auto or a shorter one to see more.`;
  $("interval-note").textContent = note;
  $("interval-note").hidden = !note;
  $("interval").options[0].text = state.interval === "auto" ? `auto (${each})` : "auto";
}

async function refreshFacets(asked = page.asked) {
  if (!page.span) return;
  const answer = await search(facetsBody(state, page.span, facets.fields));
  if (asked === page.asked) facets.show(answer.aggregations, state.q);
}

async function refreshPosts(asked = page.asked, after = null, hasFocus = false) {
  const answer = await search(postsBody(state, page.span, PAGE, after, results.marks));
  if (asked === page.asked) showPosts(answer.hits.hits, !after, hasFocus);
}

function showPosts(hits, isFirst, hasFocus = false) {
  if (isFirst) results.show(hits);
  else results.append(hits, hasFocus);
  page.after = hits.length === PAGE ? hits.at(-1).sort : null;
  $("more").hidden = !page.after;
  $("nothing").hidden = results.size > 0;
  $("nothing-help").textContent = state.q ? "Try fewer or other words, or a longer time." : "Try a longer time.";
}

/** What a lens's threshold is as a rule. */
function ruleOf(name, line, seconds) {
  const isCount = lenses[name].isCount;
  // A field that would have a post's own name stands under another one in an index.
  const field = /^score_/.test(state[name] ?? "") && OWN.has(state[name].slice(6)) ? state[name].slice(6) : state[name];
  const limit = (side) => (line?.side === side ? line.value : null);
  return { of: isCount ? name : field, measure: isCount ? "number" : "mean", window_s: seconds, above: limit("above"), below: limit("below") };
}

function onSave(lens, name) {
  return rules.save({ rule: name, ...ruleOf(lens.name, lens.line, page.lenses.seconds) });
}

function onRead(start) {
  for (const lens of Object.values(lenses)) lens.follow(start);
}

function onSelect({ from, to }) {
  change({ last: null, from, to });
}

function onPost({ id, source }) {
  results.put(id, source);
  $("nothing").hidden = true;
}

function onWait(number) {
  $("waiting").hidden = !number;
  $("waiting").textContent = `${whole(number)} new ${number === 1 ? "post" : "posts"}: show`;
}

function onLink(linked) {
  page.linked = linked;
  drawState();
}

function onTrouble(message) {
  stopLive();
  complain(Object.assign(new Error(message), { isQuery: true }));
}

function drawState() {
  let [text, look] = ["ready", "quiet"];
  if (page.failed) [text, look] = ["failed", "bad"];
  else if (live.isOn) [text, look] = page.linked ? ["live", "live"] : ["reconnecting", "bad"];
  else if (page.busy) [text, look] = ["searching", "busy"];
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").dataset.state = look;
}

const local = (ms) => new Date(ms).toISOString().slice(0, 19);

/** The controls say what the state is. */
function showControls() {
  if ($("query").value !== state.q) $("query").value = state.q;
  const last = state.last ?? "span";
  for (const input of $("range").querySelectorAll("input")) input.checked = input.value === last;
  $("span").hidden = state.last !== null;
  if (state.last === null) [$("from").value, $("to").value] = [local(state.from), local(state.to)];
  $("span-error").textContent = "";
  $("interval").value = state.interval;
  for (const lens of ["first", "second"]) lenses[lens].showFields(page.numbers, state[lens]);
  showSorts();
}

function showSorts() {
  const select = $("sort");
  const numbers = ["followers", "forecast.predicted", ...page.numbers];
  const group = (label, order) => {
    const made = element("optgroup");
    made.label = label;
    made.append(...numbers.map((name) => new Option(name, `${name}:${order}`)));
    return made;
  };
  const plain = [["newest first", "date:desc"], ["oldest first", "date:asc"], ["best match first", "_score:desc"]];
  select.replaceChildren(...plain.map(([text, value]) => new Option(text, value)), group("Highest first", "desc"), group("Lowest first", "asc"));
  if (![...select.options].some((option) => option.value === state.sort)) select.append(new Option(state.sort, state.sort));
  select.value = state.sort;
}

function showExports() {
  const said = { q: state.q.trim() };
  if (page.span && state.last !== "all") for (const end of ["from", "to"]) said[end] = new Date(page.span[end]).toISOString();
  for (const link of $("export").querySelectorAll("a")) link.href = `/api/export?${new URLSearchParams({ ...said, format: link.dataset.format })}`;
}

/** Shows the time between two ends that somebody wrote. */
function askBetween() {
  const [from, to] = ["from", "to"].map((id) => Date.parse(`${$(id).value}Z`));
  if (from < to) return change({ last: null, ...within(from, to) });
  $("span-error").textContent = "The end has to come after the beginning.";
}

function startLive() {
  page.isLive = true;
  $("live").setAttribute("aria-checked", "true");
  change({ last: state.last ?? LIVE_RANGE, from: null, to: null, sort: "date:desc" });
}

function stopLive() {
  page.isLive = false;
  live.stop();
  $("live").setAttribute("aria-checked", "false");
  drawState();
}

const refreshLive = throttled(LIVE_EVERY_MS, async () => {
  const { asked } = page;
  await askSpan().then(() => page.span && asked === page.asked && refreshLenses(asked)).catch(() => null);
});

function listenToControls() {
  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    change({ q: $("query").value.trim() });
  });
  // Who empties the box with its cross means it.
  $("query").addEventListener("search", () => $("query").value === "" && state.q && change({ q: "" }));
  $("range").addEventListener("change", ({ target }) => {
    if (target.value !== "span") return change({ last: target.value, from: null, to: null });
    const { from, to } = page.span ?? { from: Date.now() - 3600e3, to: Date.now() };
    return change({ last: null, from, to });
  });
  $("span").addEventListener("submit", (event) => {
    event.preventDefault();
    askBetween();
  });
  $("wider").addEventListener("click", () => {
    const half = (state.to - state.from) / 2;
    change(within(state.from - half, state.to + half));
  });
  $("interval").addEventListener("change", ({ target }) => change({ interval: target.value }));
  $("sort").addEventListener("change", ({ target }) => change({ sort: target.value }));
  $("examples").addEventListener("click", ({ target }) => target.matches("button") && change({ q: target.textContent }));
  $("live").addEventListener("click", () => (page.isLive ? stopLive() : startLive()));
  window.addEventListener("popstate", () => {
    state = read(location.search);
    stopLive();
    showControls();
    refresh();
  });
}

function listenToPosts() {
  $("more").addEventListener("click", async () => {
    $("more").disabled = true;
    await refreshPosts(page.asked, page.after, true).catch(complain);
    $("more").disabled = false;
  });
  const there = { pointer: false, focus: false };
  const hold = (what, isThere) => {
    there[what] = isThere;
    live.hold(there.pointer || there.focus);
  };
  $("results").addEventListener("pointerenter", ({ pointerType }) => hold("pointer", pointerType === "mouse"));
  $("results").addEventListener("pointerleave", () => hold("pointer", false));
  $("posts").addEventListener("focusin", () => hold("focus", true));
  $("posts").addEventListener("focusout", () => hold("focus", false));
  $("waiting").addEventListener("click", () => live.flush());
  document.addEventListener("click", ({ target }) => $("export").contains(target) || $("export").removeAttribute("open"));
  $("export").addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    $("export").removeAttribute("open");
    $("export").querySelector("summary").focus();
  });
  // What is not there yet, or failed, may come by itself.
  setInterval(() => page.index && (!page.span || page.failed) && !page.busy && !document.hidden && refresh(), LIVE_EVERY_MS);
  setInterval(() => live.isOn && !document.hidden && refreshLive(), LIVE_EVERY_MS);
}

async function begin() {
  const answer = await fetch("/api/search").catch(() => null);
  const said = answer?.ok ? await answer.json().catch(() => null) : null;
  if (said?.index) {
    page.index = said.index;
    $("found").hidden = false;
    showControls();
    rules.list();
    return refresh();
  }
  $("no-index").hidden = !said;
  complain(said ? null : new Error("The server cannot be asked at the moment; load this page again."));
  $("state").textContent = said ? "no index" : "failed";
  $("state").dataset.state = said ? "quiet" : "bad";
  return undefined;
}

const narrow = matchMedia("(max-width: 900px)");
const fold = () => $("facets").toggleAttribute("open", !narrow.matches);
narrow.addEventListener("change", fold);
fold();
$("lenses").append(...LENSES.map((name) => lenses[name].element));
listenToControls();
listenToPosts();
begin();
