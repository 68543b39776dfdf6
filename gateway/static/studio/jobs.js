// A job in the background on a page: how far it is, its log, and the way to stop it. The page may be closed meanwhile.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { say } from "../desk/words.js";
import { J } from "./words_models.js";

const EVERY = 1_000;
const SLOW = 5_000;

// A moment as people here read it.
export const moment = (at) => (at ? new Date(at).toLocaleString("zh-CN", { hour12: false, dateStyle: "short", timeStyle: "short" }) : "");

// Shows jobs in `host`. `ended`: called with a job that has just ended. Returns { show(job), busy() }.
export function mountJob(host, ctx, ended = () => {}) {
  let current = null;
  let next = 0;
  let due = null;
  const title = h("p", { class: "step" });
  const bar = h("progress", { max: 1, "aria-label": J.kinds.train });
  const who = h("span", { class: "mute" });
  const note = h("p", { role: "alert", class: "wrong" });
  const log = h("pre", { tabindex: "0", "aria-label": J.log });
  const cancel = h("button", { type: "button", text: J.cancel, on: { click: stop } });
  const status = h("p", { role: "status", class: "visually-hidden" });
  const card = h("section", { class: "card job", hidden: true, "aria-label": J.kinds.train },
    h("div", { class: "row" }, title, who, cancel), bar, note, h("details", {}, h("summary", { text: J.log }), log));
  fill(host, card, status);

  function show(job, fresh = false) {
    if (!job) return;
    if (current?.id !== job.id) {
      next = 0;
      log.textContent = "";
    }
    current = job;
    draw();
    clearTimeout(due);
    if (job.state === "running" || fresh) due = setTimeout(look, fresh ? 0 : EVERY);
  }

  function draw() {
    const kind = J.kinds[current.kind];
    const runs = current.state === "running";
    card.hidden = false;
    card.dataset.state = current.state;
    card.setAttribute("aria-label", kind);
    bar.hidden = cancel.hidden = !runs;
    bar.value = current.done;
    bar.setAttribute("aria-label", kind);
    const step = J.steps[current.step] || current.step;
    const text = runs ? say(J.line, { kind, step, percent: Math.round(100 * current.done) }) : say(J.ended, { kind, state: J.states[current.state] });
    title.textContent = text;
    const spoken = runs ? `${kind}：${step}` : text;
    if (status.textContent !== spoken) status.textContent = spoken;
    who.textContent = say(J.by, { by: current.by, at: moment(current.at) }) + (current.cancelled_by ? ` · ${say(J.cancelled_by, { by: current.cancelled_by })}` : "");
    note.textContent = current.problem ? say(J.problem, current.problem) : "";
  }

  async function look() {
    const { id } = current;
    let found;
    try {
      found = await ctx.api.get(`/studio/jobs/${encodeURIComponent(id)}`, { after: next });
    } catch (problem) {
      if (problem.status === 401 || current.id !== id) return;
      note.textContent = J.lost_line;
      due = setTimeout(look, SLOW);
      return;
    }
    // Another job is shown by now, and looked at by itself.
    if (current.id !== id) return;
    if (found.text) {
      const down = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
      log.append(found.text);
      if (down) log.scrollTop = log.scrollHeight;
    }
    next = found.next;
    const ran = current.state === "running";
    current = found.job;
    draw();
    if (current.state === "running") due = setTimeout(look, EVERY);
    else if (ran) ended(current);
  }

  async function stop() {
    const { id } = current;
    const chosen = await ctx.ask(J.cancel_ask, J.cancel_why, [{ name: "yes", label: J.cancel_yes, kind: "bad" }, { name: "no", label: J.keep, kind: "primary" }]);
    if (chosen !== "yes") return;
    await ctx.api.post(`/studio/jobs/${encodeURIComponent(id)}/cancel`).catch((problem) => ctx.toast(wrong(problem), { kind: "bad" }));
  }

  return { show, busy: () => current?.state === "running" };
}

// The editor of a finding's place, or null where there is none.
export function editorOf({ path, key }) {
  const [word, , name] = (key || "").split(/(:)(.*)/s);
  const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
  if (word === "intent" && name) return `/studio/intents?${query({ intent: name.replace(/[#/].*$/, "") })}`;
  if (word === "response" && name) return `/studio/responses?${query({ name })}`;
  if (word === "rule" || word === "story") return `/studio/stories?${query({ path, key })}`;
  if (path.startsWith("policy/tables/")) return `/studio/tables?${query({ table: path.replace(/^.*\/|\.ya?ml$/g, ""), row: word === "row" ? name : "" })}`;
  if (path.startsWith("data/nlu/") || path.startsWith("tests/nlu/")) return "/studio/intents";
  if (path.startsWith("data/responses/")) return "/studio/responses";
  if (/^(data\/(rules|stories)|tests\/stories)\//.test(path)) return "/studio/stories";
  return null;
}
