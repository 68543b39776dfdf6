// The open talk: its messages with receipts and reasons, notes and deeds between them, earlier ones on scroll, the newest one key away.
// A live event is shown at once; a reading shortly after adds what only staff see.
import * as blocking from "./blocking.js";
import { ServerClock } from "./clock.js";
import { fill, h } from "./dom.js";
import { wrong } from "./frame.js";
import { Log } from "./log.js";
import { deedRow, media, messageRow, noteRow, receipt, timeRow } from "./messages.js";
import { Noting } from "./noting.js";
import { Pictures } from "./pictures.js";
import { newest, once } from "./turns.js";
import { view } from "./viewer.js";
import { say, W } from "./words.js";

const T = W.talk;
const FIRST = 60;
const PAGE = 100;
const AGAIN = 30;
const SOON = 250;
const GAP = 5 * 60_000;
// Nobody scrolls through more at once: at the end of the talk older ones than these are let go and read anew when they are wanted.
const KEPT = 400;
const TYPING = 4_000;
const LOOK_AGAIN = 45_000;
// What the talk's own messages tell already, and what is no matter of the talk.
const UNTOLD = new Set(["take", "assigned", "release", "requeue", "close", "transfer", "note", "recall"]);

export function mount(host, ctx) {
  return new TalkView(host, ctx);
}

class TalkView {
  constructor(host, ctx) {
    this.ctx = ctx;
    this.members = new Map();
    this.clock = null;
    this._newest = newest({ again: true });
    this._older = newest();
    this.recall = once((message) => this._recall(message), (message) => message.id);
    this._draw(host);
    this._clear(null);
    this.pictures = new Pictures(ctx, host, () => (this.view ? { id: this.view.id, owner: this.view.owner } : null), (message) => this._sent(message));
    host.append(this.pictures.chooser);
    this._listen();
    void this._people();
    this._show();
  }

  _listen() {
    const { ctx } = this;
    ctx.on("open", (id) => this.open(id));
    ctx.on("frame", (frame) => this._hear(frame));
    ctx.on("caught-up", () => this.id && this.read());
    ctx.on("sent", (message) => this._sent(message));
    ctx.on("target", (id) => this._target(id));
    ctx.on("inbox", (inbox) => {
      this.clock = inbox.clock;
      this.inbox = inbox;
    });
    const typing = { typing: true };
    ctx.keys.bind("alt+end", T.keys.newest, () => this.toEnd(), typing);
    ctx.keys.bind("alt+m", T.keys.note, () => this.note(), typing);
    ctx.keys.bind("alt+w", T.keys.picture, () => Boolean(this.id) && this.pictures.choose() && undefined, typing);
    ctx.keys.bind("alt+v", T.keys.view, () => this.look(), typing);
    ctx.keys.bind("alt+z", T.keys.recall, () => this.recallLast(), typing);
    ctx.keys.bind("alt+h", T.keys.list, () => this.enter(), typing);
    setInterval(() => this._tick(), 1_000);
    setInterval(() => this.id && document.visibilityState === "visible" && this.read(), LOOK_AGAIN);
  }

  _clear(id) {
    clearTimeout(this._due);
    this._due = null;
    this._newest.drop();
    this._older.drop();
    this.id = id;
    Object.assign(this, { view: null, failed: null, hasOlder: false, typing: 0, target: null, fresh: null, loading: false });
    this.messages = new Map();
    this.log.clear();
  }

  // Show a talk (null: none). The same again is read again.
  open(id) {
    if (id === this.id && this.view) {
      // Something was done in it: what was asked before knows nothing of that.
      this._newest.drop();
      return this.read();
    }
    const unread = this.inbox?.talks?.get(id)?.unread || 0;
    this._clear(id || null);
    this.fresh = unread || null;
    this.noting.show(this.id);
    this._show();
    if (!id) {
      this.ctx.emit("talk", null);
      return null;
    }
    return this.read();
  }

  // Read the newest messages; the first time, and after a hole, they are all that is shown.
  async read() {
    clearTimeout(this._due);
    this._due = null;
    if (!this.id) return;
    const { id } = this;
    await this._newest(id, () => this.ctx.api.get(`/talks/${encodeURIComponent(id)}`, { limit: this.view ? AGAIN : FIRST }), (view) => {
      this._take(view, !this.view);
      this.ctx.emit("talk", view);
    }, (problem) => {
      if (problem.status === 401 || (this.view && problem.status !== 404)) return;
      this._clear(id);
      this.failed = problem;
      this._show();
      this.ctx.emit("talk", null);
    });
  }

  _take(view, first) {
    const newest = Math.max(0, ...this.messages.keys());
    const oldest = view.messages[0]?.seq || 0;
    const hole = !first && oldest > newest + 1;
    if (first || hole) {
      this.messages.clear();
      this.hasOlder = view.has_more;
      this._noOlder();
    }
    if (first && this.fresh) this.fresh = view.messages.filter((one) => one.from === "shopper").at(-this.fresh)?.seq || null;
    for (const message of view.messages) this.messages.set(message.seq, message);
    this.failed = null;
    this.view = view;
    if ([...view.notes, ...view.deeds].some((one) => one.staff && !this.members.has(one.staff))) void this._people();
    this._show();
    if (first || hole) this.log.toEnd();
  }

  async older() {
    if (this.loading || !this.hasOlder) return;
    this.loading = true;
    const { id } = this;
    await this._older(Math.min(...this.messages.keys()), (before) => this.ctx.api.get(`/talks/${encodeURIComponent(id)}`, { before, limit: PAGE }), (page) => {
      this.loading = false;
      for (const message of page.messages) this.messages.set(message.seq, message);
      this.hasOlder = page.has_more;
      this._show();
    }, (problem) => {
      this.loading = false;
      this.ctx.toast(wrong(problem), { kind: "warn" });
    });
  }

  _hear(frame) {
    if (!this.id || frame.talk !== this.id) return;
    if (frame.type === "message") this._arrived(frame.message);
    else if (frame.type === "typing" && frame.from === "shopper") {
      this.typing = performance.now() + TYPING;
      this._showTyping();
    } else if (frame.type === "read" && this.view) {
      this.view.read = { ...this.view.read, [frame.by]: Math.max(frame.seq, this.view.read[frame.by] || 0) };
      this._receipts();
    } else if (frame.type === "here" && this.view) {
      this.view.here = frame.on;
      this._receipts();
    } else if (frame.type === "erased") {
      this._clear(this.id);
      this.failed = { status: 404, erased: true };
      this._show();
      this.ctx.emit("talk", null);
    }
    // Whose it is now is not taken back by a reading from before.
    if (frame.type === "owner" && this.view) this._newest.drop();
    // What only staff see, and whatever a frame does not tell, comes with a reading.
    if (!["typing", "read", "here", "viewing", "erased"].includes(frame.type)) this._soon();
  }

  _arrived(message) {
    if (!this.view) return;
    const known = this.messages.get(message.seq);
    const newest = Math.max(0, ...this.messages.keys());
    // Older than what is shown, or after a hole: the reading knows better.
    if (!known && message.seq !== newest + 1 && newest) return;
    // An event tells the number that shoppers see, a reading whose it is.
    const staff = message.from === "agent" ? { number: message.staff, staff: known?.staff ?? this._idOf(message.staff) } : {};
    this.messages.set(message.seq, { ...known, ...message, ...staff, trace: known?.trace ?? message.trace });
    if (message.from === "shopper") this.typing = 0;
    if (!known && !this.log.atEnd) this.log.below += 1;
    if (!known && this.log.atEnd && message.from !== "shopper") this.fresh = null;
    this._show();
    this.ctx.emit("message", { talk: this.id, message });
  }

  // Stored by this desk: shown even while the live line is down.
  _sent(message) {
    if (message.talk !== this.id || !this.view) return;
    const newest = Math.max(0, ...this.messages.keys());
    if (this.messages.has(message.seq) || message.seq === newest + 1) this.messages.set(message.seq, message);
    this.fresh = null;
    this.log.atEnd = true;
    this._show();
    if (!this.ctx.live.up) this._soon();
  }

  _soon() {
    this._due ??= setTimeout(() => this.read(), SOON);
  }

  _target(id) {
    const newest = this._list().filter((one) => one.from === "shopper").at(-1)?.id;
    this.target = id && id !== newest ? id : null;
    this._show();
    const row = this.target && this.log.list.querySelector(`[data-id="${CSS.escape(this.target)}"]`);
    row?.scrollIntoView({ block: "nearest" });
  }

  // Keys and buttons

  toEnd() {
    if (!this.id) return false;
    this.log.atEnd = true;
    this._show();
    return true;
  }

  // The list itself: arrows walk through its messages.
  enter() {
    const last = this.log.messages.at(-1);
    last?.focus();
    return Boolean(last);
  }

  look(id = null) {
    const all = this._list().flatMap((one) => media(one, this.id));
    if (!all.length) {
      if (!id && this.id) this.ctx.toast(T.no_picture);
      return Boolean(this.id);
    }
    view(all, id || all.at(-1).id);
    return true;
  }

  async _recall(message) {
    const { id } = this;
    try {
      const { message: now } = await this.ctx.api.post(`/talks/${id}/messages/${message.id}/recall`);
      if (id !== this.id) return;
      this.messages.set(now.seq, now);
      this._show();
      this.ctx.toast(T.recall_done);
      // What it answered is unanswered again: suggestions for it come back.
      const asked = this._list().filter((one) => one.from === "shopper").at(-1);
      if (asked && asked.seq < now.seq && this.view.owner === `agent:${this.ctx.me.id}`) this.ctx.emit("target", asked.id);
    } catch (problem) {
      this.ctx.toast(T.problems[problem.kind] || wrong(problem), { kind: "warn" });
    }
  }

  recallLast() {
    if (!this.view) return false;
    const last = this._list().filter((one) => this.recallable(one) && one.staff === this.ctx.me.id).at(-1);
    if (last) void this.recall(last);
    else this.ctx.toast(T.nothing_to_recall, { kind: "warn" });
    return true;
  }

  note() {
    if (!this.view) return false;
    this.noting.open();
    return true;
  }

  async _noted() {
    await this.read();
    this.log.toEnd();
  }

  // What the rows ask for

  member(id) {
    return this.members.get(id);
  }

  _idOf(number) {
    return [...this.members.values(), this.ctx.me].find((one) => one.number === number)?.id ?? null;
  }

  recallable(message) {
    if (message.from !== "agent" || message.recalled || !this.view || !(message.staff === this.ctx.me.id || this.ctx.lead)) return false;
    const age = this.clock instanceof ServerClock ? this.clock.seconds(message.at) : (Date.now() - Date.parse(message.at)) / 1000;
    return age < this.view.recall_seconds;
  }

  async _people() {
    const { staff } = await this.ctx.api.get("/members").catch(() => ({ staff: [] }));
    for (const one of staff) this.members.set(one.id, one);
    if (staff.length) this._show();
  }

  // Drawing

  _list() {
    return [...this.messages.values()].sort((one, other) => one.seq - other.seq);
  }

  _trim() {
    const all = this._list();
    for (const message of all.slice(0, all.length - FIRST)) this.messages.delete(message.seq);
    this.hasOlder = true;
    this._noOlder();
  }

  // Earlier ones on their way would leave a hole before what is shown now.
  _noOlder() {
    this._older.drop();
    this.loading = false;
  }

  _show() {
    const { view } = this;
    this.bar.hidden = !view;
    this.empty.hidden = Boolean(view);
    if (!view) {
      const gone = this.failed && (this.failed.erased ? T.erased : wrong(this.failed));
      fill(this.empty, this.failed ? h("p", { class: "wrong", role: "alert" }, gone, " ", this.failed.status === 404 ? null : h("button", { type: "button", text: W.frame.again, on: { click: () => this.read() } })) : h("p", { class: "mute", text: this.id ? T.reading : T.nothing_open }));
      this.log.clear();
      fill(this.top);
      return;
    }
    if (this.log.atEnd && this.messages.size > KEPT) this._trim();
    this._top(view);
    this.log.show(this._items(view));
    this._receipts();
    this._showTyping();
    this.blockButton.hidden = Boolean(view.blocked) || !(view.owner === `agent:${this.ctx.me.id}` || this.ctx.lead);
    if (this.storyLink) this.storyLink.href = `/studio/stories?${new URLSearchParams({ talk: this.id })}`;
  }

  _top(view) {
    const stamp = JSON.stringify([view.id, view.hand_over, view.blocked, this.members.size]);
    if (stamp === this._topStamp && this.top.childElementCount) return;
    this._topStamp = stamp;
    const handed = view.hand_over;
    const summary = handed && h("details", { class: "handed", open: matchMedia("(min-width: 761px)").matches }, h("summary", {}, h("b", { text: T.handed }), " ", h("span", { class: "mute", text: handed.ticket ? say(T.ticket, handed) : "" })), h("p", { text: handed.summary }));
    fill(this.top, summary, blocking.banner(view.blocked, this, async () => (await blocking.lift(this.ctx, view.id)) && this.read()));
  }

  // Everything in order of time: [{key, stamp, make}].
  _items(view) {
    const all = this._list();
    const from = this.hasOlder ? all[0]?.at : "";
    const beside = [
      ...view.notes.map((note) => ({ at: note.at, key: `n${note.id}`, stamp: String(this.member(note.staff)?.name), make: () => noteRow(note, this) })),
      ...view.deeds.filter((deed) => !UNTOLD.has(deed.kind)).map((deed, place) => ({ at: deed.at, key: `d${deed.at}${deed.kind}${place}`, stamp: String(this.member(deed.staff)?.name), make: () => deedRow(deed, this) })),
    ].filter((one) => Date.parse(one.at) >= (from ? Date.parse(from) : 0));
    beside.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
    const items = this.hasOlder ? [{ key: "older", stamp: "", make: () => h("li", { class: "older" }, h("button", { type: "button", text: T.older, on: { click: () => this.older() } })) }] : [];
    let last = 0;
    for (const message of all) {
      const at = Date.parse(message.at);
      while (beside.length && Date.parse(beside[0].at) < at) items.push(beside.shift());
      if (at - last > GAP) items.push({ key: `t${message.seq}`, stamp: "", make: () => timeRow(message.at) });
      last = at;
      if (this.fresh === message.seq) items.push({ key: "fresh", stamp: "", make: () => h("li", { class: "fresh" }, h("span", { text: T.fresh })) });
      items.push({ key: `m${message.id}`, stamp: this._stamp(message), make: () => messageRow(message, this._state(), this._acts()) });
    }
    return [...items, ...beside];
  }

  _stamp(message) {
    return [message.text, message.from, message.state, message.trace ? 1 : 0, message.held?.length, message.suggestion?.length, message.attachments?.length, message.recalled ? 1 : 0, this.recallable(message), this.target === message.id, this.member(message.staff)?.name].join("|");
  }

  _state() {
    return { talk: this.id, read: this.view.read, here: this.view.here, target: this.target, member: (id) => this.member(id), recallable: (one) => this.recallable(one) };
  }

  _acts() {
    return {
      target: (id) => this.ctx.emit("target", id),
      recall: (message) => void this.recall(message),
      view: (id) => this.look(id),
      insert: (text) => this.ctx.emit("insert", { text, use: null, place: null, image: null, script: null }),
    };
  }

  _receipts() {
    for (const node of this.log.list.querySelectorAll(".message .receipt")) {
      const words = receipt({ seq: Number(node.closest(".message").dataset.seq) }, this.view);
      if (node.textContent !== words) node.textContent = words;
    }
  }

  _showTyping() {
    this.types.hidden = !this.view || performance.now() > this.typing;
    if (!this.types.hidden && this.log.atEnd) this.log.toEnd();
  }

  _tick() {
    if (!this.view) return;
    this._showTyping();
    // A message can no longer be taken back: its button goes.
    for (const button of this.log.list.querySelectorAll(".recall")) {
      const message = this.messages.get(Number(button.closest(".message").dataset.seq));
      if (message && !this.recallable(message)) {
        this._show();
        return;
      }
    }
  }

  _walk(event) {
    const row = event.target.closest?.(".message, .note, .deed");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.("summary, textarea, video")) return;
    if (by && row?.classList.contains("message")) {
      const rows = this.log.messages;
      const next = rows[rows.indexOf(row) + by];
      event.preventDefault();
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && event.target === row) {
      const message = this.messages.get(Number(row.dataset.seq));
      if (!message) return;
      event.preventDefault();
      const pictures = media(message, this.id);
      if (pictures.length) this.look(pictures[0].id);
      else if (message.from === "shopper") this.ctx.emit("target", message.id);
    }
  }

  _draw(host) {
    const tool = (label, key, fn) => h("button", { type: "button", class: "quiet", title: key, text: label, on: { click: fn } });
    this.top = h("div", { class: "over" });
    this.empty = h("div", { class: "empty" });
    this.types = h("p", { class: "types mute", text: T.types, hidden: true, role: "status" });
    this.log = new Log(() => void this.older(), this.types);
    this.log.scroller.addEventListener("keydown", (event) => this._walk(event));
    this.log.jump.addEventListener("click", () => this.toEnd());
    this.noting = new Noting(this.ctx, (talk) => talk === this.id && this._noted(), () => this.noteButton.focus());
    this.noteButton = tool(T.add_note, "Alt+M", () => this.note());
    this.blockButton = tool(T.block, T.block_title, async () => (await blocking.block(this.ctx, this.id)) && this.read());
    // Whoever may open talks and works in the studio makes a story or a test of this one there.
    this.storyLink = this.ctx.lead ? h("a", { class: "button quiet", target: "_blank", rel: "noopener", text: T.story, title: T.story_title }) : null;
    this.bar = h("div", { class: "bar", role: "toolbar", "aria-label": T.tools }, tool(T.choose, "Alt+W", () => this.pictures.choose()), this.noteButton, this.blockButton, this.storyLink);
    fill(host, this.top, this.empty, this.log.node, this.noting.node, this.bar);
  }
}
