// What stands beside the open talk: whose it is, their orders, tickets and returns, coupons, follow-ups, earlier talks — and the deeds.
import { fill, h } from "./dom.js";
import { failure } from "./frame.js";
import { form, instantOf, localIn, moment, told } from "./forms.js";
import { Orders } from "./side_orders.js";
import { Tickets } from "./side_tickets.js";
import { newest, once } from "./turns.js";
import { say, W } from "./words.js";

const S = W.side;
// After a message of somebody the bot may have changed something; several in a row are read once.
const SOON = 1_200;
const AT_ONCE = 150;
const PATIENCE = 4_000;
// The bot asks for approvals from another process; a timer of a browser counts no longer than this at once.
const AGAIN = 60_000;
const LONGEST = 3_600_000;

export function mount(host, ctx) {
  return new Side(host, ctx);
}

class Side {
  constructor(host, ctx) {
    this.host = host;
    this.ctx = ctx;
    this.talk = null;
    this.data = null;
    this.people = new Map();
    this._shown = newest({ again: true });
    this._marked = newest({ again: true });
    this._ended = once((one) => this.deed(() => this.ctx.api.post(`/follow-ups/${one.id}/done`), S.follow_ended), (one) => one.id);
    this._mine = [];
    this.deeds = [];
    this.handed = "";
    this._log = h("ul", { class: "plain log" });
    this._toDecide = 0;
    this._told = new Set();
    this.orders = new Orders(this);
    this.tickets = new Tickets(this);
    this._body = h("div", { class: "side-body" });
    this._due = h("div", { class: "due" });
    fill(host, this._due, this._body);
    this._draw();
    ctx.on("open", (id) => this._open(id));
    ctx.on("talk", (view) => {
      this.deeds = view?.deeds || [];
      this.handed = view?.hand_over?.summary || "";
      if (!view) this._open(null);
      else if (view.id !== this.talk) this._open(view.id);
      else if (this.data) fill(this._log, this._deedLines());
    });
    ctx.on("caught-up", () => this._later(AT_ONCE));
    ctx.on("frame", (frame) => {
      if (frame.type === "side" || frame.type === "erased") this._mineLater();
      if (frame.talk !== this.talk) return;
      if (frame.type === "side" || frame.type === "owner") this._later(AT_ONCE);
      else if (frame.type === "message") this._later(SOON);
    });
    const typing = { typing: true };
    ctx.keys.bind("alt+i", S.keys.side, () => this.focus(), typing);
    ctx.keys.bind("alt+u", S.keys.ticket, () => this.data && void this.tickets.open(), typing);
    ctx.keys.bind("alt+c", S.keys.card, () => this.data?.orders.length > 0 && void this.orders.card(this.data.orders[0], "order"), typing);
    ctx.keys.bind("alt+y", S.keys.flag, () => this.data?.orders.length > 0 && void this.orders.flag(this.data.orders[0]), typing);
    ctx.keys.bind("alt+l", S.keys.follow_up, () => this.data && void this.followUp(), typing);
    void ctx.api.get("/members").then(({ staff }) => {
      this.people = new Map(staff.map((one) => [one.id, one.number]));
      this._draw();
    }).catch(() => {});
    void this._readMine();
    setInterval(() => document.visibilityState === "visible" && void this._readMine(), AGAIN);
  }

  // Somebody of the staff by their number.
  who(id) {
    if (!id) return "";
    return id === "bot" ? S.bot : say(S.number, { number: this.people.get(id) || "?" });
  }

  focus() {
    if (document.body.dataset.pane && getComputedStyle(this.host).display === "none") document.querySelector("#panes [data-pane=side]")?.click();
    (this._body.querySelector("button, summary, a") || this.host).focus();
  }

  // Do a deed and read again; false (with the reason as a toast) when it was refused.
  async deed(call, done) {
    try {
      const answer = await call();
      this.ctx.toast(typeof done === "function" ? done(answer) : done);
      this._later(AT_ONCE);
      return true;
    } catch (problem) {
      this.ctx.toast(told(problem), { kind: "bad" });
      return false;
    }
  }

  // A form about the open talk; read again when it went.
  async form(wanted, done) {
    let answer = null;
    const went = await form({ ...wanted, send: async (values, confirmed) => (answer = await wanted.send(values, confirmed)) });
    if (!went) return;
    this.ctx.toast(typeof done === "function" ? done(answer) : done);
    this._later(AT_ONCE);
  }

  // The open talk. A form takes it down when it is opened: what is sent is about the talk that was asked about, not the one open by then.
  get path() {
    return `/talks/${this.talk}`;
  }

  async followUp() {
    const { path } = this;
    await this.form(
      {
        title: S.follow_title,
        intro: S.follow_why,
        fields: [
          { name: "at", label: S.follow_at, type: "datetime-local", value: localIn(this.data.now, 2), required: true },
          { name: "note", label: S.follow_note, type: "textarea", max: 500 },
        ],
        submit: S.follow_save,
        send: ({ at, note }) => this.ctx.api.post(`${path}/follow-ups`, { due_at: instantOf(at), note }),
      },
      S.follow_saved,
    );
    void this._readMine();
  }

  _open(id) {
    if (id === this.talk) return;
    this.talk = id;
    this._shown.drop();
    this.data = null;
    this._failed = null;
    this._draw();
    if (id) void this._read();
  }

  // Several events are read once; a steady stream of them does not put the reading off for ever.
  _mineLater() {
    this._mineTimer ??= setTimeout(() => {
      this._mineTimer = null;
      void this._readMine();
    }, AT_ONCE);
  }

  _later(after) {
    const now = performance.now();
    this._by ||= now + PATIENCE;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => {
      this._by = 0;
      void this._read();
    }, Math.max(0, Math.min(after, this._by - now)));
  }

  async _read() {
    if (!this.talk) return;
    const told = (data, problem) => {
      this.data = data;
      this._failed = problem;
      this._draw();
    };
    await this._shown(this.talk, (talk) => this.ctx.api.get(`/talks/${talk}/side`), (data) => told(data, null), (problem) => told(this.data, problem));
  }

  // What waits for this member whatever talk is open: their follow-ups, and what they may decide.
  async _readMine() {
    const both = () => Promise.all([this.ctx.api.get("/follow-ups").catch(() => null), this.ctx.api.get("/approvals").catch(() => null)]);
    await this._marked("", both, ([marked, queue]) => {
      if (queue) this._toDecide = queue.approvals.filter((one) => one.may).length;
      if (marked) {
        this._mine = marked.follow_ups;
        this._gap = Date.parse(marked.now) - performance.now();
      }
      this._remind();
    });
  }

  // What one has to come back to now is listed above everything and said once; the next one is waited for.
  _remind() {
    const now = (this._gap || 0) + performance.now();
    const due = this._mine.filter((one) => Date.parse(one.due_at) <= now);
    const later = this._mine.filter((one) => Date.parse(one.due_at) > now);
    for (const one of due) {
      if (this._told.has(one.id + one.due_at)) continue;
      this._told.add(one.id + one.due_at);
      this.ctx.toast(say(S.follow_due, { note: one.note || S.no_note }), { kind: "warn" });
    }
    clearTimeout(this._next);
    if (later.length) this._next = setTimeout(() => this._remind(), Math.min(LONGEST, Math.max(50, Date.parse(later[0].due_at) - now)));
    const line = (one) => h("li", {}, h("button", { type: "button", class: "link", on: { click: () => this.ctx.emit("open", one.talk) } }, `${moment(one.due_at)} ${one.note || S.no_note}`), this._doneButton(one));
    const unfolded = this._due.querySelector("details")?.open;
    fill(
      this._due,
      this._toDecide ? h("p", {}, h("a", { href: "/desk/approvals", text: say(S.to_decide, { number: this._toDecide }) })) : null,
      due.length ? h("div", { class: "now" }, h("h3", { text: say(S.due, { number: due.length }) }), h("ul", {}, due.map(line))) : null,
      later.length ? h("details", { open: Boolean(unfolded) }, h("summary", { text: say(S.due_later, { number: later.length }) }), h("ul", {}, later.map(line))) : null,
    );
  }

  _doneButton(one) {
    return h("button", { type: "button", text: S.follow_done, on: { click: async () => {
      await this._ended(one);
      void this._readMine();
    } } });
  }

  _draw() {
    const body = this._body;
    if (this._failed && !this.data) {
      fill(body, failure(this._failed, () => void this._read()));
      return;
    }
    if (!this.data) {
      fill(body, h("p", { class: "mute none", text: this.talk ? S.loading : S.none }));
      return;
    }
    // Drawn anew, what was unfolded stays so and the focus stays where it was.
    const folded = new Map([...body.querySelectorAll("details[data-key]")].map((one) => [one.dataset.key, one.open]));
    const focus = body.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    const name = focus ? document.activeElement.dataset.do : null;
    const top = this.host.scrollTop;
    fill(body, this._person(), this._followUps(), this.orders.draw(), this.tickets.draw(), this.orders.coupons(), this._earlier(), this._deedLog());
    for (const one of body.querySelectorAll("details[data-key]")) if (folded.has(one.dataset.key)) one.open = folded.get(one.dataset.key);
    if (focus) {
      const group = [...body.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focus);
      (group?.querySelector(`[data-do="${name}"]`) || group?.querySelector("button, summary"))?.focus();
    }
    this.host.scrollTop = top;
  }

  _person() {
    const { customer, signed_in, orders } = this.data;
    const name = customer?.name || (signed_in ? customer?.id : S.visitor) || S.visitor;
    const more = customer ? [customer.region, say(S.customer_id, customer)].filter(Boolean).join(" · ") : orders.length ? say(S.proved, { number: orders.length }) : S.not_proved;
    return h("section", { class: "person", "data-key": "person" }, h("h2", { text: name }), h("p", { class: "mute", text: more }), h("div", { class: "row" },
      h("button", { type: "button", "data-do": "ticket", title: "Alt+U", text: S.open_ticket, on: { click: () => void this.tickets.open() } }),
      h("button", { type: "button", "data-do": "approval", text: S.ask_approval, on: { click: () => void this.tickets.ask() } }),
      h("button", { type: "button", "data-do": "follow", title: "Alt+L", text: S.follow_up, on: { click: () => void this.followUp() } }),
    ));
  }

  _followUps() {
    const found = this.data.follow_ups;
    if (!found.length) return null;
    return h("section", {}, h("h3", { text: S.follow_ups }), found.map((one) =>
      h("div", { class: "follow", "data-key": one.id }, h("p", {}, h("b", { text: moment(one.due_at) }), ` ${this.who(one.staff)} ${one.note}`), one.staff === this.ctx.me.id || this.ctx.lead ? this._doneButton(one) : null),
    ));
  }

  // What staff did in this talk, newest first.
  _deedLog() {
    return h("details", { class: "part", "data-key": "deeds" }, h("summary", { text: S.deeds_title }), fill(this._log, this._deedLines()));
  }

  _deedLines() {
    if (!this.deeds.length) return h("li", { class: "mute", text: S.no_deeds });
    return [...this.deeds].reverse().map((one) => h("li", {}, h("b", { text: moment(one.at) }), ` ${this.who(one.staff)} ${S.deeds[one.kind] || one.kind}`));
  }

  _earlier() {
    const { talks, signed_in } = this.data;
    if (!signed_in) return null;
    const list = talks.map((one) =>
      h("li", {}, h("button", { type: "button", class: "link", on: { click: () => this.ctx.emit("open", one.id) } }, h("b", { text: moment(one.last_at) }), ` ${one.last_text || S.no_text}`)),
    );
    return h("details", { class: "part", "data-key": "earlier" }, h("summary", {}, say(S.earlier, { number: talks.length })), talks.length ? h("ul", { class: "plain" }, list) : h("p", { class: "mute", text: S.no_earlier }));
  }
}
