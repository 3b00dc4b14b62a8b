// The page of one cascade. What posts say is what strangers wrote: it goes in as text and never as markup.

import { Course, expected } from "./course.js";
import { Forecast, percent, scaleOf, verdict } from "./forecast.js";
import { $, element, lasting, listen, shownTime, throttled, whole } from "./tools.js";

const ID = decoded(location.pathname.replace(/^\/cascades\//, ""));
/** What is said of it may change without our hearing: only the largest are told of. */
const LOOK_EVERY_MS = 20e3;

const state = { connected: false, shown: null };
const course = new Course($("chart"), readPoint);

const words = (text) => text.trim() || "(no words)";
const digits = (n) => String(+n.toPrecision(3));
const utc = (time) => `${shownTime(Date.parse(time), { day: true, seconds: true })} UTC`;

/** An address that somebody wrote by hand may be no good one. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function readPoint(point) {
  $("read").textContent = point ? `after ${lasting(point[0])}: ${whole(point[1])} ${point[1] === 1 ? "post" : "posts"}` : "";
}

function showGlance(cascade) {
  const { size, observed, predicted, low, high, are, inside, window_s } = cascade;
  const ended = size !== null;
  $("so-far-title").textContent = ended ? "Came to" : "So far";
  $("so-far").textContent = whole(ended ? size : observed);
  $("so-far-note").textContent = ended ? `posts, by ${shownTime(Date.parse(cascade.end))} UTC` : `posts in the first ${lasting(window_s * 1000)}`;
  $("predicted").textContent = whole(predicted);
  $("predicted-note").textContent = `posts, after ${lasting(window_s * 1000)}`;
  $("range").textContent = low === null ? "not known" : `${whole(low)} – ${whole(high)}`;
  $("off").textContent = percent(are);
  if (ended) $("off-note").textContent = inside === null ? "no range is known" : `and ${inside ? "within" : "outside"} the range`;
  const n_star = cascade.fits.at(-1)?.n_star;
  $("n-star").textContent = n_star === undefined ? "–" : digits(n_star);
}

function forecastRow(cascade, one, scale) {
  const row = element("tr");
  const cell = new Forecast();
  cell.show({ ...one, size: cascade.size }, scale);
  const inside = element("td", "verdict");
  verdict(inside, one.inside);
  const watched = element("td", "", lasting(one.window_s * 1000));
  const said = one.model ? `model ${one.model}` : "before any model was learned";
  watched.append(element("span", "small about", `${shownTime(Date.parse(one.when), { seconds: true })} UTC · ${said}`));
  row.append(watched, element("td", "number", whole(one.observed)), cell.element, element("td", "number", percent(one.are)), inside);
  return row;
}

function fitRow(fit) {
  const row = element("tr");
  const parameters = element("td", "parameters");
  for (const { name, value, error } of fit.parameters) {
    const margin = error === null ? "" : ` ± ${percent(error)}`;
    parameters.append(element("span", "parameter", `${name} = ${digits(value)}${margin}`), " ");
  }
  const itself = fit.predicted === null ? "declines" : whole(fit.predicted);
  row.append(
    element("td", "", lasting(fit.window_s * 1000)), element("td", "number", digits(fit.n_star)), element("td", "number", digits(fit.g1)),
    element("td", "number", itself), parameters,
  );
  return row;
}

function showFits(fits) {
  $("fits-table").hidden = !fits.length;
  $("fit-rows").replaceChildren(...fits.map(fitRow));
  const last = fits.at(-1);
  if (!last) {
    $("fits-words").textContent = "The log does not hold the model's numbers any more.";
    return;
  }
  const n_star = last.n_star;
  const dies = n_star < 1
    ? `Each repost brings ${digits(n_star)} more in the mean. Below 1 it dies out: all in all, one direct repost leads to `
      + `${digits(1 / (1 - n_star))} posts.`
    : "Each repost brings one more or several: by itself it would never die out, so the model declines to say where it ends.";
  const half = last.parameters.find((one) => one.name === "beta")?.value;
  const fades = half ? ` Interest in a post halves in ${lasting((Math.log(2) / half) * 1000)}.` : "";
  $("fits-words").textContent = `A Hawkes process (${last.model}) was fitted to the times of the posts and the followers of those who posted. ${dies}${fades}`;
}

function postItem(post, start) {
  const item = element("li");
  const head = element("p", "small");
  head.append(element("b", "author", post.author || "unknown"), ` ${post.kind}`);
  if (post.followers !== null) head.append(` · ${whole(post.followers)} followers`);
  const time = element("time", "", `+${lasting(Date.parse(post.time) - start)}`);
  time.dateTime = post.time;
  time.title = utc(post.time);
  head.append(" · ", time);
  item.append(head);
  if (post.text.trim()) item.append(element("p", "words", post.text));
  return item;
}

function showPosts({ posts, stopped_early, start }) {
  $("posts").replaceChildren(...posts.map((post) => postItem(post, Date.parse(start))));
  const none = posts.length ? "" : "The log holds none of them any more.";
  $("posts-note").textContent = stopped_early ? "The search was given up before its end: there may be more." : none;
}

function showCourse(cascade) {
  course.show(cascade);
  const said = cascade.forecasts.map((one) => `after ${lasting(one.window_s * 1000)} ${whole(one.predicted)} predicted`).join(", ");
  const end = cascade.size === null ? "It goes on." : `It came to ${whole(cascade.size)}.`;
  $("chart").setAttribute("aria-label", `Posts over time: ${said}. ${end}`);
  $("key-came").hidden = cascade.size === null;
  $("key-hawkes").hidden = !expected(cascade.fits.at(-1));
  const lines = expected(cascade.fits.at(-1)) ? "The dashed line is the course that the Hawkes process expects. " : "";
  const kept = cascade.curve ? "Point at the chart, or use the arrow keys on it, to read the curve." : "The log does not hold the course any more.";
  $("chart-help").textContent = `Time runs from the first post on. ${lines}${kept}`;
}

function show(cascade) {
  state.shown = cascade;
  $("found").hidden = false;
  $("trouble").hidden = true;
  $("text").textContent = words(cascade.text);
  document.title = `${words(cascade.text).slice(0, 60)} – Goshawk`;
  $("about").textContent = `${cascade.network} · ${cascade.cascade} · started ${utc(cascade.start)}`;
  $("api").href = `/api/cascades/${encodeURIComponent(ID)}`;
  $("clock").textContent = cascade.now ? `Newest: ${utc(cascade.now)}` : "";
  showGlance(cascade);
  showCourse(cascade);
  const scale = scaleOf(cascade.forecasts.map((one) => ({ ...one, size: cascade.size })));
  $("forecast-rows").replaceChildren(...cascade.forecasts.map((one) => forecastRow(cascade, one, scale)));
  showFits(cascade.fits);
  showPosts(cascade);
  drawState();
}

const refresh = throttled(2000, async () => {
  const answer = await fetch(`/api/cascades/${encodeURIComponent(ID)}`).catch(() => null);
  if (!answer) return;
  if (answer.ok) return show(await answer.json());
  $("trouble").hidden = false;
  $("trouble").textContent = answer.status === 404
    ? "This cascade is not among those that are remembered: the largest that go on, and those that ended last."
    : "The log cannot be read at the moment; trying again.";
});

/** Asks again when something is new of this cascade. */
function onCascades({ leaders, ended }) {
  const told = [...leaders, ...ended].find((row) => row.cascade === ID);
  const { shown } = state;
  if (told && (!shown || told.window_s !== shown.window_s || told.size !== shown.size)) refresh();
}

function drawState() {
  let [text, look] = state.shown?.size === null ? ["live", "live"] : ["ended", "quiet"];
  if (!state.shown) [text, look] = ["waiting", "quiet"];
  if (!state.connected) [text, look] = ["reconnecting", "bad"];
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").dataset.state = look;
}

function onLink(connected) {
  state.connected = connected;
  if (connected) refresh();
  drawState();
}

setInterval(() => {
  if (!document.hidden && (state.shown?.size ?? null) === null) refresh();
}, LOOK_EVERY_MS);
refresh();
listen({ cascades: onCascades }, onLink);
