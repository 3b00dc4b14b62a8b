// The page: it asks for what was, listens to what comes, and draws at most once a frame.
//
// "Now" is the newest window's end, never this computer's clock: a recording of years ago looks as it did then.

import { Chart, MEASURES } from "./chart.js";
import { Table, shownCity } from "./table.js";
import { $, ask, big, listen, shownTime, throttled, whole } from "./tools.js";

const PERIODS_MS = { "15m": 900e3, "1h": 3600e3, "6h": 21600e3, "24h": 86400e3 };
/** About so many points are asked for; a line that has grown longer than twice that is asked for again, thinned. */
const POINTS = 600;
const CITIES = 15;
/** An event names so many cities at most; a city that is not in one with fewer had nothing. */
const NAMED = 50;
/** Windows may come hundreds a second: what is asked of the server is asked at most this often. */
const ASK_EVERY_MS = 1000;

const state = {
  city: null, period: "15m", by: "posts", paused: false, connected: false,
  points: [], hop: null, totals: null, health: null, heardAt: 0, every: 0, asked: 0, answered: false,
  cityShown: null, jump: false,
};

const chart = new Chart($("chart"), readPoint);
const table = new Table($("rows"), choose);

const point = (at) => ({ ...at, start: Date.parse(at.start), end: Date.parse(at.end) });

const askLine = throttled(ASK_EVERY_MS, async () => {
  const { city, period } = state;
  const asked = (state.asked += 1);
  const line = await ask("/api/series", { city, last: period, points: POINTS }).catch(() => null);
  // Another city may have been chosen meanwhile, and its answer is what counts.
  if (!line || state.paused || asked !== state.asked || city !== state.city || period !== state.period) return;
  state.answered = true;
  state.points = line.windows.map(point);
  state.hop = line.hop_ms;
  state.jump ||= state.cityShown !== city;
  state.cityShown = city;
  if (!state.totals && !city && state.points.length) state.totals = state.points.at(-1);
  draw();
});

const askTop = throttled(ASK_EVERY_MS, async () => {
  const { by, period } = state;
  const top = await ask("/api/cities/top", { by, n: CITIES, last: period, trend: 30 }).catch(() => null);
  if (!top || state.paused) return;
  table.show(top.cities, by, state.city);
  const full = top.cities.length === CITIES ? `The first ${CITIES} of them. ` : "";
  $("rows-note").textContent = top.cities.length
    ? `${full}Sums over the ${$("period").querySelector(":checked + span").textContent} up to ${shownTime(Date.parse(top.end), { day: true })} UTC. `
      + "Choose a city to see its line."
    : "No city has a window in this period.";
});

function refresh() {
  askLine();
  askTop();
}

/** Puts a window into the line: in place of the one with the same end, or where it belongs. */
function place(at) {
  const { points } = state;
  let i = points.length;
  while (i > 0 && points[i - 1].end > at.end) i -= 1;
  const same = points[i - 1]?.end === at.end;
  points.splice(same ? i - 1 : i, same ? 1 : 0, at);
  const from = points.at(-1).end - PERIODS_MS[state.period] * 1.1;
  while (points[0].end < from) points.shift();
}

function onWindow(window) {
  const totals = point(window.totals);
  const now = performance.now();
  if (state.totals && totals.end > state.totals.end) {
    state.every = state.every ? 0.8 * state.every + 0.2 * (now - state.heardAt) : now - state.heardAt;
  }
  state.heardAt = now;
  if (state.paused) return;
  if (!state.totals || totals.end >= state.totals.end) state.totals = totals;
  const row = state.city === null ? totals : window.rows.find((row) => row.city === state.city);
  const named = row || window.rows.length < NAMED;
  if (named && state.cityShown === state.city) {
    const { posts, reposts, people } = row ?? { posts: 0, reposts: 0, people: 0 };
    place({ start: totals.start, end: totals.end, posts, reposts, people });
  }
  if (!named || state.points.length > 2 * POINTS || !state.hop) askLine();
  if (!document.hidden) askTop();
  draw();
}

function onHealth(health) {
  if (health.condition === undefined) return;
  if (health.caught_up && state.health && !state.health.caught_up) refresh();
  state.health = health;
  draw();
}

function onLink(connected) {
  state.connected = connected;
  if (connected) refresh();
  else draw();
}

/** What the pill says, and how it looks. */
function condition() {
  const { health, totals } = state;
  if (state.paused) return ["paused", "quiet"];
  if (!state.connected) return ["reconnecting", "bad"];
  if (health?.condition === "failed") return ["failed", "bad"];
  if (health?.condition === "degraded" || health?.trouble) return ["degraded", "busy"];
  // Who rests until its time has come is not behind.
  const behind = health?.roles.some((role) => role.detail !== "resting" && role.lag > 1000 + 5 * role.records_per_s);
  if (health && (behind || (!health.caught_up && health.rows > 0))) return ["catching up", "busy"];
  if (!totals) return ["waiting", "quiet"];
  const patience = Math.max(15e3, 3 * state.every, 3 * Math.min(state.hop ?? 0, 120e3));
  return performance.now() - state.heardAt > patience ? ["idle", "quiet"] : ["live", "live"];
}

function drawHealth() {
  const { health } = state;
  const [text, look] = condition();
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").dataset.state = look;
  if (!health) return;
  for (const name of ["lag", "late", "rejected"]) $(name).textContent = big(health[name]);
  $("rejected").classList.toggle("warn", health.rejected > 0);
  const ill = health.roles.filter((role) => role.condition !== "ok").map((role) => `${role.role}: ${role.detail}`);
  if (health.trouble) ill.push(`counts cannot be read: ${health.trouble}`);
  $("trouble").hidden = !ill.length;
  $("trouble").textContent = ill.join("; ");
}

function drawTotals() {
  const { totals } = state;
  if (!totals) return;
  $("rate").textContent = big((totals.posts * 60000) / (totals.end - totals.start));
  $("people").textContent = big(totals.people);
  $("active").textContent = big(totals.cities);
  $("clock").textContent = `Newest window: ${shownTime(totals.start, { day: true, seconds: true })} – ${shownTime(totals.end, { seconds: true })} UTC`;
}

function drawEmpty() {
  const none = state.answered && !state.points.length && !state.totals;
  $("empty").hidden = !none;
  if (!none) return;
  const roles = state.health?.roles ?? [];
  const reached = roles.map((role) => role.watermark).filter(Boolean).sort().at(-1);
  const flowing = roles.some((role) => role.records_per_s > 0);
  $("empty-text").textContent = "No window has closed yet.";
  if (reached || flowing) {
    const time = reached ? ` It has come to ${reached.slice(0, 19).replace("T", " ")} UTC.` : "";
    $("empty-help").textContent =
      `Posts are being read. The first window closes once the posts' own time has passed its end and the wait for late posts.${time}`;
  } else {
    $("empty-help").textContent =
      "No posts are coming in. The first window closes after the first minutes of posts: give Goshawk a source with --source, "
      + "or look at /health for what the one it has is waiting for.";
  }
}

function readPoint(at) {
  const shown = at ?? state.points.at(-1);
  for (const measure of MEASURES) $(`key-${measure}`).textContent = shown ? big(shown[measure]) : "";
  $("key-time").textContent = shown ? `${at ? "window" : "newest window"} to ${shownTime(shown.end, { day: true, seconds: true })} UTC` : "";
  if (shown) {
    const numbers = MEASURES.map((measure) => `${whole(shown[measure])} ${measure}`).join(", ");
    $("chart").setAttribute("aria-label", `${$("chart-title").textContent}. Window to ${shownTime(shown.end, { day: true })} UTC: ${numbers}`);
  }
}

let frame = 0;
function draw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    drawHealth();
    drawTotals();
    drawEmpty();
    chart.show(state.points, PERIODS_MS[state.period], state.hop, state.jump);
    state.jump = false;
    if (!chart.read) readPoint(null);
  });
}

function choose(city) {
  state.city = city;
  state.jump = true;
  $("chart-title").textContent = city === null ? "All cities" : shownCity(city);
  $("all").hidden = city === null;
  refresh();
}

$("all").addEventListener("click", () => choose(null));
$("period").addEventListener("change", (event) => {
  state.period = event.target.value;
  state.jump = true;
  refresh();
});
$("by").addEventListener("change", (event) => {
  state.by = event.target.value;
  askTop();
});
$("pause").addEventListener("click", () => {
  state.paused = !state.paused;
  $("pause").setAttribute("aria-pressed", String(state.paused));
  $("pause").textContent = state.paused ? "Go on" : "Pause";
  if (!state.paused) refresh();
  draw();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
setInterval(draw, 2000);
refresh();
listen({ window: onWindow, health: onHealth, lagged: refresh }, onLink);
