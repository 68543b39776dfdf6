// The inbox: one's own talks and those that wait, the other boxes, a search over all talks, and what keeps any of them from being missed.
// It is read once and after every new connection; in between the live events tell it what changes.
import { Attention } from "./attention.js";
import { ALARM, ServerClock, spoken } from "./clock.js";
import { $, fill, h } from "./dom.js";
import { wrong } from "./frame.js";
import { Kept } from "./kept.js";
import { called, Rows } from "./rows.js";
import { once } from "./turns.js";
import { say, W } from "./words.js";

const I = W.inbox;
const BOXES = ["mine", "bot", "agents", "closed"];
// Events within this time are read together; and whatever was missed is made good after a while.
const TOGETHER = 400;
const ANYWAY = 30_000;
const TYPING = 4_000;
const SEARCH_AFTER = 300;

export function mount(host, ctx) {
  const inbox = new Inbox(host, ctx);
  inbox.begin();
  return inbox;
}

class Inbox {
  constructor(host, ctx) {
    this.ctx = ctx;
    this.talks = new Map();
    this.mine = [];
    this.waiting = [];
    this.other = [];
    this.counts = {};
    this.box = "mine";
    this.open = null;
    // Counts where somebody went: what was asked for before must not lead them back.
    this._ways = 0;
    this.take = once((id) => this._take(id), (id) => id);
    this.clock = new ServerClock();
    this.attention = new Attention(ctx, () => this.jump());
    this._fresh = new Set();
    this._drafts = new Set(new Kept("draft", ctx.me.id).all().filter(([, draft]) => draft.text?.trim()).map(([id]) => id));
    this._reading = null;
    this._due = null;
    this._draw(host);
  }

  begin() {
    const { ctx } = this;
    ctx.on("frame", (frame) => this._hear(frame));
    // One's own answer counts from the moment the server has it, not from when the line tells: the next Alt+O is for somebody else.
    ctx.on("sent", ({ talk, outcome, ...message }) => this._hear({ type: "message", talk, message }));
    ctx.on("caught-up", () => this.read());
    ctx.on("open", (id) => this._opened(id));
    ctx.on("talk", (view) => this._told(view));
    ctx.on("live", ({ up }) => up && this._look());
    ctx.on("presence", () => this._later());
    ctx.on("draft", (text) => this._drafted(text));
    this._keys();
    setInterval(() => this._tick(), 1_000);
    setInterval(() => document.visibilityState === "visible" && this.read(), ANYWAY);
    document.addEventListener("visibilitychange", () => {
      this._look();
      if (document.visibilityState === "visible") this.read();
    });
    const wanted = new URLSearchParams(location.search).get("talk");
    if (wanted) ctx.emit("open", wanted);
    this.read();
  }

  // Read what the server has; at most one reading at a time, and one more when something happened meanwhile.
  async read() {
    clearTimeout(this._due);
    this._due = null;
    if (this._reading) {
      this._again = true;
      return this._reading;
    }
    // What is heard while the answer is on its way may be news to it: it is heard once more afterwards.
    this._meanwhile = [];
    this._reading = this._read().finally(() => {
      this._reading = null;
      const { _again: again } = this;
      this._again = false;
      if (this._place() !== this._read_place) this.read();
      else if (again) this._later();
    });
    return this._reading;
  }

  // What is listed beside one's own: another box, or what a search found.
  _place() {
    return `${this.box} ${this._search.value.trim()}`;
  }

  async _read() {
    const place = (this._read_place = this._place());
    try {
      const [found, other] = await Promise.all([this.ctx.api.get("/inbox"), this._elsewhere()]);
      this.clock.heard(found.now);
      Object.assign(this, { counts: found.counts, load: found.load, capacity: found.capacity });
      const known = new Set(this.waiting.map((talk) => talk.id));
      const keep = (talk) => this._kept(talk);
      this.mine = found.mine.map(keep);
      this.waiting = found.waiting.map(keep);
      // Somebody chose another box or search meanwhile: this list is not of it.
      if (place === this._place()) Object.assign(this, { other: other ? other.talks.map(keep) : [], more: other?.more });
      this._index();
      if (this._begun && this.waiting.some((talk) => !known.has(talk.id))) this.attention.ring("waiting");
      this._begun = true;
      for (const frame of this._meanwhile.splice(0)) this._apply(frame);
      this._failed.hidden = true;
    } catch (problem) {
      if (problem.status === 401) return;
      fill(this._failed, wrong(problem), " ", h("button", { type: "button", text: W.frame.again, on: { click: () => this.read() } }));
      this._failed.hidden = false;
    }
    this._show();
  }

  _elsewhere() {
    const search = this._search.value.trim();
    if (search) return this.ctx.api.get("/talks", { box: "all", search });
    return this.box === "mine" ? null : this.ctx.api.get("/talks", { box: this.box });
  }

  _later() {
    this._due ??= setTimeout(() => this.read(), TOGETHER);
  }

  // The talk that has waited longest among one's own and those in the queue.
  oldest(talks = [...this.mine, ...this.waiting]) {
    const asked = talks.filter((talk) => talk.waiting_since || talk.owner === "queue");
    const since = (talk) => talk.waiting_since || talk.last_at;
    return asked.sort((one, other) => since(one).localeCompare(since(other)))[0];
  }

  jump() {
    const talk = this.oldest();
    if (talk) this.ctx.emit("open", talk.id);
    else this.ctx.toast(I.nobody_waits);
  }

  // Take a waiting talk and show it, unless somebody went on to another one meanwhile.
  async _take(id) {
    const way = (this._ways += 1);
    try {
      await this.ctx.api.post(`/talks/${id}/take`);
      if (way === this._ways || this.open === id) this.ctx.emit("open", id);
    } catch (problem) {
      this.ctx.toast(wrong(problem), { kind: "warn" });
    }
    this.read();
  }

  _hear(frame) {
    if (this._reading && ["message", "owner", "erased", "read"].includes(frame.type)) this._meanwhile.push(frame);
    this._apply(frame);
  }

  _apply(frame) {
    const talk = this.talks.get(frame.talk);
    if (frame.type === "message") this._message(frame, talk);
    else if (frame.type === "owner") this._owner(frame, talk);
    else if (frame.type === "assigned" && frame.to === this.ctx.me.id) this._assigned(frame);
    else if (frame.type === "erased") this._gone(frame.talk);
    else if (!talk) return;
    else if (frame.type === "viewing") {
      talk.viewers = [...(talk.viewers || []).filter((one) => one.staff !== frame.staff), ...(frame.on ? [{ staff: frame.staff, number: frame.number }] : [])];
      this._show();
    } else if (frame.type === "typing" && frame.from === "shopper") {
      clearTimeout(talk.typing);
      talk.typing = setTimeout(() => {
        const now = this.talks.get(talk.id);
        if (now) now.typing = null;
        this._show();
      }, TYPING);
      this._show();
    } else if (frame.type === "read" && frame.by === "shop") {
      talk.unread = 0;
      this._show();
    }
  }

  _message({ talk: id, message }, talk) {
    if (!talk) {
      // Somebody new with the bot: only its count and box change.
      if (this.box === "bot" || this._search.value) this._later();
      return;
    }
    if (message.seq < talk.last_seq) return;
    const known = message.seq === talk.last_seq;
    talk.last_seq = message.seq;
    // What the gateway says of the talk is no news of it, nor is what the bot says when it hands it over.
    if (message.from !== "system" && (message.from !== "bot" || talk.owner === "bot")) Object.assign(talk, { last_text: message.text, last_from: message.from, last_at: message.at });
    if (known) {
      // A message that was taken back, or one that the reading had already.
      this._show();
      return;
    }
    if (message.from === "shopper") {
      clearTimeout(talk.typing);
      talk.typing = null;
      talk.waiting_since ||= message.at;
      if (talk.owner !== "bot" && !this._seeing(id)) {
        talk.unread += 1;
        if (talk.owner !== `agent:${this.ctx.me.id}`) this.attention.ring("waiting");
        else this.attention.ring("message");
      }
    } else if (message.from === "agent" || message.from === "bot") Object.assign(talk, { waiting_since: null, unread: 0 });
    if (id === this.open) this._look();
    this._show();
  }

  // Who has a talk now: its row comes with the news, so that nothing has to be read for it.
  _owner(frame, talk) {
    const owner = frame.owner === "agent" ? `agent:${frame.agent}` : frame.owner;
    if (talk?.owner === owner) return;
    if (!frame.row) {
      if (talk) this._later();
      return;
    }
    const row = this._kept(frame.row);
    const mine = `agent:${this.ctx.me.id}`;
    const boxes = { bot: row.owner === "bot", agents: row.owner.startsWith("agent:"), closed: row.owner === "closed" };
    const without = (list) => list.filter((one) => one.id !== row.id);
    const count = (was, by) => {
      const name = was.startsWith("agent:") ? "agents" : was;
      if (name in this.counts) this.counts[name] = Math.max(0, this.counts[name] + by);
    };
    if (talk) count(talk.owner, -1);
    count(row.owner, 1);
    if (row.owner === "queue" && !this.waiting.some((one) => one.id === row.id)) this.attention.ring("waiting");
    this.mine = row.owner === mine ? [...without(this.mine), row] : without(this.mine);
    this.waiting = row.owner === "queue" ? [...without(this.waiting), row] : without(this.waiting);
    const listed = this.other.some((one) => one.id === row.id);
    if (this._search.value.trim()) this.other = this.other.map((one) => (one.id === row.id ? row : one));
    else if (boxes[this.box]) this.other = listed ? this.other.map((one) => (one.id === row.id ? row : one)) : [row, ...this.other];
    else this.other = without(this.other);
    this._index();
    if (row.id === this.open && row.owner === mine) this._look();
    this._show();
  }

  // What was begun and not sent is seen in the list too, and after a reload.
  _drafted(text) {
    const talk = this.talks.get(this.open);
    const begun = Boolean(text?.trim());
    if (begun) this._drafts.add(this.open);
    else this._drafts.delete(this.open);
    if (!talk || Boolean(talk.draft) === begun) return;
    talk.draft = begun;
    this._show();
  }

  _gone(id) {
    const without = (list) => list.filter((one) => one.id !== id);
    Object.assign(this, { mine: without(this.mine), waiting: without(this.waiting), other: without(this.other) });
    this._index();
    this._show();
  }

  // A row that was just read, with what only this page knows of it.
  _kept(row) {
    const known = this.talks.get(row.id);
    return Object.assign(row, { typing: known?.typing, draft: this._drafts.has(row.id), fresh: this._fresh.has(row.id) && row.owner === `agent:${this.ctx.me.id}` });
  }

  _index() {
    this.talks = new Map([...this.other, ...this.waiting, ...this.mine].map((talk) => [talk.id, talk]));
  }

  _assigned(frame) {
    this.attention.ring("assigned");
    const known = this.talks.get(frame.talk);
    const who = known ? called(known) : I.somebody;
    const words = frame.by ? (frame.note ? I.passed_with_note : I.passed) : I.assigned;
    this.ctx.toast(say(words, { who, by: frame.by, note: frame.note }), { kind: "warn" });
    // Marked until it is opened; with nothing open it is shown at once, where nobody's eyes are led away.
    if (!this.open) {
      this.ctx.emit("open", frame.talk);
      return;
    }
    this._fresh.add(frame.talk);
    if (known) known.fresh = true;
    this._show();
  }

  _opened(id) {
    this._ways += 1;
    this.open = id || null;
    const url = new URL(location.href);
    if (id) url.searchParams.set("talk", id);
    else url.searchParams.delete("talk");
    history.replaceState(null, "", url);
    const talk = this.talks.get(id);
    this._fresh.delete(id);
    if (talk) talk.fresh = false;
    this._look();
    this._show();
    this._rows.reveal(id);
  }

  _told(view) {
    const talk = view && this.talks.get(view.id);
    if (talk && talk.owner !== view.owner) this._later();
  }

  // Tell everybody which talk is looked at here; whoever has it has read it by that.
  _look() {
    const seen = document.visibilityState === "visible" ? this.open : null;
    this.ctx.live.send({ type: "viewing", talk: seen });
    const talk = this.talks.get(seen);
    if (talk?.owner === `agent:${this.ctx.me.id}`) talk.unread = 0;
  }

  _seeing(id) {
    return id === this.open && document.visibilityState === "visible";
  }

  // The talks as they are listed now, in order.
  _groups() {
    if (this._search.value.trim()) return [{ title: { key: "found", text: say(I.found, { number: `${this.other.length}${this.more ? "+" : ""}` }) }, talks: this.other }];
    // The server's box `agents` has everybody's talks; one's own stand elsewhere already.
    if (this.box !== "mine") return [{ title: null, talks: this.other.filter((talk) => this.box !== "agents" || talk.owner !== `agent:${this.ctx.me.id}`) }];
    const wait = (talk) => talk.waiting_since || "~";
    const own = [...this.mine].sort((one, other) => wait(one).localeCompare(wait(other)) || other.last_at.localeCompare(one.last_at));
    const queue = [...this.waiting].sort((one, other) => wait(one).localeCompare(wait(other)));
    return [
      { title: { key: "mine", text: say(I.group_mine, { number: own.length, capacity: this.capacity ?? "" }) }, talks: own },
      { title: { key: "waiting", text: say(I.group_waiting, { number: queue.length }) }, talks: queue },
    ];
  }

  _show() {
    const groups = this._groups();
    this._listed = groups.flatMap((group) => group.talks.map((talk) => talk.id));
    this._rows.show(groups, this.open);
    const empty = this._listed.length === 0 && this._failed.hidden;
    this._none.hidden = !empty;
    this._none.textContent = this._search.value.trim() ? I.nothing_found : I.nothing[this.box];
    this._more.hidden = !this.more;
    for (const button of this._tabs) {
      const name = button.dataset.box;
      const counted = this.counts[name];
      const count = name === "mine" ? this.mine.length + this.waiting.length : name === "agents" && counted ? Math.max(0, counted - this.mine.length) : counted;
      button.setAttribute("aria-pressed", String(name === this.box && !this._search.value.trim()));
      fill(button, I.boxes[name], h("span", { class: "count", text: count === undefined ? "" : String(count) }));
    }
    const wanted = this.mine.filter((talk) => talk.unread > 0).length + this.waiting.length;
    this.attention.count(wanted);
    const pane = $("#panes [data-pane=inbox]");
    if (pane) pane.textContent = wanted ? `${W.desk.pane_inbox} (${wanted})` : W.desk.pane_inbox;
    this._alarm();
    this.ctx.emit("inbox", this);
  }

  _tick() {
    this._rows.tick();
    this._alarm();
  }

  _alarm() {
    const seconds = [...this.mine, ...this.waiting].filter((talk) => talk.waiting_since).map((talk) => this.clock.seconds(talk.waiting_since));
    const late = seconds.filter((one) => one >= ALARM);
    this.attention.alarm(late.length, late.length ? spoken(Math.max(...late)) : "");
  }

  _step(by) {
    // Round and round; from nowhere to the first or the last.
    const place = this._listed.indexOf(this.open);
    const next = this._listed.at(place < 0 ? (by > 0 ? 0 : -1) : (place + by) % this._listed.length);
    if (next) this.ctx.emit("open", next);
  }

  _keys() {
    const typing = { typing: true };
    this.ctx.keys.bind("alt+j", I.keys.next, () => this._step(1), typing);
    this.ctx.keys.bind("alt+k", I.keys.previous, () => this._step(-1), typing);
    this.ctx.keys.bind("alt+o", I.keys.oldest, () => this.jump(), typing);
    this.ctx.keys.bind("alt+n", I.keys.take_next, () => this._takeNext(), typing);
    this.ctx.keys.bind("alt+s", I.keys.search, () => this._focusSearch(), typing);
  }

  _takeNext() {
    const talk = this.oldest(this.waiting);
    if (talk) void this.take(talk.id);
    else this.ctx.toast(I.nobody_waits);
  }

  _focusSearch() {
    this._search.focus();
    this._search.select();
  }

  _draw(host) {
    this._search = h("input", { type: "search", placeholder: I.search, "aria-label": I.search, maxlength: "100", autocomplete: "off" });
    this._search.addEventListener("input", () => {
      clearTimeout(this._typed);
      this._typed = setTimeout(() => this.read(), SEARCH_AFTER);
    });
    this._search.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this._search.value) return;
      event.stopPropagation();
      this._search.value = "";
      this.read();
    });
    this._tabs = BOXES.map((name) => h("button", { type: "button", class: "quiet", "data-box": name, on: { click: () => this._choose(name) } }));
    this._failed = h("p", { class: "wrong", role: "alert", hidden: true });
    this._none = h("p", { class: "mute none", hidden: true });
    this._more = h("p", { class: "mute none", text: I.more, hidden: true });
    const list = h("ul", { class: "talks", "aria-label": I.list });
    this._rows = new Rows(list, this.ctx.me, this.clock, { open: (id) => this.ctx.emit("open", id), take: (id) => this.take(id) });
    fill(host, h("div", { class: "head" }, h("div", { class: "boxes", role: "group", "aria-label": I.boxes_label }, this._tabs), this._search), this._failed, list, this._none, this._more);
  }

  _choose(name) {
    this.box = name;
    this._search.value = "";
    Object.assign(this, { other: [], more: false });
    this._show();
    this.read();
  }
}
