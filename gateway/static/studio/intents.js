// Intents and examples: the list of intents on the left, the chosen one with its examples on the right, doubles and imports beside them.
import { fill, h } from "../desk/dom.js";
import { begin } from "../desk/frame.js";
import { held, newest, once } from "../desk/turns.js";
import { say, W } from "../desk/words.js";
import { button, percent, told } from "./intents_common.js";
import { detail } from "./intents_detail.js";
import { create } from "./intents_dialogs.js";
import { doubles } from "./intents_doubles.js";
import { importer } from "./intents_import.js";
import { I } from "./words_intents.js";

const ctx = await begin("intents", { area: "studio", live: false });
const main = document.getElementById("main");
const asked = new URLSearchParams(location.search);
// `chosen`: an intent, or null; `view`: intent | doubles.
const page = { intents: [], release: null, chosen: asked.get("intent"), view: asked.has("doubles") ? "doubles" : "intent", told };

const search = h("input", { type: "search", "aria-label": I.search, placeholder: I.search, on: { input: () => drawList() } });
const sort = h("select", { "aria-label": I.sort, on: { change: () => drawList() } }, Object.entries(I.sorts).map(([value, text]) => h("option", { value, text })));
const summary = h("p", { class: "mute", role: "status" });
const list = h("ul", { class: "intents", "aria-label": I.list });
const right = h("section", { id: "intent" });
fill(main,
  h("div", { class: "row head" }, h("h1", { text: I.title }), h("span", { class: "grow" }),
    button(I.create, () => make(), "primary"), button(I.doubles, () => open({ view: "doubles" })), button(I.import, () => bring()), button(I.export, () => give())),
  h("p", { class: "intro mute", text: I.why }),
  h("div", { class: "sides" }, h("section", { id: "list", "aria-label": I.list }, h("div", { class: "row tools" }, search, sort), summary, list), right));
const shown = detail(ctx, page, { refresh, open, moved: held(moved) });
const listed = newest();
// Which intents there are is known before one is made or a table is brought in: the buttons are seen earlier.
const begun = refresh();
const make = once(makeOne);

ctx.keys.bind("/", I.keys.search, () => search.focus());
ctx.keys.bind("n", I.keys.create, () => void make());
ctx.keys.bind("j", I.keys.next, () => step(1));
ctx.keys.bind("k", I.keys.previous, () => step(-1));
ctx.keys.bind("a", I.keys.add, () => shown.typeHere());
addEventListener("popstate", once(back));
addEventListener("beforeunload", (event) => {
  if (shown.pending()) event.preventDefault();
});
await begun;
await draw();
document.body.dataset.ready = "yes";

// Reads the intents anew.
async function refresh() {
  await listed("", () => ctx.api.get("/studio/intents"), (found) => Object.assign(page, found), (problem) => ctx.toast(told(problem), { kind: "bad" }));
  drawList();
}

// Shows another intent or view; asks first when something was typed and not saved. Resolves to whether it went.
async function open(changes, remember = true) {
  if (!(await mayLeave())) return false;
  Object.assign(page, { view: "intent", ...changes });
  if (remember) history.pushState(null, "", address());
  drawList();
  await draw();
  return true;
}

// The browser's own keys have gone already: who stays with what is not saved has its address again.
async function back() {
  if (!(await mayLeave())) {
    history.pushState(null, "", address());
    return;
  }
  const said = new URLSearchParams(location.search);
  await open({ chosen: said.get("intent"), view: said.has("doubles") ? "doubles" : "intent" }, false);
}

// The address of what is shown.
function address() {
  return location.pathname + (page.view === "doubles" ? "?doubles" : page.chosen ? `?intent=${encodeURIComponent(page.chosen)}` : "");
}

// An intent got another name, went into another one, or is gone: what is shown follows.
async function moved(intent) {
  page.chosen = intent;
  history.replaceState(null, "", location.pathname + (intent ? `?intent=${encodeURIComponent(intent)}` : ""));
  await refresh();
  await draw();
}

async function mayLeave() {
  const left = shown.pending();
  if (!left) return true;
  const one = page.intents.find((each) => each.intent === page.chosen);
  const said = await ctx.ask(I.leave, say(I.leave_why, { name: one?.name || page.chosen, n: left }), [{ name: "stay", label: I.stay, kind: "primary" }, { name: "go", label: I.go, kind: "bad" }]);
  if (said === "go") shown.forget();
  return said === "go";
}

async function draw() {
  document.body.dataset.shown = page.view === "doubles" || page.chosen ? "intent" : "list";
  if (page.view === "doubles") await doubles(ctx, right, page, { refresh, back: () => open({ chosen: null }) });
  else await shown.draw(right);
}

function rows() {
  const words = search.value.trim().toLowerCase();
  const found = page.intents.filter((one) => !words || one.name.toLowerCase().includes(words) || one.intent.includes(words) || one.group.includes(words));
  const by = {
    accuracy: (one) => one.accuracy ?? 2,
    examples: (one) => one.examples,
    conflicts: (one) => -one.conflicts,
  }[sort.value];
  return by ? [...found].sort((one, other) => by(one) - by(other)) : found;
}

function drawList() {
  const held = list.contains(document.activeElement) ? document.activeElement.dataset.intent : null;
  summary.textContent = `${say(I.summary, { intents: page.intents.length, examples: page.examples ?? 0, held_out: page.held_out ?? 0 })}。${page.release ? say(I.figures_of, page) : I.no_figures}`;
  const found = rows();
  let group = null;
  const parts = [];
  for (const one of found) {
    if (sort.value === "domain" && one.group !== group) {
      group = one.group;
      if (group) parts.push(h("li", { class: "group", text: group }));
    }
    parts.push(item(one));
  }
  fill(list, parts.length ? parts : h("li", { class: "none", text: I.none }));
  if (held) list.querySelector(`[data-intent="${CSS.escape(held)}"]`)?.focus();
}

function item(one) {
  const tags = [
    one.conflicts ? h("span", { class: "tag bad", text: say(I.conflicts, { n: one.conflicts }) }) : null,
    one.known ? null : h("span", { class: "tag bad", text: I.unknown }),
    one.few && one.known && one.examples ? h("span", { class: "tag warn", text: I.few }) : null,
    one.accuracy === null ? null : h("span", { class: `tag ${one.accuracy < 0.8 ? "bad" : one.accuracy < 0.9 ? "warn" : "good"}`, text: percent(one.accuracy), title: say(I.accuracy_label, { share: percent(one.accuracy) }) }),
  ];
  return h("li", {}, h("button", { type: "button", "data-intent": one.intent, "aria-current": one.intent === page.chosen && page.view === "intent" ? "true" : null, on: { click: () => open({ chosen: one.intent }) } },
    h("span", { class: "name" }, one.name, h("span", { class: "id", text: one.intent })), h("span", { class: "tags" }, tags), h("span", { class: "mute count", text: say(I.count, one) })));
}

function step(by) {
  const found = rows();
  const at = found.findIndex((one) => one.intent === page.chosen);
  const next = found[at < 0 ? 0 : Math.max(0, Math.min(found.length - 1, at + by))];
  if (next) void open({ chosen: next.intent }).then(() => list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }));
}

async function makeOne() {
  await begun;
  if (!(await mayLeave())) return;
  const made = await create(ctx, page);
  if (made) await moved(made);
}

async function bring() {
  await begun;
  if (!(await mayLeave())) return;
  if (await importer(ctx, page)) await moved(page.chosen);
}

async function give() {
  const one = page.view === "intent" ? page.intents.find((each) => each.intent === page.chosen) : null;
  const form = await ctx.ask(I.export, say(I.export_which, { what: one ? `「${one.name}」` : I.all_intents }), [
    { name: "xlsx", label: "Excel", kind: "primary" },
    { name: "csv", label: "CSV" },
    { name: "no", label: W.frame.cancel },
  ]);
  if (form !== "xlsx" && form !== "csv") return;
  const query = new URLSearchParams({ form, ...(one ? { intent: one.intent } : {}) });
  h("a", { href: `/api/v1/staff/studio/examples/files/export?${query}`, download: "" }).click();
}
