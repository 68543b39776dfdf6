// One message being labelled: its words to mark, the model's guesses for the keys 1 to 9, the search for other wishes, what speaks against it.
import { fill, h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { findingsView } from "./diff.js";
import { I } from "./words_inbox.js";

const WAIT = 150;
const MOST_FOUND = 12;
const LONGEST = 40;
export const percent = (share) => (typeof share === "number" ? `${Math.round(share * 100)}%` : "");

// `deeds`: {approve, drop, step, undo, create} of the page; `choices()`: {wishes, entities}; `told(problem)`: in words.
export class Station {
  constructor(ctx, host, choices, deeds, told) {
    Object.assign(this, { ctx, host, choices, deeds, told });
    this.now = null;
    this.train = false;
    this.checking = 0;
    this.said = new Map();
    this.search = h("input", { type: "search", "aria-label": I.find, placeholder: I.find, maxlength: "40", autocomplete: "off" });
    this.search.addEventListener("input", (event) => event.isComposing || this._drawFound());
    this.search.addEventListener("compositionend", () => this._drawFound());
    this.search.addEventListener("keydown", (event) => this._searched(event));
    this.found = h("ul", { class: "found", "aria-label": I.found });
    this.words = h("div", { class: "words", role: "group", "aria-label": I.words });
    this.marking = h("div");
    this.guesses = h("ol", { class: "guesses", "aria-label": I.guesses });
    this.chosen = h("p", { class: "chosen", role: "status" });
    this.findings = h("div", { "aria-live": "polite" });
    this._bind();
  }

  // Shows a message (null: none), `ready` as /read told it, and where it stands in its group.
  show(message, ready, { at, count }) {
    this.now = message && { message, ready, text: ready.text, pieces: ready.pieces, marks: ready.entities.map((one) => ({ ...one })), wish: null, whole: false, from: null, to: null, count };
    this.search.value = "";
    if (!this.now) {
      fill(this.host);
      return;
    }
    const heard = message.intent ? say(I.heard, { name: message.name, share: percent(message.share) }) : I.heard_none;
    const asked = message.asked ? h("span", { title: message.asked, text: ` · ${say(I.asked, { name: message.asked })}` }) : null;
    if (asked) void this._tellAsked(message.asked, asked);
    const train = h("input", { type: "checkbox", checked: this.train, on: { change: (event) => { this.train = event.target.checked; } } });
    const whole = h("input", { type: "checkbox", id: "whole", on: { change: (event) => { this.now.whole = event.target.checked; } } });
    const button = (key, text, fn, kind = "") => h("button", { type: "button", class: kind, "aria-keyshortcuts": key, on: { click: fn } }, text, " ", h("kbd", { text: key }));
    fill(this.host,
      h("h2", { text: `${I.station} · ${say(I.of_group, { at, n: count })}` }),
      h("p", { class: "mute" }, [...message.reasons.map((one) => I.reasons[one] || one), message.day, heard].filter(Boolean).join(" · "), asked),
      this.words, this.marking,
      ready.asked ? null : h("p", { class: "warn", text: I.offline }),
      ready.known ? h("p", { class: "known", text: say(I.known, { share: percent(ready.known.share) }) }) : null,
      this.guesses,
      h("div", { class: "row" }, h("div", { class: "grow" }, this.search), button("/", I.keys.find, () => this.search.focus(), "quiet")),
      this.found, this.chosen, this.findings,
      h("div", { class: "row" },
        h("label", {}, train, I.train, " ", h("kbd", { text: "T" })),
        count > 1 ? h("label", {}, whole, say(I.whole, { n: count }), " ", h("kbd", { text: "G" })) : null),
      h("div", { class: "row end" },
        h("a", { href: `/studio/stories?${new URLSearchParams({ inbox: message.id })}`, text: I.story }), button("U", I.undo, () => this.deeds.undo(), "quiet"), button("E", I.edit, () => this.edit()), button("K", I.back, () => this.deeds.step(-1)),
        button("J", I.skip, () => this.deeds.step(1)), button("X", I.drop, () => this.drop()), button("Enter", I.approve, () => this.approve(), "primary")));
    this.boxes = { train, whole };
    this._drawWords();
    this._drawGuesses();
    this._drawFound();
    this.choose(ready.guesses[0] || null);
  }

  // What the bot had said in words, once they are known.
  async _tellAsked(name, place) {
    if (!this.said.has(name)) this.said.set(name, this.ctx.api.get("/studio/says", { q: name, limit: 200 }).then(({ says }) => says.find((one) => one.name === name)?.text || "").catch(() => ""));
    const text = await this.said.get(name);
    if (text) place.textContent = ` · ${say(I.asked, { name: `「${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}」` })}`;
  }

  // A wish {intent, topic, name} becomes the label; what speaks against it is asked at once.
  choose(wish) {
    this.now.wish = wish;
    const known = wish && this.choices().wishes.find((one) => one.intent === wish.intent && one.topic === (wish.topic ?? null));
    fill(this.chosen, wish ? say(I.chosen, wish) : I.chosen_none, known ? h("span", { class: "mute", text: ` · ${say(I.examples, known)}` }) : null);
    for (const one of this.guesses.querySelectorAll("button")) one.setAttribute("aria-pressed", String(Boolean(wish) && one.dataset.wish === wishId(wish)));
    this._check();
  }

  approve() {
    const { now } = this;
    if (!now?.wish) {
      this.search.focus();
      return;
    }
    if (now.errors) {
      this.ctx.toast(I.errors_first, { kind: "warn" });
      return;
    }
    const { intent, topic } = now.wish;
    const single = now.whole && now.count > 1 ? {} : { text: now.text === now.message.text ? null : now.text, entities: now.marks.map(({ start, end, text, entity, value }) => ({ start, end, text, entity, value: value || text })) };
    void this.deeds.approve(now, { intent, topic: topic ?? null, train: this.train, ...single });
  }

  drop() {
    if (!this.now) return;
    const { known } = this.now.ready;
    void this.deeds.drop(this.now, known && (!this.now.wish || wishId(known) === wishId(this.now.wish)) ? "known" : "useless");
  }

  // The sentence as it shall stand in the files; its words are cut anew by the server.
  async edit() {
    const { now } = this;
    if (!now) return;
    const field = h("textarea", { value: now.text, rows: "3", maxlength: "300", "aria-label": I.edit_title });
    const chosen = await this.ctx.ask(I.edit_title, h("div", {}, h("p", { class: "mute", text: I.edit_why }), field), [{ name: "ok", label: I.edit_ok, kind: "primary" }, { name: "cancel", label: I.cancel }]);
    const text = field.value.trim();
    if (chosen !== "ok" || !text || text === now.text) return;
    try {
      const { texts } = await this.ctx.api.post("/studio/inbox/cut", { texts: [text] });
      if (this.now !== now) return;
      // Marks of words that still stand where they stood stay.
      const kept = now.marks.filter((one) => texts[0].pieces.some((piece) => piece.start === one.start) && [...texts[0].text].slice(one.start, one.end).join("") === one.text);
      Object.assign(now, { ...texts[0], marks: kept, from: null, to: null });
      this._drawWords();
      this._check();
    } catch (problem) {
      this.ctx.toast(this.told(problem), { kind: "bad" });
    }
  }

  _bind() {
    const { keys } = this.ctx;
    const when = (fn) => () => (this.now && !this.host.hidden ? fn() : false);
    for (let digit = 1; digit <= 9; digit += 1) {
      keys.bind(String(digit), digit === 1 ? I.keys.guess : "", when(() => {
        const wish = this.now.ready.guesses[digit - 1];
        if (wish) this.choose(wish);
      }));
    }
    // Enter on a button or link of the page means that one.
    keys.bind("enter", I.keys.approve, (event) => (this.now && !event.target.closest("button, a, summary, label, select") ? this.approve() : false));
    keys.bind("x", I.keys.drop, when(() => this.drop()));
    keys.bind("/", I.keys.find, when(() => this.search.focus()));
    keys.bind("j", I.keys.skip, when(() => this.deeds.step(1)));
    keys.bind("k", I.keys.back, when(() => this.deeds.step(-1)));
    keys.bind("t", I.keys.train, when(() => this.boxes.train.click()));
    keys.bind("g", I.keys.whole, when(() => this.boxes.whole.click()));
    keys.bind("e", I.keys.edit, when(() => void this.edit()));
  }

  _drawGuesses() {
    fill(this.guesses, this.now.ready.guesses.map((one, place) =>
      h("li", {}, h("button", { type: "button", "data-wish": wishId(one), "aria-pressed": "false", on: { click: (event) => { this.choose(one); event.target.blur(); } } }, say(I.guess, { n: place + 1, name: one.name, share: percent(one.share) })))));
  }

  _drawFound() {
    const typed = this.search.value.trim().toLowerCase().replace(/\s+/g, "");
    const found = typed ? matches(this.choices().wishes, typed).slice(0, MOST_FOUND) : [];
    this.first = found[0] || null;
    const pick = (one) => h("button", { type: "button", on: { click: () => this._pick(one) } }, one.name, " ", h("span", { class: "mute", text: `${one.group} · ${one.intent}${one.topic ? `/${one.topic}` : ""} · ${say(I.examples, one)}` }));
    fill(this.found, found.map((one, place) => h("li", { class: place ? "" : "first" }, pick(one))),
      typed ? h("li", {}, found.length ? null : h("span", { class: "mute", text: `${I.found_none} ` }), h("button", { type: "button", on: { click: () => void this.deeds.create(this.search.value.trim()) } }, I.create)) : null);
  }

  _searched(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") this.search.blur();
    if (event.key !== "Enter" || !this.first) return;
    event.preventDefault();
    event.stopPropagation();
    this._pick(this.first);
  }

  _pick(one) {
    this.search.value = "";
    this._drawFound();
    this.search.blur();
    document.activeElement?.blur?.();
    this.choose(one);
  }

  _drawWords() {
    const { now } = this;
    const name = (entity) => this.choices().entities.find((one) => one.entity === entity)?.name || entity;
    fill(this.words, now.pieces.map((piece, place) => {
      if (!piece.word) return h("span", { class: "gap", text: piece.text });
      const mark = now.marks.find((one) => one.start <= piece.start && piece.end <= one.end);
      const picked = now.from !== null && now.from <= place && place <= now.to;
      const label = mark ? say(I.word_marked, { text: mark.text, name: name(mark.entity) }) : null;
      return h("button", { type: "button", class: mark ? "marked" : "", title: label, "aria-label": label && `${piece.text}（${label}）`, "aria-pressed": String(picked), text: piece.text, on: { click: (event) => this._word(place, mark, event.shiftKey) } });
    }));
    const text = now.from === null ? "" : now.pieces.slice(now.from, now.to + 1).map((one) => one.text).join("");
    const picker = h("select", { "aria-label": say(I.mark_as, { text }), on: { change: (event) => this._mark(text, event.target.value) } },
      h("option", { value: "", text: I.mark_choose }), this.choices().entities.map((one) => h("option", { value: one.entity, text: one.name })));
    fill(this.marking,
      now.marks.length ? h("ul", { class: "marks", "aria-label": I.marks }, now.marks.map((one) => h("li", { class: "row" }, h("span", { class: "tag good", text: `${one.text} · ${name(one.entity)}` }),
        h("input", { value: one.value, "aria-label": say(I.value, one), maxlength: "60", on: { input: (event) => { one.value = event.target.value.trim(); } } }),
        h("button", { type: "button", class: "quiet", "aria-label": say(I.unmark, one), text: "×", on: { click: () => this._unmark(one) } })))) : null,
      text ? h("div", { class: "row" }, h("span", { text: say(I.mark_as, { text }) }), picker) : null);
  }

  // A click picks a word, one beside what is picked (or with Shift) widens it; a marked word loses its mark.
  _word(place, mark, shift) {
    const { now } = this;
    if (mark && !shift) {
      this._unmark(mark);
      return;
    }
    if (now.from === null || (!shift && (place < now.from - 1 || place > now.to + 1)) || (now.from === place && now.to === place)) {
      const same = now.from === place && now.to === place;
      now.from = now.to = same ? null : place;
    } else {
      now.from = Math.min(now.from, place);
      now.to = Math.max(now.to, place);
    }
    this._drawWords();
    this.words.querySelectorAll("button")[now.pieces.slice(0, place).filter((one) => one.word).length]?.focus();
  }

  _mark(text, entity) {
    const { now } = this;
    if (!entity) return;
    const [start, end] = [now.pieces[now.from].start, now.pieces[now.to].end];
    now.marks = [...now.marks.filter((one) => one.end <= start || end <= one.start), { start, end, text, entity, value: text }].sort((one, other) => one.start - other.start);
    now.from = now.to = null;
    this._drawWords();
    document.activeElement?.blur?.();
  }

  _unmark(mark) {
    this.now.marks = this.now.marks.filter((one) => one !== mark);
    this._drawWords();
  }

  // What speaks against the label, while it is being chosen.
  _check() {
    const { now } = this;
    const mine = ++this.checking;
    now.errors = false;
    fill(this.findings);
    if (!now.wish) return;
    setTimeout(async () => {
      if (mine !== this.checking) return;
      const found = await this.ctx.api.post("/studio/inbox/check", { text: now.text, intent: now.wish.intent, topic: now.wish.topic ?? null }).catch(() => null);
      if (mine !== this.checking || !found) return;
      now.errors = found.findings.some((one) => one.severity === "error");
      fill(this.findings, findingsView(found.findings));
    }, WAIT);
  }
}

const wishId = (wish) => `${wish.intent}/${wish.topic ?? ""}`;

// Wishes by name, by pinyin or initials, by identifier: those that begin so first.
export function matches(wishes, typed) {
  const place = (one) => {
    if (one.name === typed || one.intent === typed) return 0;
    if (one.name.startsWith(typed) || one.initials.startsWith(typed)) return 1;
    if (one.pinyin.startsWith(typed) || one.intent.startsWith(typed)) return 2;
    return one.name.includes(typed) || one.pinyin.includes(typed) || `${one.intent}/${one.topic ?? ""}`.includes(typed) ? 3 : 9;
  };
  return wishes.map((one) => [place(one), one]).filter(([rank]) => rank < 9).sort(([rank], [other]) => rank - other).map(([, one]) => one);
}
