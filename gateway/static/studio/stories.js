// Stories and rules: the list on the left; on the right one of them as a talk that is edited, as a flow, and with what contradicts it.
import { fill, h, typed } from "../desk/dom.js";
import { begin, failure, wrong } from "../desk/frame.js";
import { held, newest, once } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { save } from "./save.js";
import { offers } from "./story_editor.js";
import { showFlow, showClashes, showStory } from "./story_view.js";
import { address, inWords, Names } from "./story_steps.js";
import { T } from "./words_stories.js";

const STEP = 50;
const WAIT = 200;
const ctx = await begin("stories", { area: "studio", live: false });
const main = document.getElementById("main");
const shown = { q: "", kind: "", path: "", found: false, limit: STEP };
let found = { total: 0, stories: [], files: [], kinds: {}, contradictions: 0 };
let names = null;
let detail = null;
// The address of what is shown.
let here = location.href;
const listed = newest();
const routed = newest();

// What a shown talk may ask of the page.
const tools = {
  go,
  // A copy, e.g. a test of a story; `instead`: of one that was never saved, which it takes the place of.
  again: async (story, sort, name, instead = false) => {
    if (!instead && !(await left())) return;
    routed.drop();
    right.inert = false;
    history.pushState(null, "", `${location.pathname}?${new URLSearchParams({ make: sort })}`);
    here = location.href;
    const copied = fresh(sort, structuredClone(story.steps), name);
    Object.assign(copied.story, sort === story.kind ? { condition: story.condition, wait_for_user_input: story.wait_for_user_input, conversation_start: story.conversation_start } : {});
    detail = showStory(ctx, right, names, copied, tools);
    mark();
  },
  // Saves proposed edits; goes on with the talk as it is then, or with none.
  save: held(async (edits, options, next) => {
    const commit = await save(ctx, edits, options);
    if (!commit) return false;
    detail = null;
    names.parts.files = (await ctx.api.get("/studio/stories/parts")).files;
    history.replaceState(null, "", next ? address(next) : location.pathname);
    await read();
    await route();
    return true;
  }),
};

const search = h("input", { type: "search", "aria-label": T.search, placeholder: T.search, maxlength: "100" });
typed(search, WAIT, () => show({ q: search.value.trim() }));
const kind = h("select", { "aria-label": T.kind, on: { change: () => show({ kind: kind.value }) } });
const file = h("select", { "aria-label": T.file, on: { change: () => show({ path: file.value }) } });
const only = h("input", { type: "checkbox", on: { change: () => show({ found: only.checked }) } });
const total = h("p", { class: "mute", role: "status" });
const list = h("ul", { class: "talks", "aria-label": T.list });
const more = h("button", { type: "button", hidden: true, on: { click: () => show({ limit: shown.limit + STEP }) } });
const clashes = h("button", { type: "button", class: "bad", hidden: true, on: { click: () => go({ view: "clashes" }) } });
const flows = h("select", { "aria-label": T.draw_intent, on: { change: () => { const intent = flows.value; flows.value = ""; if (intent) void go({ intent }); } } });
const right = h("section", { id: "detail", "aria-label": T.title }, h("p", { class: "mute", text: T.choose }));
const makers = ["rule", "story", "test"].map((one) => h("button", { type: "button", text: T.make[one], on: { click: () => go({ make: one }) } }));

fill(main, h("h1", { text: T.title }), h("p", { class: "intro mute", text: T.why }),
  h("div", { class: "row tools" }, makers, ctx.lead ? h("button", { type: "button", text: T.from_talk, on: { click: fromTalk } }) : null, flows, clashes),
  h("div", { class: "stories" },
    h("section", { class: "side", "aria-label": T.list }, search, h("div", { class: "row" }, kind, file), h("label", { class: "tick" }, only, T.only_found), total, list, more),
    right));
ctx.keys.bind("/", T.keys.search, () => search.focus());
ctx.keys.bind("j", T.keys.next, () => step(1));
ctx.keys.bind("k", T.keys.previous, () => step(-1));
ctx.keys.bind("ctrl+s", T.keys.save, () => void detail?.save?.(), { typing: true });
ctx.keys.bind("alt+arrowup", T.keys.up, () => detail?.move?.(-1), { typing: true });
ctx.keys.bind("alt+arrowdown", T.keys.down, () => detail?.move?.(1), { typing: true });
addEventListener("beforeunload", (event) => detail?.dirty?.() && event.preventDefault());
addEventListener("popstate", once(back));

try {
  names = new Names(await ctx.api.get("/studio/stories/parts"));
  main.append(offers(names));
  const { intents } = await ctx.api.get("/studio/stories/intents");
  fill(flows, h("option", { value: "", text: T.draw_intent }), intents.map((one) => h("option", { value: one.name, text: `${one.title}（${one.n}）` })));
  await read();
  await route();
} catch (problem) {
  fill(right, failure(problem));
}
document.body.dataset.ready = "yes";

async function show(changes) {
  Object.assign(shown, { limit: STEP }, changes);
  await read().catch(refused);
}

// Before the parts are known nothing can be said in words: then what was chosen is read with them.
async function read() {
  if (!names) return;
  await listed({ q: shown.q, kind: shown.kind, path: shown.path, found: shown.found || null, limit: Math.min(shown.limit, 200) }, (wanted) => ctx.api.get("/studio/stories", wanted), (answer) => {
    found = answer;
    draw();
  });
}

function draw() {
  const all = Object.values(found.kinds).reduce((sum, n) => sum + n, 0);
  fill(kind, ["", "rule", "story", "test"].map((one) => h("option", { value: one, text: `${T.kinds[one]}（${one ? found.kinds[one] : all}）` })));
  kind.value = shown.kind;
  fill(file, h("option", { value: "", text: T.all_files }), found.files.map((one) => h("option", { value: one.path, text: `${one.path}（${one.n}）` })));
  file.value = shown.path;
  total.textContent = say(T.total, { n: found.total });
  fill(list, found.stories.length ? found.stories.map(row) : h("li", { class: "mute", text: T.none }));
  const rest = found.total - found.stories.length;
  more.hidden = rest <= 0 || found.stories.length >= 200;
  more.textContent = say(T.more, { n: Math.min(rest, STEP) });
  clashes.hidden = !found.contradictions;
  clashes.textContent = say(T.clash_button, { n: found.contradictions });
  mark();
}

function row(one) {
  const gist = one.steps.map((each) => inWords(each, names)).join(" → ");
  return h("li", { "data-key": one.key },
    h("a", { href: address(one), on: { click: (event) => { event.preventDefault(); void go(one); } } },
      h("span", { class: "name" }, h("span", { class: `tag ${one.kind}`, text: T.kinds[one.kind] }), " ", one.name),
      h("span", { class: "gist", text: gist }),
      one.error ? h("span", { class: "tag bad", text: say(T.errors, { n: one.error }) }) : null,
      one.warning ? h("span", { class: "tag warn", text: say(T.warnings, { n: one.warning }) }) : null));
}

// The chosen row stands out.
function mark() {
  const query = new URLSearchParams(location.search);
  for (const [at, one] of found.stories.entries()) {
    const chosen = one.path === query.get("path") && one.key === query.get("key");
    list.children[at]?.querySelector("a")?.setAttribute("aria-current", chosen ? "true" : "false");
  }
}

function step(by) {
  const at = found.stories.findIndex((one) => one.key === new URLSearchParams(location.search).get("key"));
  const next = found.stories[at < 0 ? 0 : at + by];
  if (!next) return false;
  void go(next).then(() => list.querySelector("a[aria-current=true]")?.focus());
}

// Whether what is open may be left.
async function left() {
  return !detail?.dirty?.() || (await ctx.ask(T.leave, say(T.leave_why, { name: detail.name() }), [{ name: "stay", label: T.stay, kind: "primary" }, { name: "leave", label: T.leave_yes, kind: "bad" }])) === "leave";
}

// Goes to a talk ({path, key}), a view ({view, intent}) or a new one ({make}); asks first when something is not saved.
async function go(where) {
  if (!(await left())) return;
  detail = null;
  const wanted = Object.fromEntries(["path", "key", "view", "intent", "make"].filter((name) => where[name]).map((name) => [name, where[name]]));
  history.pushState(null, "", `${location.pathname}?${new URLSearchParams(wanted)}`);
  await route();
}

// The browser's own keys have gone already: who stays with what is not saved has its address again.
async function back() {
  if (await left()) await route();
  else history.pushState(null, "", here);
}

// Shows what the address says. What stands there until that is read is left already: nothing is written into it any more.
async function route() {
  if (!names) return;
  here = location.href;
  mark();
  right.inert = true;
  await routed(location.search, asked, (draw) => {
    right.inert = false;
    detail = draw();
    if (location.search) right.scrollIntoView({ block: "nearest" });
  }, (problem) => {
    right.inert = false;
    if (problem.status === undefined) throw problem;
    fill(right, h("p", { class: "wrong", role: "alert", text: problem.status === 404 ? problem.body.detail || T.gone : wrong(problem) }));
  });
}

// Reads what an address wants. Resolves to what draws it.
async function asked(search) {
  const query = new URLSearchParams(search);
  const [view, intent, path, key, make] = ["view", "intent", "path", "key", "make"].map((name) => query.get(name) || "");
  const story = (told) => () => showStory(ctx, right, names, told, tools);
  if (view === "clashes") {
    const { contradictions } = await ctx.api.get("/studio/stories/contradictions");
    return () => showClashes(right, names, contradictions, go);
  }
  if (intent) {
    const flow = await ctx.api.get("/studio/stories/flow", { intent });
    return () => showFlow(right, names, intent, flow, go);
  }
  if (path && key) return story(await ctx.api.get("/studio/stories/one", { path, key }));
  if (["rule", "story", "test"].includes(make)) return story(fresh(make));
  if (query.get("talk") || query.get("inbox") || query.get("from") === "turns") return story(await made(query));
  return () => {
    fill(right, h("p", { class: "mute", text: T.choose }));
    return null;
  };
}

// A talk that is none yet.
function fresh(sort, steps = null, name = "", notes = []) {
  const begun = [{ kind: "shopper", wishes: [{ intent: "" }], either: false }, { kind: "bot", action: "" }];
  const story = { path: shown.path && names.parts.files[sort].includes(shown.path) ? shown.path : names.parts.files[sort][0], key: null, kind: sort, name, steps: steps || begun, condition: [], wait_for_user_input: true, conversation_start: false };
  return { story, base: null, findings: [], contradictions: [], notes, changed: Boolean(steps) };
}

// A real talk, a message of the inbox or what was tried out, made into a story that still has to be named and saved.
async function made(query) {
  let answer;
  let from = "talk";
  if (query.get("talk")) answer = await ctx.api.post("/studio/stories/from-talk", { talk_id: query.get("talk"), message_id: query.get("message") || null });
  else if (query.get("inbox")) {
    from = "inbox";
    answer = await ctx.api.post("/studio/stories/from-inbox", { inbox_id: query.get("inbox") });
  } else {
    from = "try";
    const turns = JSON.parse(sessionStorage.getItem("xiaoer.studio.turns") || "[]");
    answer = await ctx.api.post("/studio/stories/from-turns", { turns });
  }
  const sort = query.get("as") === "test" ? "test" : "story";
  return fresh(sort, answer.steps, "", [T.made_from[from], T.made_name, ...answer.notes]);
}

async function fromTalk() {
  const field = h("input", { name: "talk", maxlength: "64", autocomplete: "off", spellcheck: "false" });
  const chosen = await ctx.ask(T.from_talk_ask, h("div", {}, h("p", { text: T.from_talk_why }), h("label", {}, h("span", { text: T.from_talk_label }), field)), [
    { name: "story", label: T.make.story, kind: "primary" }, { name: "test", label: T.make.test }, { name: "cancel", label: T.cancel }]);
  if (!["story", "test"].includes(chosen) || !field.value.trim()) return;
  history.pushState(null, "", `${location.pathname}?${new URLSearchParams({ talk: field.value.trim(), as: chosen })}`);
  await route();
}

function refused(problem) {
  ctx.toast(wrong(problem), { kind: "bad" });
}
