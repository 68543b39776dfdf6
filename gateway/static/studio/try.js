// The try-out pane: a talk in the dark with the live release or a candidate, with the trace of every answer. Usable beside every editor:
// mountTry(host, ctx, {release}) draws it there. On the page /studio/try this module also starts the page itself (try_page.js).
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { composing } from "../desk/keys.js";
import { say } from "../desk/words.js";
import { traceView } from "./trace.js";
import { T } from "./words_try.js";

const AT_ONCE = 10;
const LOOK = 2_000;
const TURNS = "xiaoer.studio.turns";
const SHEET = "/static/studio/try.css";
let made = 0;

export const told = (problem) => T.problems[problem?.kind] || wrong(problem);

// A talk that keeps what was said, so that it can be said again when the engine has forgotten it.
class Talk {
  constructor(ctx) {
    this.ctx = ctx;
    this.begin({});
  }

  begin(about) {
    this.name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    this.about = { ...this.about, ...about };
    this.lines = [];
    this.turns = [];
  }

  // Says one line ({text} or {payload}); resolves to {turn, again}: `again` when everything had to be said once more. Null: another talk was
  // begun meanwhile, and this answer is none of it.
  async say(line) {
    const { name } = this;
    try {
      const [turn] = await this._ask([line], this.lines.length);
      if (name !== this.name) return null;
      this.lines.push(line);
      this.turns.push(turn);
      return { turn, again: false };
    } catch (problem) {
      if (problem.kind !== "try-lost") throw problem;
    }
    const lines = [...this.lines, line];
    const turns = [];
    for (let at = 0; at < lines.length && name === this.name; at += AT_ONCE) turns.push(...(await this._ask(lines.slice(at, at + AT_ONCE), at)));
    if (name !== this.name) return null;
    this.lines = lines;
    this.turns = turns;
    return { turn: turns.at(-1), again: true };
  }

  async _ask(lines, said) {
    const { release, customer, product } = this.about;
    const plain = lines.map(({ text, payload }) => (payload ? { payload } : { text }));
    const found = await this.ctx.api.post("/studio/try", { talk: this.name, release, said, lines: plain, customer: customer || null, product: product || null });
    this.model = found.model;
    return found.turns;
  }
}

// Draws the pane into `host`. Options: `release` ("live" or "candidate"), `text`: said at once, `onTurn(turn, talk)`: after every answer.
// Returns {say(text), restart(), talk}.
export function mountTry(host, ctx, { release = "live", text = "", onTurn = null } = {}) {
  if (!document.querySelector(`link[href="${SHEET}"]`)) document.head.append(h("link", { rel: "stylesheet", href: SHEET }));
  const number = ++made;
  const talk = new Talk(ctx);
  talk.begin({ release, customer: "", product: "" });
  const titles = new Map();
  // The talk in which an answer is waited for.
  let speaking = null;
  const log = h("div", { class: "try-log", role: "log", "aria-label": T.log, tabindex: "0" });
  const field = h("textarea", { class: "try-say", rows: "1", maxlength: "1000", "aria-label": T.say, placeholder: T.empty });
  const send = h("button", { type: "submit", class: "primary", text: T.send });
  const form = h("form", { class: "row try-form", on: { submit: (event) => { event.preventDefault(); void typed(); } } }, field, send);
  const choose = (label, name, options) => {
    const select = h("select", { name, on: { change: () => changed(name, select.value) } }, options);
    return h("label", {}, h("span", { text: label }), select);
  };
  const releases = choose(T.release, "release", [h("option", { value: "live", text: T.live })]);
  const customers = choose(T.who, "customer", [h("option", { value: "", text: T.nobody })]);
  const products = choose(T.product, "product", [h("option", { value: "", text: T.no_product })]);
  const story = h("button", { type: "button", text: T.story, hidden: true, on: { click: keep } });
  const note = h("p", { class: "mute", role: "status" });
  const pane = h("section", { class: "try", "aria-labelledby": `try-${number}` },
    h("div", { class: "row" }, h("h2", { id: `try-${number}`, text: T.pane }), h("span", { class: "grow" }), story, h("button", { type: "button", text: T.restart, on: { click: restart } })),
    h("div", { class: "row try-about" }, releases, customers, products),
    log, note, form);
  fill(host, pane);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
    event.preventDefault();
    void typed();
  });
  const loaded = who();
  const ready = loaded.then(() => (text ? speak({ text }, text) : null));

  // Who one may be and which releases answer.
  async function who() {
    let found;
    try {
      found = await ctx.api.get("/studio/try/who");
    } catch (problem) {
      note.textContent = told(problem);
      return;
    }
    for (const [intent, name] of Object.entries(found.intents)) titles.set(intent, name);
    const selected = talk.about;
    fill(customers.lastChild, h("option", { value: "", text: T.nobody }), found.customers.map((one) => h("option", { value: one.id, text: say(T.customer, one) })));
    fill(products.lastChild, h("option", { value: "", text: T.no_product }), found.products.map((one) => h("option", { value: one.id, text: one.name })));
    const running = found.candidate?.id;
    fill(releases.lastChild, h("option", { value: "live", text: T.live }),
      running ? h("option", { value: "candidate", text: say(T.candidate, { id: running }) }) : null,
      found.startable.filter((one) => one.id !== running).map((one) => h("option", { value: `start:${one.id}`, text: say(T.start, one) })));
    if (selected.release === "candidate" && !running) talk.begin({ release: "live" });
    for (const [select, value] of [[releases, selected.release], [customers, selected.customer], [products, selected.product]]) select.lastChild.value = value;
    customers.hidden = !found.customers.length;
  }

  async function changed(name, value) {
    if (name === "release" && value.startsWith("start:")) return start(value.slice(6));
    anew({ [name]: value });
  }

  // Another talk. What was asked in the one before keeps nobody waiting.
  function anew(about) {
    talk.begin(about);
    idle();
    draw();
  }

  function idle() {
    speaking = null;
    form.removeAttribute("aria-busy");
    send.disabled = false;
  }

  // Starts a trained release beside the live one; the launcher says how far it is.
  async function start(id) {
    releases.lastChild.disabled = true;
    note.textContent = T.starting;
    try {
      const { request } = await ctx.api.post(`/studio/models/${id}/try`, { reason: T.title });
      for (;;) {
        const answer = await ctx.api.get(`/studio/models/requests/${request}`);
        if (answer.state === "failed") throw new Error(answer.detail);
        if (answer.state === "done") break;
        await new Promise((done) => setTimeout(done, LOOK));
      }
      anew({ release: "candidate" });
      note.textContent = T.started;
    } catch (problem) {
      note.textContent = say(T.start_failed, { detail: problem.kind ? told(problem) : problem.message });
    }
    releases.lastChild.disabled = false;
    await who();
    draw();
  }

  async function typed() {
    const said = field.value.trim();
    if (!said || speaking) return;
    field.value = "";
    if (!(await speak({ text: said }, said))) field.value = said;
    field.focus();
  }

  // True when it was answered. `shown`: what the shopper is seen to say. One line at a time: the next one answers this answer.
  async function speak(line, shown) {
    if (speaking) return false;
    const { name } = talk;
    speaking = name;
    form.setAttribute("aria-busy", "true");
    send.disabled = true;
    try {
      const [answer] = await Promise.all([talk.say({ ...line }), loaded]);
      if (!answer || name !== talk.name) return true;
      const { turn, again } = answer;
      talk.lines.at(-1).shown = shown;
      if (again) {
        ctx.toast(T.lost, { kind: "warn" });
        draw();
      } else drawTurn(talk.lines.length - 1);
      note.textContent = talk.model ? say(T.model, { model: talk.model }) : "";
      story.hidden = !document.querySelector("#nav a[href='/studio/stories']");
      onTurn?.(turn, talk);
      return true;
    } catch (problem) {
      // What went wrong in a talk that was left is nobody's matter.
      if (name !== talk.name) return true;
      note.textContent = told(problem);
      return false;
    } finally {
      if (speaking === name) idle();
    }
  }

  function draw() {
    fill(log);
    for (const place of talk.lines.keys()) drawTurn(place);
    story.hidden = !talk.lines.length;
  }

  function drawTurn(place) {
    const turn = talk.turns[place];
    const line = talk.lines[place];
    log.append(h("div", { class: "said shopper" }, h("span", { class: "hidden-text", text: T.you }), line.shown || line.text || line.payload));
    const replies = turn.replies.length ? turn.replies : [{ text: T.nothing, buttons: [] }];
    for (const reply of replies)
      log.append(h("div", { class: "said bot" }, h("span", { class: "hidden-text", text: T.bot }),
        h("span", { class: "words", text: reply.text || "" }),
        reply.card?.hand_over ? h("span", { class: "tag warn", text: T.handed }) : null,
        reply.buttons?.length ? h("span", { class: "row" }, reply.buttons.map((button) =>
          h("button", { type: "button", text: button.title, on: { click: () => void speak({ payload: button.payload }, button.title) } }))) : null));
    log.append(h("div", { class: "why" }, traceView(turn, titles)));
    log.scrollTop = log.scrollHeight;
  }

  function restart() {
    anew({});
    note.textContent = "";
    field.focus();
  }

  // Hands the turns to the editor of stories.
  function keep() {
    const turns = talk.turns.map((turn, place) => ({
      text: talk.lines[place].text || null,
      intents: turn.wishes.map((one) => one.intent),
      entities: turn.wishes.flatMap((one) => one.entities),
      actions: turn.wishes.flatMap((one) => one.actions),
      state: turn.state,
    }));
    try {
      sessionStorage.setItem(TURNS, JSON.stringify(turns));
      location.assign("/studio/stories?from=turns");
    } catch (problem) {
      ctx.toast(String(problem.message || problem), { kind: "bad" });
    }
  }

  return { say: (words) => speak({ text: words }, words), restart, talk, ready };
}

if (document.body.dataset.page === "try") void import("./try_page.js");
