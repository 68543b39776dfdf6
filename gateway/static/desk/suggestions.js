// Suggested replies to the shopper's newest message, or to the one somebody pointed at: a digit sends one, Shift and the digit edits it.
import { fill, h } from "./dom.js";
import { card, gapsOf, sourceLine } from "./suggestion.js";
import { say } from "./words.js";

const MOST = 4;
// A list that has just changed under the fingers is not sent from (milliseconds).
const SETTLES = 350;
const AGAIN = [4_000, 8_000, 15_000];
const PASSING = ["down", "slow"];

export function mount(host, ctx) {
  return new Suggestions(host, ctx);
}

class Suggestions {
  constructor(host, ctx) {
    this.host = host;
    this.ctx = ctx;
    this.words = ctx.words.suggestions;
    this.clear(null);
    const S = this.words;
    this.about = h("p", { class: "about" });
    this.tools = h("div", { class: "row tools" });
    this.list = h("ol", { class: "offers" });
    this.status = h("p", { class: "status mute", role: "status" });
    fill(host, h("div", { class: "row head" }, this.about, this.tools), this.list, this.status);
    for (let number = 1; number <= MOST; number += 1) {
      ctx.keys.bind(String(number), number === 1 ? S.key_send : "", () => this.send(number - 1));
      ctx.keys.bind(`shift+${number}`, number === 1 ? S.key_edit : "", () => this.edit(number - 1));
      ctx.keys.bind(`alt+${number}`, number === 1 ? S.key_send_typing : "", () => this.send(number - 1), { typing: true });
      ctx.keys.bind(`alt+shift+${number}`, number === 1 ? S.key_edit_typing : "", () => this.edit(number - 1), { typing: true });
    }
    ctx.keys.bind("alt+arrowup", S.key_older, () => this.step(-1), { typing: true });
    ctx.keys.bind("alt+arrowdown", S.key_newer, () => this.step(1), { typing: true });
    ctx.keys.bind("0", S.key_newest, () => this.newest());
    ctx.keys.bind("t", S.key_tone, () => this.nextTone());
    ctx.on("talk", (view) => this.open(view));
    ctx.on("message", (event) => this.heard(event));
    ctx.on("target", (id) => this.target(id));
    ctx.on("sent", (message) => this.answered(message));
    ctx.on("unsent", ({ talk }) => talk === this.talk && this.unlock());
    ctx.on("caught-up", () => this.talk && this.ask());
    this.draw();
  }

  clear(talk) {
    clearTimeout(this.timer);
    this.turn = (this.turn || 0) + 1;
    Object.assign(this, { talk, asked: [], pinned: null, offer: null, shown: null, answeredId: null, loading: false, locked: false, tone: 0, tones: null, tries: 0, owner: null });
  }

  // The open talk as it was read (null: none).
  open(view) {
    const other = view?.id !== this.talk;
    if (other) this.clear(view?.id || null);
    if (!view) {
      this.draw();
      return;
    }
    const before = this.current;
    const owner = this.owner;
    this.owner = view.owner;
    const known = new Map([...this.asked, ...view.messages.filter((one) => one.from === "shopper")].map((one) => [one.id, one]));
    this.asked = [...known.values()].sort((a, b) => a.seq - b.seq);
    const last = view.messages.filter((one) => one.from === "agent").at(-1);
    const newest = this.asked.at(-1);
    if (newest && last && last.seq > newest.seq) this.answeredId = newest.id;
    // Offered before the talk was this agent's: asked for anew, so that what becomes of it counts.
    const mine = view.owner === `agent:${this.ctx.me.id}` && owner !== view.owner && this.offer && !this.offer.use;
    if (other || this.current?.id !== before?.id || mine) this.ask();
    else this.draw();
  }

  // A new or changed message of the open talk.
  heard({ talk, message }) {
    if (talk !== this.talk || message.from !== "shopper") return;
    const before = this.current;
    this.asked = [...this.asked.filter((one) => one.id !== message.id), message].sort((a, b) => a.seq - b.seq);
    if (this.current?.id !== before?.id) this.ask();
    else this.draw();
  }

  // The message that suggestions are for.
  get current() {
    return this.asked.find((one) => one.id === this.pinned) || this.asked.at(-1) || null;
  }

  // Somebody pointed at a message (null: the newest again).
  target(id) {
    const pinned = id && id !== this.asked.at(-1)?.id ? id : null;
    if (pinned === this.pinned && !(id && this.answeredId === id)) return;
    this.pinned = pinned;
    // Whoever points at an answered message wants to say more about it.
    this.answeredId = null;
    this.ask();
  }

  step(by) {
    const at = this.asked.findIndex((one) => one.id === this.current?.id);
    const next = this.asked[at + by];
    if (!next) return Boolean(this.talk);
    this.ctx.emit("target", next.id);
    return true;
  }

  newest() {
    if (!this.talk) return false;
    if (this.pinned || this.answeredId) {
      this.ctx.emit("target", this.asked.at(-1)?.id || null);
      if (this.pinned === null) this.ask();
    } else this.ask();
    return true;
  }

  async ask() {
    clearTimeout(this.timer);
    const about = this.current;
    const turn = ++this.turn;
    if (!about || about.id === this.answeredId) {
      Object.assign(this, { offer: null, loading: false });
      this.draw();
      return;
    }
    this.loading = true;
    this.draw();
    let offer;
    try {
      offer = await this.ctx.api.post(`/talks/${this.talk}/suggestions`, { message_id: about.id, most: MOST });
    } catch (problem) {
      offer = { message_id: about.id, use: null, reason: problem.status === 404 ? "gone" : "down", suggestions: [], mood: "calm" };
    }
    if (turn !== this.turn) return;
    const replaced = this.offer?.suggestions.length && offer.suggestions.length;
    Object.assign(this, { offer, loading: false, locked: false, tone: 0, tones: null, shown: replaced ? performance.now() : null });
    this.tries = PASSING.includes(offer.reason) ? this.tries + 1 : 0;
    // The engine comes back by itself, and so does the list.
    if (this.tries) this.timer = setTimeout(() => this.ask(), AGAIN[Math.min(this.tries, AGAIN.length) - 1]);
    this.draw();
    if (offer.mood !== "calm" && offer.suggestions.length) void this.readTones();
  }

  get suggestions() {
    return this.offer?.suggestions || [];
  }

  // The words of suggestion `place` in the tone that is chosen; what is missing in them by its name.
  text(place) {
    const text = this.tones?.[this.tone]?.texts[place] ?? this.suggestions[place]?.text ?? "";
    return Object.entries(this.words.gaps).reduce((words, [gap, name]) => words.replaceAll(`{${gap}}`, `{${name}}`), text);
  }

  ready(place) {
    if (!this.suggestions[place] || this.locked) return false;
    if (this.shown !== null && performance.now() - this.shown < SETTLES) {
      this.ctx.toast(this.words.just_changed, { kind: "warn" });
      return false;
    }
    return true;
  }

  send(place) {
    if (!this.ready(place)) return Boolean(this.talk);
    const gaps = gapsOf(this.text(place));
    if (gaps.length) {
      // What lacks something is no answer yet: it goes where the gap can be filled.
      this.ctx.toast(say(this.words.has_gap, { names: gaps.join(" ") }), { kind: "warn" });
      return this.edit(place);
    }
    this.locked = true;
    this.draw();
    this.ctx.emit("send", { ...this.taken(place), text: this.text(place) });
    return true;
  }

  edit(place) {
    if (!this.suggestions[place]) return Boolean(this.talk);
    this.ctx.emit("insert", { ...this.taken(place), text: this.text(place) });
    return true;
  }

  taken(place) {
    return { use: this.offer.use, place, image: this.suggestions[place].image || null };
  }

  unlock() {
    this.locked = false;
    this.draw();
  }

  // Something was sent in this talk: what was asked is answered, until the shopper asks again.
  answered(message) {
    if (message.talk !== this.talk) return;
    this.locked = false;
    const newest = this.asked.at(-1);
    if (newest && newest.seq > message.seq) return;
    this.pinned = null;
    this.answeredId = newest?.id || null;
    this.turn += 1;
    Object.assign(this, { offer: null, loading: false });
    clearTimeout(this.timer);
    this.ctx.emit("target", null);
    this.draw();
  }

  // Every suggestion in its other tones: [{tone, texts}], the first as they are.
  async readTones() {
    const turn = this.turn;
    const { suggestions, offer } = this;
    const found = await Promise.all(
      suggestions.map((one) => this.ctx.api.post("/suggestions/alternatives", { text: one.text, talk: this.talk, message_id: offer.message_id, response: one.response }).catch(() => ({ alternatives: [] }))),
    );
    if (turn !== this.turn) return;
    const tones = [{ tone: "as_is", texts: suggestions.map((one) => one.text) }];
    for (const tone of ["calm", "nin", "qin"]) {
      const variants = found.map((one) => one.alternatives.filter((each) => each.tone === tone).map((each) => each.text));
      for (let round = 0; round < Math.max(0, ...variants.map((one) => one.length)); round += 1) {
        tones.push({ tone, round, texts: suggestions.map((one, place) => variants[place][round] ?? variants[place].at(-1) ?? one.text) });
      }
    }
    this.tones = tones;
    this.draw();
  }

  nextTone() {
    if (!this.suggestions.length) return false;
    void this.changeTone();
    return true;
  }

  async changeTone(to = null) {
    if (!this.tones) await this.readTones();
    if (!this.tones) return;
    if (this.tones.length === 1) this.ctx.toast(this.words.no_tone);
    this.tone = to ?? (this.tone + 1) % this.tones.length;
    this.draw();
  }

  draw() {
    const S = this.words;
    const { current, offer } = this;
    const at = this.asked.findIndex((one) => one.id === current?.id);
    fill(this.about, current ? [h("span", { class: "mute", text: this.pinned ? S.about_older : S.about }), " ", h("q", { text: sourceLine(current, S) })] : S.title);
    if (offer && offer.mood && offer.mood !== "calm") this.about.append(" ", h("span", { class: `tag ${offer.mood === "angry" ? "bad" : "warn"}`, text: S.moods[offer.mood] }));
    fill(
      this.tools,
      this.asked.length > 1
        ? [
            this.tool("↑", S.key_older, "Alt+↑", () => this.step(-1), at <= 0),
            this.tool("↓", S.key_newer, "Alt+↓", () => this.step(1), at < 0 || at === this.asked.length - 1),
          ]
        : null,
      this.pinned ? this.tool(S.newest, S.key_newest, "0", () => this.newest()) : null,
      this.toneChoice(),
    );
    this.list.classList.toggle("stale", this.loading || this.locked);
    fill(
      this.list,
      this.suggestions.map((one, place) => card(one, place, this.text(place), S, { send: () => this.send(place), edit: () => this.edit(place), locked: this.locked })),
    );
    const reason = offer?.reason;
    this.status.textContent = !current
      ? this.talk ? S.nothing_asked : S.no_talk
      : current.id === this.answeredId
        ? S.answered
        : this.loading && !this.suggestions.length
          ? S.loading
          : reason
            ? S.reasons[reason] || S.reasons.nothing
            : "";
    this.status.hidden = !this.status.textContent;
    this.host.dataset.state = this.loading ? "loading" : current?.id === this.answeredId ? "answered" : reason || (this.suggestions.length ? "ready" : "empty");
    if (reason || current?.id === this.answeredId) this.status.append(" ", h("button", { type: "button", text: reason ? S.again : S.more, on: { click: () => this.newest() } }), " ", h("kbd", { text: "0" }));
  }

  tool(text, label, keys, fn, disabled = false) {
    return h("button", { type: "button", class: "quiet", text, "aria-label": label, title: `${label} ${keys}`, disabled, on: { click: fn } });
  }

  toneChoice() {
    if (!this.suggestions.length) return null;
    const S = this.words;
    if (!this.tones) return h("button", { type: "button", class: "quiet", title: "T", text: S.tone, on: { click: () => this.changeTone() } });
    if (this.tones.length === 1) return null;
    return h(
      "span",
      { class: "row tones", role: "group", "aria-label": S.tone },
      this.tones.map((one, place) =>
        h("button", { type: "button", "aria-pressed": String(place === this.tone), text: say(S.tones[one.tone], {}) + (one.round ? ` ${one.round + 1}` : ""), on: { click: () => this.changeTone(place) } }),
      ),
    );
  }
}
