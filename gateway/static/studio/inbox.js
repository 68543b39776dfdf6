// The trainers' inbox: what shoppers said and the bot was not sure of, group by group, one key and Enter a message.
import { fill, h, typed } from "../desk/dom.js";
import { begin, wrong } from "../desk/frame.js";
import { newest, once } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { judgedList, testsList } from "./inbox_lists.js";
import { Station } from "./inbox_station.js";
import { createIntent, write } from "./inbox_saving.js";
import { I } from "./words_inbox.js";

const PAGE = 50;
const WAIT = 250;
const VIEWS = ["open", "labelled", "dropped", "tests"];
const DAYS = [1, 3, 7, 30];
// So many messages of a group are at hand at once, and so many are read by the model ahead of being shown.
const AT_HAND = 100;
const AHEAD = 6;

const ctx = await begin("inbox", { area: "studio", live: false });
const asked = new URLSearchParams(location.search);
const filter = { view: VIEWS.includes(asked.get("view")) ? asked.get("view") : "open", reason: asked.get("reason") || "", intent: asked.get("intent") || "", days: asked.get("days") || "", q: asked.get("q") || "", sort: asked.get("sort") || "size" };
// The groups that are listed, the one that is open with its messages, what the model reads in each, and what was judged in this sitting.
const page = { groups: [], total: 0, messages: 0, counts: {}, at: 0, of_group: [], place: 0, count: 0, ready: new Map(), done: [], choices: { wishes: [], entities: [] } };
const listed = newest();
const opened = newest();
const others = newest();

export function told(problem) {
  const found = problem?.body?.findings?.filter((one) => one.severity === "error");
  if (found?.length) return found.map((one) => `${one.what}。${one.remedy}`).join(" ");
  return I.problems[problem?.kind] || wrong(problem);
}
const bad = (problem) => ctx.toast(told(problem), { kind: "bad" });

const tabs = h("div", { class: "row tools", role: "group", "aria-label": I.view_label });
const select = (name, label, options, value) => h("label", {}, h("span", { text: label }), h("select", { name, value, on: { change: (event) => go({ [name]: event.target.value }) } }, options.map(([key, text]) => h("option", { value: key, text }))));
const intents = select("intent", I.intent, [["", I.any_intent]], "");
const search = h("input", { type: "search", "aria-label": I.search, placeholder: I.search, value: filter.q, maxlength: "100" });
const tools = h("div", { class: "row tools", role: "group", "aria-label": I.filters },
  select("reason", I.reason, Object.entries(I.reasons), filter.reason), intents,
  select("days", I.days, [["", I.all_days], ...DAYS.map((n) => [String(n), say(I.last_days, { n })])], filter.days),
  select("sort", I.sort, Object.entries(I.sorts), filter.sort), search);
const count = h("p", { class: "mute", role: "status" });
const list = h("ul", { class: "groups", "aria-label": I.groups });
const more = h("button", { type: "button", text: I.more, hidden: true, on: { click: () => void read(page.groups.length) } });
const card = h("section", { class: "card station", "aria-label": I.station });
const open = h("div", { class: "inbox" }, h("div", {}, count, list, more), card);
const other = h("div", { hidden: true });
fill(document.getElementById("main"), h("h1", { text: I.title }), h("p", { class: "intro mute", text: I.why }), tabs, tools, open, other);

const station = new Station(ctx, card, () => page.choices, { approve, drop, step, undo, create }, told);
ctx.keys.bind("u", I.keys.undo, () => void undo());
const saveAll = once(saveLabels);
ctx.keys.bind("s", I.keys.save, () => void saveAll());
typed(search, WAIT, () => go({ q: search.value.trim() }));

page.choices = await ctx.api.get("/studio/inbox/choices").catch((problem) => { bad(problem); return page.choices; });
await show();
document.body.dataset.ready = "yes";

async function go(changes) {
  Object.assign(filter, changes);
  const kept = Object.entries(filter).filter(([name, value]) => value && !(name === "view" && value === "open") && !(name === "sort" && value === "size"));
  history.replaceState(null, "", kept.length ? `?${new URLSearchParams(kept)}` : location.pathname);
  await show();
}

async function show() {
  const waiting = filter.view === "open";
  open.hidden = card.hidden = tools.hidden = !waiting;
  other.hidden = waiting;
  others.drop();
  if (waiting) await read(0);
  else await Promise.all([read(0, 1), (filter.view === "tests" ? testsList : judgedList)(ctx, other, filter.view, told, () => void show(), others)]);
}

function query() {
  return { reason: filter.reason, intent: filter.intent, days: filter.days, q: filter.q };
}

// Reads groups from `offset` on; from 0 the list is a new one and its first group is opened.
async function read(offset, limit = PAGE) {
  await listed({ ...query(), sort: filter.sort, limit, offset }, (wanted) => ctx.api.get("/studio/inbox", wanted), (found) => drawGroups(found, offset), bad);
}

async function drawGroups(found, offset) {
  const known = new Set(offset ? page.groups.map((one) => one.id) : []);
  Object.assign(page, { groups: [...(offset ? page.groups : []), ...found.groups.filter((one) => !known.has(one.id))], total: found.total, messages: found.messages, counts: found.counts });
  const chooser = intents.querySelector("select");
  fill(chooser, h("option", { value: "", text: I.any_intent }), found.intents.map((one) => h("option", { value: one.intent, text: say(I.with_count, { name: one.name || I.no_intent, n: one.count }) })));
  chooser.value = filter.intent;
  drawTabs();
  drawList();
  if (!offset && filter.view === "open") await openGroup(0);
}

function drawTabs() {
  const focused = document.activeElement?.dataset?.view;
  const number = { open: page.counts.open, labelled: page.counts.labelled, dropped: page.counts.dropped, tests: "" };
  fill(tabs, VIEWS.map((view) => h("button", { type: "button", "data-view": view, "aria-pressed": String(view === filter.view), text: say(I.count, { name: I.views[view], n: number[view] ?? "" }).trim(), on: { click: () => go({ view }) } })),
    h("span", { class: "grow" }),
    h("button", { type: "button", class: page.counts.mine ? "primary" : "", id: "write", on: { click: () => void saveAll() } }, say(I.save, { n: page.counts.mine ?? 0 }), " ", h("kbd", { text: "S" })));
  if (focused) tabs.querySelector(`[data-view="${focused}"]`)?.focus();
}

function drawList() {
  count.textContent = page.groups.length ? say(I.shown, { groups: page.total, messages: page.messages }) : Object.values(query()).some(Boolean) ? I.none : I.none_yet;
  more.hidden = page.groups.length >= page.total;
  fill(list, page.groups.map((one, place) => h("li", {}, h("button", { type: "button", "data-group": one.id, "aria-current": place === page.at ? "true" : null, on: { click: (event) => { event.currentTarget.blur(); void openGroup(place); } } },
    h("span", { text: one.first.text }), h("span", { class: "tag", text: String(one.count) }), h("span", { class: "mute", text: [...one.first.reasons.map((reason) => I.reasons[reason] || reason), one.first.name].filter(Boolean).join(" · ") })))));
}

// Opens a group of the list; past its end there is nothing more to do.
async function openGroup(place) {
  opened.drop();
  if (place >= page.groups.length && page.groups.length < page.total) await read(page.groups.length);
  page.at = Math.max(0, Math.min(place, page.groups.length - 1));
  for (const [at, one] of [...list.querySelectorAll("button")].entries()) one.toggleAttribute("aria-current", false) || (at === page.at && one.setAttribute("aria-current", "true"));
  const group = page.groups[page.at];
  if (!group || place >= page.groups.length) {
    Object.assign(page, { of_group: [], place: 0, count: 0 });
    station.show(null, null, {});
    return;
  }
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  page.of_group = [];
  await opened({ ...query(), limit: AT_HAND }, (wanted) => ctx.api.get(`/studio/inbox/groups/${encodeURIComponent(group.id)}`, wanted), async (found) => {
    if (page.groups[page.at] !== group) return;
    Object.assign(page, { of_group: found.messages, place: 0, count: found.total });
    if (found.messages.length) await showMessage();
    else {
      forget(group);
      await openGroup(page.at);
    }
  }, bad);
}

// A group with nothing left goes; which one is open stays, unless it was that one: then the next takes its place.
function forget(group) {
  const here = page.groups[page.at];
  if (!page.groups.includes(group)) return;
  page.groups = page.groups.filter((one) => one !== group);
  page.total = Math.max(0, page.total - 1);
  if (here !== group) page.at = Math.max(0, page.groups.indexOf(here));
  drawList();
}

async function showMessage() {
  const message = page.of_group[page.place];
  if (!page.ready.has(message.id)) await prepare([message, ...page.of_group.slice(page.place + 1, page.place + AHEAD)]);
  if (page.of_group[page.place] !== message || !page.ready.has(message.id)) return;
  station.show(message, page.ready.get(message.id), { at: page.place + 1, count: page.of_group.length });
  // What it is judged with is what it was shown of, also when another group is on its way.
  Object.assign(station.now, { group: page.groups[page.at], of_group: page.of_group });
  // What comes next is read by the model while this one is looked at.
  const next = page.of_group.slice(page.place + 1, page.place + AHEAD).concat(page.groups.slice(page.at + 1, page.at + 3).map((one) => one.first)).filter((one) => !page.ready.has(one.id));
  if (next.length) void prepare(next.slice(0, AHEAD));
}

async function prepare(messages) {
  const found = await ctx.api.post("/studio/inbox/read", { ids: [...new Set(messages.map((one) => one.id))] }).catch(bad);
  for (const one of found?.messages || []) page.ready.set(one.id, one);
}

async function step(by) {
  const place = page.place + by;
  if (place >= 0 && place < page.of_group.length) {
    page.place = place;
    await showMessage();
  } else await openGroup(page.at + by < 0 ? 0 : page.at + by);
}

async function approve(now, body) {
  await judge(now, "/studio/inbox/label", body, (n) => say(I.labelled, { name: now.wish.name, n: n > 1 ? say(I.more_same, { n }) : "" }));
}

async function drop(now, why) {
  await judge(now, "/studio/inbox/drop", { why }, (n) => say(I.dropped, { n }));
}

// Judges the message that is shown (or its whole group) and goes on to the next one.
async function judge(now, path, body, said) {
  if (now.sent) return;
  now.sent = true;
  const { of_group: here, group } = now;
  const ids = now.whole ? here.map((one) => one.id) : [now.message.id];
  try {
    const { ids: done, counts } = await ctx.api.post(path, { ids, ...body });
    page.done.push(done);
    page.counts = counts;
    ctx.toast(said(done.length));
    page.messages = Math.max(0, page.messages - done.length);
    const gone = new Set(done);
    if (page.groups[page.at] !== group) {
      // Somebody went on to another group meanwhile and stays there.
      group.count = Math.max(0, group.count - done.length);
      const rest = here.filter((one) => !gone.has(one.id));
      if (rest.length) group.first = rest[0];
      if (group.count) drawList();
      else forget(group);
      drawTabs();
      return;
    }
    const left = page.of_group.filter((one) => !gone.has(one.id));
    group.count = Math.max(left.length, group.count - (page.of_group.length - left.length));
    page.of_group = left;
    if (left.length) {
      group.first = left[0];
      drawList();
      page.place = Math.min(page.place, left.length - 1);
      drawTabs();
      await showMessage();
    } else {
      // More of it than were at hand are read now.
      if (!group.count) forget(group);
      drawTabs();
      await openGroup(page.at);
    }
  } catch (problem) {
    now.sent = false;
    bad(problem);
    if (problem.kind === "not-found") await read(0);
  }
}

async function undo() {
  const ids = page.done.pop();
  if (!ids) {
    ctx.toast(I.nothing_to_undo, { kind: "warn" });
    return;
  }
  try {
    await ctx.api.post("/studio/inbox/reopen", { ids: ids.slice(0, 200) });
    ctx.toast(I.undone);
    await show();
  } catch (problem) {
    page.done.push(ids);
    bad(problem);
  }
}

async function saveLabels() {
  const done = await write(ctx, told).catch(bad);
  if (!done) return;
  page.done = [];
  page.choices = await ctx.api.get("/studio/inbox/choices").catch(() => page.choices);
  if (filter.view === "open") {
    page.counts = { ...page.counts, mine: 0 };
    drawTabs();
  } else await show();
}

// A wish that nobody had yet; once it is saved it is chosen for the message that is shown.
async function create(name) {
  const { now } = station;
  const made = await createIntent(ctx, name, page.choices.wishes, station.now?.ready.guesses[0]?.intent || "").catch(bad);
  if (!made) return;
  page.choices = await ctx.api.get("/studio/inbox/choices").catch(() => page.choices);
  const wish = page.choices.wishes.find((one) => one.intent === made);
  if (wish && now && station.now === now) station._pick(wish);
}
