// The queue of what a person has to decide: sums above somebody's authority, with ticket, shopper and order beside each.
import { $, fill, h } from "./dom.js";
import { decide } from "./decide.js";
import { form, moment } from "./forms.js";
import { begin, wrong } from "./frame.js";
import { newest } from "./turns.js";
import { say, W } from "./words.js";

const A = W.approvals;
// The bot asks from another process: besides what the live line says the queue is read so often.
const AGAIN = 20_000;

const ctx = await begin("approvals");
const list = h("div", { id: "queue", "aria-live": "off" });
const count = h("p", { class: "mute", role: "status" });
const tabs = ["open", "decided"].map((state) => h("button", { type: "button", "data-state": state, text: A.tabs[state], on: { click: () => show(state) } }));
fill($("#main"), h("h1", { text: W.frame.pages.approvals }), h("p", { class: "mute", text: ctx.lead ? A.intro_lead : A.intro_agent }), h("div", { class: "row", role: "group", "aria-label": A.tabs_label }, tabs), count, list);

let state = "open";
const listed = newest({ again: true });
let people = new Map();

ctx.keys.bind("j", A.keys.next, () => step(1));
ctx.keys.bind("k", A.keys.previous, () => step(-1));
ctx.keys.bind("y", A.keys.grant, () => press("grant"));
ctx.keys.bind("n", A.keys.refuse, () => press("refuse"));
ctx.on("frame", (frame) => frame.type === "side" && void read());
ctx.on("caught-up", () => void read());
setInterval(() => document.visibilityState === "visible" && void read(), AGAIN);
void ctx.api.get("/members").then(({ staff }) => {
  people = new Map(staff.map((one) => [one.id, one.number]));
  void read();
}).catch(() => {});
show("open");

function show(wanted) {
  state = wanted;
  for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.state === state));
  fill(list);
  void read();
}

async function read() {
  await listed({ state }, (wanted) => ctx.api.get("/approvals", wanted), ({ approvals }) => draw(approvals), (problem) => fill(count, h("span", { class: "bad", text: wrong(problem) })));
}

function draw(approvals) {
  const focus = document.activeElement?.closest("[data-approval]")?.dataset.approval;
  const name = document.activeElement?.dataset.do;
  count.textContent = approvals.length ? say(A.count[state], { number: approvals.length }) : A.none[state];
  fill(list, approvals.map(card));
  if (!focus) return;
  const again = card_of(focus);
  (again?.querySelector(`[data-do="${name}"]`) || again)?.focus();
}

const card_of = (id) => [...list.children].find((one) => one.dataset.approval === id);
const who = (id) => (id === "bot" ? W.side.bot : say(W.side.number, { number: people.get(id) || "?" }));

function card(one) {
  const button = (decision, kind) => h("button", { type: "button", class: kind, "data-do": decision, text: A[decision], on: { click: () => void act(one, decision) } });
  const facts = [
    one.customer ? [A.customer, one.customer] : null,
    one.order ? [A.order, `${one.order.product} ${one.order.variant} · ¥${one.order.paid} · ${one.order.state_word} · ${one.order.id}`] : null,
    [A.ticket, `${one.ticket.word} ${one.ticket.id}`],
    one.ticket.text && one.ticket.text !== one.title ? [A.about, one.ticket.text] : null,
    one.why ? [A.why, one.why] : null,
    [A.asked, `${who(one.asked_by)} ${moment(one.asked_at)}`],
    one.state === "asked" && one.due_at ? [A.due, moment(one.due_at)] : null,
    one.decided_at ? [A.decided, `${who(one.decided_by)} ${moment(one.decided_at)}`] : null,
    one.reason ? [A.reason, one.reason] : null,
  ].filter(Boolean);
  return h(
    "article",
    { class: "card approval", tabindex: "-1", "data-approval": one.id, "aria-label": one.title },
    h("h2", {}, one.title, " ", one.late ? h("span", { class: "tag bad", text: A.late }) : null, one.state !== "asked" ? h("span", { class: `tag ${one.state === "granted" ? "good" : ""}`, text: A.states[one.state] }) : null),
    h("dl", {}, facts.map(([label, text]) => h("div", {}, h("dt", { text: label }), h("dd", { text })))),
    h("div", { class: "row" },
      one.may ? [button("grant", "primary"), button("refuse", "")] : null,
      one.state === "asked" && !one.may ? h("span", { class: "tag warn", text: W.forms.needs[one.need] || W.forms.needs.supervisor }) : null,
      one.talk ? h("a", { class: "button", href: `/desk?talk=${encodeURIComponent(one.talk)}`, text: A.open_talk }) : null,
    ),
  );
}

async function act(one, decision) {
  const went = await form(decide(ctx, one, decision));
  if (went) ctx.toast(decision === "grant" ? W.side.tickets.granted : W.side.tickets.refused);
  await read();
  if (went) (list.querySelector("article") || tabs[0]).focus();
}

// j and k walk from one to the next.
function step(by) {
  const all = [...list.children];
  if (!all.length) return false;
  const at = all.indexOf(document.activeElement?.closest("[data-approval]"));
  all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))].focus();
}

function press(decision) {
  const one = document.activeElement?.closest("[data-approval]");
  const button = one?.querySelector(`[data-do=${decision}]`);
  if (!button) return false;
  button.click();
}
