// The alert rules that people saved: told, listed, taken back.

import { $, element, lasting, shownTime } from "./tools.js";

const PATH = "/api/rules";

/** What went wrong, in the server's words. */
async function complaint(answer) {
  const { error } = await answer.json().catch(() => ({}));
  return error?.message ?? error?.reason ?? `The server answers ${answer.status}.`;
}

const number = (n) => n.toLocaleString("en-GB", { maximumFractionDigits: 6 }).replace("-", "−");

/** What a rule watches for, in words. */
export function inWords({ of, measure, window_s, above, below }) {
  const isAbove = above !== null && above !== undefined;
  const what = measure === "mean" ? `average of ${of}` : of === "records" ? "number of records" : of === "posts" ? "number of posts, no reposts," : `number of scores of ${of}`;
  return `${what} over ${lasting(window_s * 1000)} ${isAbove ? "above" : "below"} ${number(isAbove ? above : below)}`;
}

/** Saves a rule; gives what is wrong with it, or null. */
export async function save(rule) {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(rule) };
  const answer = await fetch(PATH, request).catch(() => null);
  if (!answer) return "The server cannot be reached.";
  if (!answer.ok) return complaint(answer);
  $("rules-note").textContent = `“${rule.rule}” is saved.`;
  await list();
  return null;
}

async function remove(rule, button) {
  button.disabled = true;
  const path = `${PATH}/${encodeURIComponent(rule.of)}/${encodeURIComponent(rule.rule)}`;
  const answer = await fetch(path, { method: "DELETE" }).catch(() => null);
  const failed = !answer ? "The server cannot be reached." : answer.ok ? null : await complaint(answer);
  $("rules-note").textContent = failed ?? `“${rule.rule}” is removed.`;
  await list();
  $("rules-title").focus({ preventScroll: true });
}

function row(rule) {
  const made = element("li");
  const button = element("button", "remove", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove the rule ${rule.rule}`);
  button.addEventListener("click", () => remove(rule, button));
  const said = element("p");
  const time = Date.parse(rule.time);
  const saved = Number.isFinite(time) ? ` · saved ${shownTime(time, { day: true })} UTC` : "";
  said.append(element("b", "called", rule.rule), " ", element("span", "watches", inWords(rule)), element("span", "small", saved));
  made.append(said, button);
  return made;
}

/** Lists them anew. */
export async function list() {
  const answer = await fetch(PATH).catch(() => null);
  const rules = answer?.ok ? (await answer.json()).rules : null;
  if (!rules) {
    $("rules-note").textContent = answer ? await complaint(answer) : "The rules cannot be read at the moment.";
    return;
  }
  $("rule-rows").replaceChildren(...rules.map(row));
  if (!rules.length && !$("rules-note").textContent) {
    $("rules-note").textContent = "None yet. Set a threshold on a chart of all posts, and save it.";
  }
}
