// What the pages share: small words, how numbers and times are written, how the server is asked and listened to.

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);
export const whole = (n) => Math.round(n).toLocaleString("en-GB");
export const big = (n) => (n >= 1e6 ? short(n) : whole(n));

const pad = (n) => String(n).padStart(2, "0");

/** A time of day in UTC, with its seconds where they matter, and with the day if asked for. */
export function shownTime(ms, { day = false, seconds = ms % 60000 !== 0 } = {}) {
  const at = new Date(ms);
  const clock = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}${seconds ? `:${pad(at.getUTCSeconds())}` : ""}`;
  return day ? `${at.toISOString().slice(0, 10)} ${clock}` : clock;
}

/** A number in few letters, for an axis. */
export function short(n) {
  if (n >= 1e6) return `${+(n / 1e6).toFixed(1)} M`;
  return n >= 10000 ? `${+(n / 1e3).toFixed(1)} k` : n.toLocaleString("en-GB");
}

/** The least round number that is not below `n`, as an axis likes them. */
export function round(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(n, 4)));
  return [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= n) ?? 10 * power;
}

/** A length of time in words: two units at most. */
export function lasting(ms) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let left = Math.max(0, Math.round(ms / 1000));
  const words = [];
  for (const [unit, seconds] of units) {
    const n = Math.floor(left / seconds);
    left -= n * seconds;
    if (n) words.push(`${n} ${unit}`);
    else if (words.length) break;
    if (words.length === 2) break;
  }
  return words.join(" ") || "0 s";
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** An element of a drawing, with its attributes. */
export function drawn(name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Runs `work` soon, at most once in `ms`, and never twice at a time. */
export function throttled(ms, work) {
  let [running, wanted, last] = [false, false, -Infinity];
  const go = async () => {
    running = true;
    await new Promise((done) => setTimeout(done, Math.max(0, last + ms - performance.now())));
    [wanted, last] = [false, performance.now()];
    try {
      await work();
    } finally {
      running = false;
      if (wanted) go();
    }
  };
  return () => {
    wanted = true;
    if (!running) go();
  };
}

export async function ask(path, values = {}) {
  const given = Object.entries(values).filter(([, value]) => value !== null);
  const response = await fetch(`${path}?${new URLSearchParams(given)}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** Listens to the live events. `hear` has a function for each kind; `onLink` is told whether there is a connection. */
export function listen(hear, onLink) {
  const events = new EventSource("/api/live");
  events.addEventListener("open", () => onLink(true));
  for (const [kind, heard] of Object.entries(hear)) events.addEventListener(kind, (event) => heard(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    onLink(false);
    // It comes back by itself, unless the server said no; then we ask again.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(hear, onLink), 5000);
  });
}

/** To which of a chart's points a key moves who reads it at `read`: null takes the reading away, undefined is no such key. */
export function moved(event, points, read) {
  if (event.key === "Escape") return null;
  const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
  if (!move || !points.length) return undefined;
  event.preventDefault();
  const at = read ? points.indexOf(read) : points.length;
  return points[Math.min(points.length - 1, Math.max(0, at + move))];
}
