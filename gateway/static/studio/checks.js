// What is wrong with the files: ours at once, Rasa's and what only a training rejects in the background.
import { fill, h } from "../desk/dom.js";
import { begin, wrong } from "../desk/frame.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { findingsView } from "./diff.js";
import { editorOf, moment, mountJob } from "./jobs.js";
import { K } from "./words_models.js";

const PAGE = 100;
const AGAIN = 1_500;
const ctx = await begin("checks", { area: "studio", live: false });
const main = document.getElementById("main");
const work = h("div");
const deep = h("p", { class: "mute", id: "deep" });
const chips = h("div", { class: "row chips", role: "group", "aria-label": K.filter });
const list = h("div", { id: "found", "aria-live": "off" });
const button = h("button", { type: "button", class: "primary", id: "check", text: K.check, on: { click: check } });
const looking = h("p", { class: "mute", role: "status" });
const listed = newest();
let severity = "";
let again = null;

fill(main, h("h1", { text: K.title }), h("p", { class: "intro mute", text: K.why }),
  h("div", { class: "row" }, button, h("a", { class: "button", href: "/studio/models", text: K.to_models })),
  work, deep, looking, chips, list);
const job = mountJob(work, ctx, () => void read());
ctx.keys.bind("c", K.keys.check, check);
await read();
document.body.dataset.ready = "yes";

async function read(offset = 0) {
  clearTimeout(again);
  await listed({ severity, limit: PAGE, offset }, (wanted) => ctx.api.get("/studio/checks", wanted), (found) => draw(found, offset), (problem) => ctx.toast(wrong(problem), { kind: "bad" }));
}

function draw(found, offset) {
  if (found.looking) again = setTimeout(() => read(), AGAIN);
  looking.textContent = found.looking ? K.looking : "";
  if (found.running && !job.busy()) job.show(found.running, true);
  button.disabled = Boolean(found.running);
  deep.textContent = found.deep ? `${say(K.deep, { by: found.deep.by || "—", at: moment(found.deep.at) })}${found.deep.stale ? K.stale : K.fresh}` : K.never;
  deep.classList.toggle("warn", Boolean(found.deep?.stale));
  const all = Object.values(found.counted).reduce((sum, one) => sum + one, 0);
  const chip = (name, text) => h("button", { type: "button", class: "chip", "aria-pressed": String(severity === name), "data-severity": name || "all", text, on: { click: () => choose(name) } });
  fill(chips, chip("", say(K.all, { n: all })), Object.entries(found.counted).map(([name, n]) => chip(name, say(K.severity[name], { n }))));
  const view = findingsView(found.findings, editorOf);
  const rest = found.total - offset - found.findings.length;
  const more = rest > 0 ? h("button", { type: "button", class: "more", text: say(K.more, { n: Math.min(rest, PAGE) }), on: { click: () => read(offset + PAGE) } }) : null;
  if (!offset) fill(list, view || (found.looking ? null : h("p", { class: "mute", text: severity ? K.none_of : K.none })), more);
  else {
    list.querySelector("button.more")?.remove();
    list.append(...[view, more].filter(Boolean));
  }
}

function choose(name) {
  severity = name;
  void read();
}

async function check() {
  if (button.disabled) return;
  button.disabled = true;
  try {
    job.show(await ctx.api.post("/studio/checks"), true);
  } catch (problem) {
    button.disabled = false;
    ctx.toast(wrong(problem), { kind: "bad" });
  }
}
