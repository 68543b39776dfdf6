// The floor, live: who is there with how many talks, who waits how long, and one talk read along; a lead steps in with one press.
import { ServerClock, grade, spoken } from "./clock.js";
import { fill, h } from "./dom.js";
import { begin, failure, wrong } from "./frame.js";
import { drawWords, intentNames } from "./reading.js";
import { called } from "./rows.js";
import { newest, once } from "./turns.js";
import { say, W } from "./words.js";

const T = W.watch;
const BOXES = ["waiting", "agents", "bot"];
const SOON = 1_000;
// What changes a line of the floor, and what changes the talk that is read.
const OF_FLOOR = ["message", "owner", "assigned", "presence", "erased"];
const OF_TALK = ["message", "owner", "note", "receipt"];

const ctx = await begin("watch");
const main = document.getElementById("main");
const clock = new ServerClock();
const clocks = [];
let floor = null;
let intents = new Map();
let open = new URLSearchParams(location.search).get("talk");
let view = null;
const walked = newest({ again: true });
const readAlong = newest({ again: true });
const note = once(whisper);
const takeOver = once(stepIn);
let due = null;
let dueTalk = null;
let typing = null;

const cards = h("ul", { class: "floor", "aria-label": T.staff });
const boxes = h("div", { class: "boxes", tabindex: "0", role: "region", "aria-label": T.talks });
const words = h("ol", { class: "words", tabindex: "0", "aria-label": T.reading });
const title = h("h2", { class: "grow" });
const state = h("span", { class: "mute", role: "status" });
const step = h("button", { type: "button", class: "primary", text: T.step_in, on: { click: () => void takeOver() } });
const say_note = h("textarea", { rows: "2", maxlength: "2000", "aria-label": T.note, placeholder: T.note });
const reading = h("section", { class: "reading", hidden: true, "aria-label": T.reading },
  h("div", { class: "row bar" }, title, state, step), words,
  h("form", { class: "row", on: { submit: (event) => { event.preventDefault(); void note(); } } }, h("div", { class: "grow" }, say_note), h("button", { type: "submit", text: T.send_note })));
fill(main, h("h1", { text: T.title }), cards, boxes, reading);

ctx.keys.bind("alt+j", T.next, () => move(1));
ctx.keys.bind("alt+k", T.previous, () => move(-1));
ctx.keys.bind("alt+i", T.step_in, () => void takeOver());
ctx.on("frame", (frame) => {
  // A new event changes a line of the floor; many at once are one reading.
  if (OF_FLOOR.includes(frame.type)) due ??= setTimeout(() => { due = null; void read(); }, SOON);
  if (frame.talk !== open) return;
  if (frame.type === "typing") typed(frame);
  else if (frame.type === "erased") close();
  else if (OF_TALK.includes(frame.type)) dueTalk ??= setTimeout(() => { dueTalk = null; void readTalk(); }, 150);
});
ctx.on("caught-up", () => { void read(); void readTalk(); });
setInterval(tick, 1_000);
intents = await intentNames(ctx);
await read();
if (open) await readTalk();

function read() {
  return walked("", () => ctx.api.get("/watch"), (found) => {
    floor = found;
    clock.heard(floor.now);
    draw();
  }, (problem) => {
    ctx.toast(wrong(problem), { kind: "bad" });
    if (!floor) fill(boxes, failure(problem, read));
  });
}

function names() {
  return new Map([...intents, ...(floor?.staff || []).map((one) => [one.id, `${one.name} ${one.number}`])]);
}

function waits(since) {
  const node = h("span", { class: "clock" });
  if (since) clocks.push([node, since]);
  return node;
}

function tick() {
  for (const [node, since] of clocks) {
    const seconds = clock.seconds(since);
    node.textContent = say(T.waits, { time: spoken(seconds) });
    node.className = `clock ${grade(seconds)}`;
  }
}

function draw() {
  const focused = document.activeElement?.dataset?.talk;
  clocks.length = 0;
  fill(cards, floor.staff.map((one) =>
    h("li", { class: `${one.presence}${one.load >= one.capacity && one.capacity ? " full" : ""}`, "data-member": one.id },
      h("strong", { text: `${one.name} ${one.number}` }),
      h("div", { text: say(T.load, { load: one.load, capacity: one.capacity }) }),
      h("div", { class: "mute" }, W.frame.presence[one.presence], one.presence === "online" && !one.at_desk ? `（${T.no_page}）` : "", " ", waits(one.waits)))));
  const who = names();
  const line = (one) =>
    h("li", {}, h("button", { type: "button", "data-talk": one.id, "aria-pressed": String(one.id === open), on: { click: () => show(one.id) } },
      h("span", {}, h("strong", { text: called(one) }), " ", h("span", { class: "mute", text: one.box === "agents" ? who.get(one.owner.slice(6)) || "" : "" }), one.intent_name ? [" ", h("span", { class: "tag", text: one.intent_name })] : null),
      waits(one.waiting_since),
      h("span", { class: "last", text: `${W.reading.from[one.last_from] || ""}：${one.last_text || W.reading.card}` })));
  fill(boxes, BOXES.map((box) => {
    const list = floor.talks.filter((one) => one.box === box);
    return [h("h2", { text: say(T.boxes[box], { n: list.length }) }), list.length ? h("ul", { class: "talks" }, list.map(line)) : h("p", { class: "mute row", text: T.empty })];
  }));
  if (focused) boxes.querySelector(`[data-talk="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  tick();
}

function show(id) {
  if (id !== open) {
    open = id;
    view = null;
    fill(words);
    state.textContent = "";
  }
  history.replaceState(null, "", `?talk=${encodeURIComponent(id)}`);
  draw();
  void readTalk();
}

function move(by) {
  if (!floor) return;
  const ids = BOXES.flatMap((box) => floor.talks.filter((one) => one.box === box).map((one) => one.id));
  if (!ids.length) return;
  const place = ids.indexOf(open);
  show(ids[place < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, place + by))]);
}

async function readTalk() {
  if (!open) return;
  await readAlong(open, (id) => ctx.api.get(`/talks/${encodeURIComponent(id)}`), (found) => {
    const { id } = found;
    view = found;
    reading.hidden = false;
    const mine = view.owner === `agent:${ctx.me.id}`;
    step.textContent = mine ? T.to_desk : T.step_in;
    const owner = view.owner.startsWith("agent:") ? names().get(view.owner.slice(6)) || "" : T.owners[view.owner];
    title.textContent = say(T.talk_of, { who: called({ id, customer: floor?.talks.find((one) => one.id === id)?.customer }), owner });
    drawWords(words, view, names());
  }, (problem) => {
    if (problem.status === 404) close();
    else ctx.toast(wrong(problem), { kind: "bad" });
  });
}

function typed(frame) {
  clearTimeout(typing);
  state.textContent = frame.on === false ? "" : frame.from === "shopper" ? T.shopper_types : T.agent_types;
  typing = setTimeout(() => { state.textContent = ""; }, 4_000);
}

function close() {
  readAlong.drop();
  open = view = null;
  reading.hidden = true;
  history.replaceState(null, "", location.pathname);
  if (floor) draw();
}

// The talk becomes the lead's own; it is answered at the desk.
async function stepIn() {
  if (!view) return;
  const id = view.id;
  if (view.owner !== `agent:${ctx.me.id}`) {
    if (view.owner.startsWith("agent:") && (await ctx.ask(T.step_in, T.step_in_why, [{ name: "yes", label: T.step_in, kind: "primary" }, { name: "no", label: W.frame.cancel }])) !== "yes") return;
    try {
      await ctx.api.post(`/talks/${encodeURIComponent(id)}/take`);
    } catch (problem) {
      ctx.toast(wrong(problem), { kind: "bad" });
      return;
    }
  }
  location.assign(`/desk?talk=${encodeURIComponent(id)}`);
}

async function whisper() {
  const text = say_note.value.trim();
  if (!text || !view) return;
  try {
    await ctx.api.post(`/talks/${encodeURIComponent(view.id)}/notes`, { text });
    // What was written meanwhile, perhaps for another talk, is another note.
    if (say_note.value.trim() === text) say_note.value = "";
    void readTalk();
  } catch (problem) {
    // The words stay in the field.
    ctx.toast(wrong(problem), { kind: "bad" });
  }
}
