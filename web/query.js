// What is asked: it stands in the page's address, and becomes the bodies that the search API takes.

/** How far back a range goes from the newest post. */
export const RANGES_MS = { "15m": 900e3, "1h": 3600e3, "6h": 21600e3, "24h": 86400e3, "7d": 604800e3, all: Infinity };
/** What can be chosen as an interval. */
export const INTERVALS_S = {
  "10s": 10, "30s": 30, "1m": 60, "5m": 300, "10m": 600, "30m": 1800, "1h": 3600, "3h": 10800, "12h": 43200, "1d": 86400,
};
/** Where a range is longer than a choice was made for. */
const LONGER_S = [7 * 86400, 30 * 86400, 365 * 86400];
/** So many intervals `auto` aims at; more than `MOST` are never asked for. */
const AIM = 150;
const MOST = 3000;
/** Nobody posts later than that. */
const LAST_MS = Date.UTC(2200, 0);
export const LENSES = ["records", "first", "second", "posts"];
const USUAL = { last: "15m", interval: "auto", sort: "date:desc", first: "sentiment", second: "offence" };
/** Fields that posts have anyhow; what else stands in a document is the word of a model. */
export const OWN = new Set([
  "network", "id", "root", "kind", "target", "date", "pseudo", "author", "followers", "location", "content", "lang", "place", "country",
  "tracks", "models", "unscored", "forecast", "missing", "revision",
]);
const NUMBERS = new Set(["double", "float", "half_float", "long", "integer", "short", "byte"]);
/** Words without a field are looked for in what posts say, and all of them. */
const WORDS = { default_field: "content", default_operator: "AND" };
const CLAUSE = /^(.*?)(?:^|\s+AND\s+)((?:NOT )?(?:[^\s:"()\\]|\\.)+:"(?:[^"\\]|\\.)*")$/s;

/** The state that an address stands for. What it does not say, or says wrongly, is as usual. */
export function read(address) {
  const given = new URLSearchParams(address);
  const chosen = (name, known) => (known.includes(given.get(name)) ? given.get(name) : USUAL[name]);
  const { from, to } = within(Date.parse(given.get("from") ?? ""), Date.parse(given.get("to") ?? ""));
  const isSpan = from < to;
  const sort = /^[^:]+:(asc|desc)$/.test(given.get("sort") ?? "") ? given.get("sort") : USUAL.sort;
  const lines = Object.fromEntries(LENSES.map((lens) => [lens, readLine(given.get(`${lens}-line`) ?? "")]));
  return {
    q: given.get("q") ?? "", last: isSpan ? null : chosen("last", Object.keys(RANGES_MS)), from: isSpan ? from : null, to: isSpan ? to : null,
    interval: chosen("interval", ["auto", ...Object.keys(INTERVALS_S)]), sort, first: given.get("first") || USUAL.first,
    second: given.get("second") || USUAL.second, lines,
  };
}

/** A time between the ends that any post can have. */
export function within(from, to) {
  return { from: Math.max(0, from), to: Math.min(LAST_MS, to) };
}

function readLine(text) {
  const [side, value] = text.split(":");
  const isLine = ["above", "below"].includes(side) && value && Number.isFinite(Number(value));
  return isLine ? { side, value: Number(value) } : null;
}

/** The address of a state: as short as it can be. */
export function address(state) {
  const said = new URLSearchParams();
  if (state.q) said.set("q", state.q);
  for (const name of ["last", "interval", "sort", "first", "second"]) {
    if (state[name] && state[name] !== USUAL[name]) said.set(name, state[name]);
  }
  if (state.last === null) for (const name of ["from", "to"]) said.set(name, new Date(state[name]).toISOString());
  for (const lens of LENSES) {
    const line = state.lines[lens];
    if (line) said.set(`${lens}-line`, `${line.side}:${line.value}`);
  }
  return said.size ? `/explore?${said}` : "/explore";
}

/** How many seconds an interval has, for so long a time; and whether it is longer than was wished. */
export function intervalOf(state, span_ms) {
  const all = [...Object.values(INTERVALS_S), ...LONGER_S];
  const fit = (most) => all.find((seconds) => span_ms / 1000 / seconds <= most) ?? all.at(-1);
  if (state.interval === "auto") return { seconds: fit(AIM), isLonger: false };
  const wished = INTERVALS_S[state.interval];
  const least = fit(MOST);
  return { seconds: Math.max(wished, least), isLonger: least > wished };
}

/** From when to when posts are known. A post that claims to come from the future does not count. */
export function boundsBody() {
  return {
    size: 0, track_total_hits: false, query: { range: { date: { lte: "now" } } },
    aggs: { oldest: { min: { field: "date" } }, newest: { max: { field: "date" } } },
  };
}

/** The time that a state asks for, in milliseconds; null where no post is known. */
export function spanOf(state, bounds) {
  if (state.last === null) return { from: state.from, to: state.to };
  if (bounds.newest === null) return null;
  // The end is open: the newest post belongs to it.
  const to = bounds.newest + 1;
  const from = state.last === "all" ? bounds.oldest : Math.max(0, to - RANGES_MS[state.last]);
  const step = intervalOf(state, to - from).seconds * 1000;
  // It begins with a whole interval, which would look like a lull otherwise.
  return { from: to - from > 2 * step && state.last !== "all" ? Math.ceil(from / step) * step : from, to };
}

/** What selects the posts: as for exports and for live posts. */
export function selection(state, span) {
  const time = (ms) => new Date(ms).toISOString();
  const filter = [{ range: { date: { gte: time(span.from), lt: time(span.to) } } }];
  const q = state.q.trim();
  const must = q ? [{ query_string: { query: q, ...WORDS } }] : [{ match_all: {} }];
  return { bool: { must, filter } };
}

/** All four lenses at once. */
export function lensBody(state, span, seconds) {
  const averages = {};
  for (const lens of ["first", "second"]) averages[lens] = { avg: { field: state[lens] } };
  averages.posts = { filter: { terms: { kind: ["original", "reply", "quote"] } } };
  const bounds = { min: span.from, max: span.to - 1 };
  const per_time = { date_histogram: { field: "date", fixed_interval: `${seconds}s`, min_doc_count: 0, extended_bounds: bounds }, aggs: averages };
  return { size: 0, track_total_hits: true, query: selection(state, span), aggs: { per_time, ...averages } };
}

/** One page of posts, after those that are known. */
export function postsBody(state, span, size, after, marks) {
  const [field, order] = state.sort.split(":");
  const sort = field === "_score" ? [{ _score: { order } }] : [{ [field]: { order, missing: "_last", unmapped_type: "double" } }];
  if (field !== "date") sort.push({ date: { order: "desc" } });
  sort.push({ id: { order: "desc", unmapped_type: "keyword" } });
  const highlight = { pre_tags: [marks[0]], post_tags: [marks[1]], fields: { content: { number_of_fragments: 0 } } };
  const body = { size, track_total_hits: false, query: selection(state, span), sort, highlight };
  return after ? { ...body, search_after: after } : body;
}

/** The most frequent words of some fields. */
export function facetsBody(state, span, fields) {
  const aggs = Object.fromEntries(fields.map(({ field, size }) => [field, { terms: { field, size } }]));
  return { size: 0, track_total_hits: false, query: selection(state, span), aggs };
}

/** What models say, by an index's mapping: the fields that are numbers, and those that are words. */
export function outputs(mapping) {
  const found = { numbers: [], words: [] };
  for (const [name, { type, fields }] of Object.entries(mapping.properties ?? {})) {
    if (OWN.has(name)) continue;
    if (NUMBERS.has(type)) found.numbers.push(name);
    else if (type === "keyword") found.words.push(name);
    else if (fields?.keyword) found.words.push(`${name}.keyword`);
  }
  return found;
}

/** The piece of a query that wants a value. */
export function clause(field, value) {
  const name = field.replace(/[^\p{L}\p{N}_.@-]/gu, "\\$&");
  return `${name}:"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** What a query is made of: something to begin with, and the clauses that were added. */
export function pieces(q) {
  let [head, clauses] = [q.trim(), []];
  for (let found = CLAUSE.exec(head); found; found = CLAUSE.exec(head)) {
    head = found[1];
    clauses = [found[2], ...clauses];
  }
  return { head, clauses };
}

/** A query with a clause more; without it, if it has it; and never with its contrary. */
export function toggled(q, wanted) {
  const { head, clauses } = pieces(q);
  const contrary = wanted.startsWith("NOT ") ? wanted.slice(4) : `NOT ${wanted}`;
  const kept = clauses.filter((one) => one !== wanted && one !== contrary);
  if (!clauses.includes(wanted)) kept.push(wanted);
  const isOne = /^\S+$/.test(head) || isEnclosed(head);
  if (!kept.length) return isEnclosed(head) ? head.slice(1, -1) : head;
  return [...(head ? [isOne ? head : `(${head})`] : []), ...kept].join(" AND ");
}

/** Whether the bracket that a text begins with ends with it. */
function isEnclosed(text) {
  if (!text.startsWith("(")) return false;
  let [depth, quoted] = [0, false];
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === '"') quoted = !quoted;
    else if (!quoted && text[i] === "(") depth += 1;
    else if (!quoted && text[i] === ")") depth -= 1;
    if (depth === 0) return i === text.length - 1;
  }
  return false;
}

/** Why a search failed, in words that help who wrote the query. */
export function inWords(answer, status) {
  const { error } = answer ?? {};
  const reasons = [error?.failed_shards?.[0]?.reason ?? error?.root_cause?.[0] ?? error];
  while (reasons.at(-1)?.caused_by) reasons.push(reasons.at(-1).caused_by);
  const said = reasons.map((cause) => String(cause?.reason ?? cause?.message ?? ""));
  const noDate = said.map((reason) => /date field \[(.*?)\]/.exec(reason)?.[1]).find(Boolean);
  if (noDate) return `“${noDate}” is no date: write it as 2026-03-01, 2026-03-01T12:00:00 or now-1d.`;
  const reason = said.at(-1).split("\n")[0] || `the server answers ${status}`;
  const noNumber = /^For input string: "(.*)"$/.exec(reason)?.[1];
  if (noNumber !== undefined) return `“${noNumber}” is no number, where one is wanted.`;
  if (/<EOF> after prefix "\\"/.test(reason)) return "a quotation mark stands open.";
  if (/Encountered:? "?<EOF>/.test(reason)) return "it ends too early.";
  const column = /Encountered.* at line 1, column (\d+)/.exec(reason)?.[1];
  if (column !== undefined) return `it is not understood from its character ${Number(column) + 1} on.`;
  const rest = /^Encountered "(.*?)"(?: where .*)?$/s.exec(said.at(-1))?.[1];
  if (rest !== undefined) return `it is not understood from “${rest.slice(0, 40)}” on.`;
  return reason.replace(/^Encountered /, "").replace(/\.?\s*$/, ".");
}
