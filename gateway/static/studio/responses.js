// The page of responses: the list on the left, one response's variations on the right with their preview, the try-out pane beside them.
import { fill, h, typed } from "../desk/dom.js";
import { begin, failure, wrong } from "../desk/frame.js";
import { newest, once } from "../desk/turns.js";
import { say, W } from "../desk/words.js";
import { editor } from "./responses_editor.js";
import { mountTry } from "./try.js";
import { R } from "./words_responses.js";

const PAGE = 50;
const WAIT = 200;
const STATES = Object.keys(R.states);
const NAME = /^[a-z0-9_]*[a-z0-9]$/;
const ctx = await begin("responses", { area: "studio", live: false });
const main = document.getElementById("main");
const asked = new URLSearchParams(location.search);
const shown = { q: asked.get("q") || "", topic: asked.get("topic") || "", state: STATES.includes(asked.get("state")) ? asked.get("state") : "all", limit: PAGE };
const page = { words: null, files: {}, open: null };
const listed = newest();
const opened = newest();
const vocabulary = ctx.api.get("/studio/responses/vocabulary").then((words) => { page.words = words; });

const search = h("input", { type: "search", value: shown.q, "aria-label": R.search, placeholder: R.search_hint, maxlength: "100" });
const topic = h("select", { "aria-label": R.topic, on: { change: () => go({ topic: topic.value, limit: PAGE }) } });
const state = h("select", { "aria-label": R.state, value: shown.state, on: { change: () => go({ state: state.value, limit: PAGE }) } }, STATES.map((one) => h("option", { value: one, text: R.states[one] })));
const count = h("p", { class: "mute", role: "status" });
const list = h("ul", { class: "responses", "aria-label": R.list });
const more = h("button", { type: "button", text: R.more, hidden: true, on: { click: () => go({ limit: Math.min(200, shown.limit + PAGE) }) } });
const place = h("div", { class: "place" }, h("p", { class: "mute", text: R.choose }));
const beside = h("div", { class: "card beside", hidden: true });
const toggle = h("button", { type: "button", "aria-expanded": "false", text: R.try, on: { click: () => tryOut() } });

fill(main,
  h("div", { class: "row" }, h("h1", { text: R.title }), h("span", { class: "grow" }), h("button", { type: "button", text: R.add, on: { click: once(add) } }), toggle),
  h("p", { class: "intro mute", text: R.why }),
  h("div", { class: "columns" },
    h("section", { class: "left", "aria-label": R.list }, search, h("div", { class: "row" }, topic, state), count, list, more),
    place, beside));

typed(search, WAIT, () => go({ q: search.value.trim(), limit: PAGE }));
ctx.keys.bind("/", R.keys.search, () => search.focus());
ctx.keys.bind("ctrl+s", R.keys.save, () => void page.open?.save(), { typing: true });
addEventListener("beforeunload", (event) => page.open?.dirty() && event.preventDefault());
ctx.on("saved", () => void read());

try {
  await vocabulary;
  await read();
  if (asked.get("name")) await open(asked.get("name"));
} catch (problem) {
  fill(place, failure(problem));
}
document.body.dataset.ready = "yes";

async function go(changes) {
  Object.assign(shown, changes);
  await read();
}

async function read() {
  await listed({ ...shown }, (wanted) => ctx.api.get("/studio/responses", wanted), drawList, (problem) => ctx.toast(wrong(problem), { kind: "bad" }));
}

function drawList(found) {
  page.files = found.files;
  count.textContent = say(R.total, { n: found.total });
  const all = Object.values(found.topics).reduce((sum, n) => sum + n, 0);
  fill(topic, h("option", { value: "", text: say(R.topic_count, { topic: R.all_topics, n: all }) }),
    Object.entries(found.topics).map(([name, n]) => h("option", { value: name, text: say(R.topic_count, { topic: name, n }) })));
  if (shown.topic && !found.topics[shown.topic]) topic.append(h("option", { value: shown.topic, text: say(R.topic_count, { topic: shown.topic, n: 0 }) }));
  topic.value = shown.topic;
  fill(list, found.responses.length ? found.responses.map(row) : h("li", { class: "mute", text: R.none }));
  more.hidden = found.responses.length >= found.total || shown.limit >= 200;
}

function row(one) {
  const tags = one.marks.map((mark) => h("span", { class: `tag ${{ over: "warn", unused: "warn", dated: "good" }[mark] || ""}`, text: R.marks[mark] }));
  return h("li", {},
    h("button", { type: "button", class: "quiet", "data-name": one.name, "aria-current": one.name === page.open?.name ? "true" : null, on: { click: () => void open(one.name) } },
      h("span", { class: "text", text: one.text || "—" }),
      h("span", { class: "mute" }, one.name, one.variations > 1 ? ` · ${say(R.several, { n: one.variations })}` : null, ` · ${say(R.uses, { n: one.uses })} `, tags)));
}

// Whether what is open may be left.
async function left() {
  if (!page.open?.dirty()) return true;
  return (await ctx.ask(R.leave, R.leave_why, [{ name: "stay", label: R.stay, kind: "primary" }, { name: "leave", label: R.leave_yes, kind: "bad" }])) === "leave";
}

// Asked is when the other one is there: what is written while it is read is not lost either. `sure`: what is open was just saved.
async function open(name, sure = false) {
  await opened(name, async () => {
    await vocabulary;
    return ctx.api.get(`/studio/responses/${encodeURIComponent(name)}`);
  }, async (one) => (sure || (await left())) && show(one), (problem) => ctx.toast(wrong(problem), { kind: "bad" }));
}

// Draws a response for editing; `one.base` null: a new one.
function show(one) {
  page.open = editor(ctx, place, one, page.words, {
    saved: () => open(one.name, true),
    removed: () => {
      opened.drop();
      page.open = null;
      fill(place, h("p", { class: "mute", text: R.choose }));
      history.replaceState(null, "", location.pathname);
    },
  });
  for (const button of list.querySelectorAll("[data-name]")) {
    if (button.dataset.name === one.name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  if (one.base !== null) history.replaceState(null, "", `?${new URLSearchParams({ name: one.name })}`);
}

async function add() {
  await vocabulary;
  opened.drop();
  if (!(await left())) return;
  const where = h("select", { name: "topic", value: shown.topic || "smalltalk" }, Object.keys(page.files).map((name) => h("option", { value: name, text: name })));
  const name = h("input", { name: "name", maxlength: "60", autocomplete: "off", pattern: "[a-z0-9_]+" });
  const note = h("p", { class: "wrong", role: "alert" });
  const form = h("div", {}, h("label", {}, h("span", { text: R.add_topic }), where), h("label", {}, h("span", { text: R.add_name }), name), note);
  for (;;) {
    const chosen = await ctx.ask(R.add_title, form, [{ name: "add", label: R.add, kind: "primary" }, { name: "cancel", label: W.frame.cancel }]);
    if (chosen !== "add") return;
    if (NAME.test(name.value.trim())) break;
    note.textContent = R.add_bad;
  }
  const metadata = { script: "none", why: "", source: say(R.own_source, { day: new Date().toLocaleDateString("sv-SE"), who: ctx.me.name }) };
  show({ name: `utter_${where.value}_${name.value.trim()}`, path: page.files[where.value], line: 0, base: null, uses: [], findings: [], variations: [{ text: "", metadata }] });
}

function tryOut() {
  const opened = beside.hidden;
  beside.hidden = !opened;
  toggle.setAttribute("aria-expanded", String(opened));
  toggle.textContent = opened ? R.hide_try : R.try;
  if (opened && !beside.children.length) mountTry(beside, ctx, { release: "live" });
  if (opened) beside.querySelector(".try-say")?.focus();
}
