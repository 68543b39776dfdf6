// The shopper's tickets beside a talk: where each stands, what may happen next by the table (rules.md §19), approvals, returned goods.
import { h } from "./dom.js";
import { day, localIn, moment } from "./forms.js";
import { decide } from "./decide.js";
import { once } from "./turns.js";
import { say, W } from "./words.js";

const T = W.side.tickets;
// Shown at once; the others unfold.
const FIRST = ["solve", "reopen", "resume"];
const REASON = ["solve", "suspend", "reopen", "withdraw"];
const ENDS = ["solve", "confirm", "withdraw"];
// The parties that an open ticket may be waited on for.
const PARTIES = ["courier", "warehouse", "finance", "supervisor", "shopper"];

export class Tickets {
  constructor(side) {
    this.side = side;
    this.ctx = side.ctx;
    this._card = once((one) => this.side.deed(() => this.ctx.api.post(`${this.side.path}/cards`, { kind: "progress", id: one.id }), T.card_sent), (one) => one.id);
  }

  draw() {
    const open = this.side.data.tickets.filter((one) => one.state !== "closed");
    const closed = this.side.data.tickets.filter((one) => one.state === "closed");
    return h("section", {}, h("h3", { text: say(T.title, { number: open.length }) }), open.length ? open.map((one) => this._ticket(one)) : h("p", { class: "mute", text: T.none }),
      closed.length ? h("details", { class: "part", "data-key": "closed" }, h("summary", {}, say(T.closed, { number: closed.length })), closed.map((one) => this._ticket(one))) : null);
  }

  _ticket(one) {
    const due = one.state === "suspended" && one.resume_on ? say(T.resumes, { day: day(one.resume_on) }) : one.state !== "closed" && one.due_at ? say(one.late ? T.late : T.due, { time: moment(one.due_at) }) : one.closed_at ? say(T.ended, { time: moment(one.closed_at) }) : "";
    const button = (event) => h("button", { type: "button", "data-do": event, text: T.events[event], on: { click: () => void this.move(one, event) } });
    const first = one.events.filter((event) => FIRST.includes(event));
    const rest = one.events.filter((event) => !FIRST.includes(event));
    return h(
      "article",
      { class: "ticket", "data-key": `ticket-${one.id}`, "data-ticket": one.id, "aria-label": say(T.ticket, one) },
      h("p", { class: "name" }, one.word, " ", h("small", { class: "mute", text: one.id }), " ", h("span", { class: `tag ${one.state === "closed" ? "good" : ""}`, text: T.states[one.state] || one.state }), one.priority === "high" && one.state !== "closed" ? h("span", { class: "tag warn", text: T.high }) : null),
      one.text ? h("p", { text: one.text }) : null,
      h("p", { class: one.late ? "bad" : "mute" }, [one.assignee ? say(T.assignee, { who: this.side.who(one.assignee) }) : one.team, one.state === "tracking" ? say(T.waits, { party: T.parties[one.waits_for] || one.waits_for }) : "", due].filter(Boolean).join(" · ")),
      one.goods ? this._goods(one) : null,
      one.approvals.map((each) => this._approval(each)),
      h("div", { class: "row" }, first.map(button), one.goods ? h("button", { type: "button", "data-do": "card", text: T.card, on: { click: () => void this._card(one) } }) : null,
        rest.length ? h("details", { class: "more", "data-key": `more-${one.id}` }, h("summary", { text: T.more }), h("div", { class: "row" }, rest.map(button))) : null),
    );
  }

  // The steps of goods coming back, as the shopper's card draws them.
  _goods(one) {
    const { goods } = one;
    const line = [goods.remedy_word, goods.tracking ? say(T.tracking, goods) : "", goods.out_tracking ? say(T.out_tracking, goods) : "", goods.finding_word, goods.report, goods.amount ? say(T.refunded, goods) : "", goods.due_at ? say(T.next, { time: moment(goods.due_at) }) : ""];
    return h("div", { class: "goods" }, h("ol", { class: "steps" }, goods.steps.map((step) => h("li", { class: step.state, "aria-current": step.state === "current" ? "step" : null }, step.title, step.at ? h("small", { class: "mute", text: ` ${day(step.at)}` }) : null))), h("p", { class: "mute", text: line.filter(Boolean).join(" · ") }));
  }

  _approval(one) {
    const state = one.state === "asked" ? (one.may ? T.yours : say(T.waits_for, { who: T.deciders[one.need] || T.deciders.supervisor })) : say(T.decided[one.state], { who: this.side.who(one.decided_by) });
    return h("div", { class: "approval", "data-key": one.id, "data-approval": one.id },
      h("p", {}, h("b", { text: one.title }), " ", h("span", { class: `tag ${one.late ? "bad" : one.state === "granted" ? "good" : ""}`, text: state })),
      one.why ? h("p", { class: "mute", text: one.why }) : null,
      one.reason ? h("p", { class: "mute", text: one.reason }) : null,
      one.may ? h("div", { class: "row" }, h("button", { type: "button", "data-do": "grant", text: T.grant, on: { click: () => void this._decide(one, "grant") } }), h("button", { type: "button", "data-do": "refuse", text: T.refuse, on: { click: () => void this._decide(one, "refuse") } })) : null);
  }

  async _decide(one, decision) {
    await this.side.form(decide(this.ctx, one, decision), decision === "grant" ? T.granted : T.refused);
  }

  async open() {
    const { path } = this.side;
    const { kinds, orders } = this.side.data;
    await this.side.form(
      {
        title: T.open_title,
        intro: T.open_why,
        fields: [
          { name: "kind", label: T.kind, type: "select", value: "other", options: Object.entries(kinds).map(([value, label]) => ({ value, label: T.kind_words[value] || label })) },
          ...this._orderField(orders),
          { name: "text", label: T.about, type: "textarea", max: 500, required: true },
          { name: "tell", label: T.tell, type: "checkbox", value: true },
        ],
        submit: T.open,
        send: ({ kind, order, text, tell }) => this.ctx.api.post(`${path}/tickets`, { kind, text, order_id: order || null, tell }),
      },
      (made) => say(T.opened, made),
    );
  }

  async ask() {
    const { path } = this.side;
    const { approval_kinds, orders } = this.side.data;
    await this.side.form(
      {
        title: T.ask_title,
        intro: T.ask_why,
        fields: [
          { name: "kind", label: T.ask_kind, type: "select", value: "compensation", options: Object.entries(approval_kinds).map(([value, label]) => ({ value, label })) },
          { name: "amount", label: T.amount, type: "number", min: 0.01, step: 0.01 },
          ...this._orderField(orders),
          { name: "reason", label: T.ask_reason, type: "textarea", max: 500, required: true },
        ],
        submit: T.ask,
        send: ({ kind, amount, order, reason }) => this.ctx.api.post(`${path}/approvals`, { kind, amount: amount ? String(amount) : null, reason, order_id: order || null }),
      },
      (made) => say(T.asked, made),
    );
  }

  async move(one, event) {
    const { path } = this.side;
    const ends = ENDS.includes(event);
    const fields = [];
    if (event === "wait") fields.push({ name: "waits_for", label: T.wait_whom, type: "select", value: "courier", options: PARTIES.map((value) => ({ value, label: T.parties[value] })) });
    if (event === "suspend") fields.push({ name: "resume_on", label: T.resume_on, type: "date", value: localIn(this.side.data.now, 24).slice(0, 10), required: true });
    fields.push({ name: "why", label: T.whys[event] || T.why, type: "textarea", max: 500, required: REASON.includes(event) });
    if (event === "solve" && T.outcomes_of.includes(one.kind)) fields.push({ name: "outcome", label: T.outcome, type: "select", value: "", options: ["", "done", "stopped", "not_stopped", "failed"].map((value) => ({ value, label: T.outcomes[value || "none"] })) });
    if (ends || event === "suspend" || event === "reopen") fields.push({ name: "tell", label: T.tell, type: "checkbox", value: true });
    await this.side.form(
      {
        title: say(T.move_title, { event: T.events[event], ticket: one.id }),
        intro: T.intros[event] || "",
        fields,
        submit: T.events[event],
        send: ({ why, waits_for, resume_on, outcome, tell }, confirmed) =>
          this.ctx.api.post(`${path}/tickets/${one.id}/moves`, { event, why: why || null, waits_for: waits_for || null, resume_on: resume_on || null, outcome: outcome || null, tell: tell !== false, version: one.version, confirmed }),
      },
      say(T.moved, { event: T.events[event] }),
    );
  }

  // The order that the talk was handed over with, else the newest.
  _orderField(orders) {
    if (!orders.length) return [];
    const meant = orders.find((one) => this.side.handed.includes(one.id)) || orders[0];
    const options = [{ value: "", label: T.no_order }, ...orders.map((one) => ({ value: one.id, label: `${one.product} ${one.variant}（${one.id.slice(-4)}，${one.state_word}）` }))];
    return [{ name: "order", label: T.which_order, type: "select", value: meant.id, options }];
  }
}
