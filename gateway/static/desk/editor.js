// A text field that shows marks behind its words: gaps that are still to be filled, and what the wording check found. What is put in
// by a key can be undone like typing; nothing ever replaces what somebody wrote.
import { fill, h } from "./dom.js";

// A value that nobody knows stays in braces under its name: {tracking}, {运单号}.
export const GAP = /\{[\p{L}\p{N}_]{1,24}\}/gu;

export class Editor {
  // `label`: for screen readers; `describedBy`: ids of what explains the field.
  constructor({ label, placeholder, describedBy }) {
    this.marked = [];
    this.mirror = h("div", { class: "mirror", "aria-hidden": "true" });
    this.field = h("textarea", {
      id: "draft", rows: 2, placeholder, "aria-label": label, "aria-describedby": describedBy, "aria-autocomplete": "list",
      enterkeyhint: "send", autocomplete: "off", spellcheck: "false",
    });
    this.node = h("div", { class: "editor" }, this.mirror, this.field);
    this.field.addEventListener("scroll", () => this._scroll());
    this.field.addEventListener("input", () => this.draw());
  }

  get value() {
    return this.field.value;
  }

  get caret() {
    return this.field.selectionStart;
  }

  // Another draft altogether (another talk's, or none after sending): what was before it cannot be undone into it.
  load(text) {
    this.field.value = text;
    this.marked = [];
    this.field.setSelectionRange(text.length, text.length);
    this.draw();
  }

  // Puts `text` in the place of [start, end), as somebody typing would: it can be undone.
  replace(start, end, text) {
    this.field.focus();
    this.field.setSelectionRange(start, end);
    const done = text ? document.execCommand("insertText", false, text) : start === end || document.execCommand("delete");
    if (!done) {
      this.field.setRangeText(text, start, end, "end");
      this.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  // Puts `text` at the cursor. At the end of other words it becomes a paragraph of its own; inside them it is put in as it is.
  insert(text) {
    const { selectionEnd: at, value } = this.field;
    const before = value.slice(0, at);
    const apart = at === value.length && before.trim() ? (/\n\n$/.test(before) ? "" : /\n$/.test(before) ? "\n" : "\n\n") : "";
    this.replace(at, at, apart + text);
    this.toGap(at);
  }

  undo() {
    this.field.focus();
    document.execCommand("undo");
  }

  // [{start, end, name}] of what is still missing.
  gaps() {
    return [...this.value.matchAll(GAP)].map((one) => ({ start: one.index, end: one.index + one[0].length, name: one[0].slice(1, -1) }));
  }

  // Selects the next gap from `from` on (the first one after the last), so that typing fills it. False when there is none.
  toGap(from = this.field.selectionEnd) {
    const all = this.gaps();
    const next = all.find((one) => one.start >= from) || all[0];
    if (!next) return false;
    this.field.focus();
    this.field.setSelectionRange(next.start, next.end);
    this._reveal(next.start);
    return true;
  }

  // A selection set by a program moves no field: in a long draft what is to be filled in would stay out of sight.
  _reveal(place) {
    const texts = document.createTreeWalker(this.mirror, NodeFilter.SHOW_TEXT);
    let left = place;
    let node = texts.nextNode();
    for (; node && left >= node.length; node = texts.nextNode()) left -= node.length;
    if (!node) return;
    const range = document.createRange();
    range.setStart(node, left);
    range.setEnd(node, left + 1);
    const at = range.getBoundingClientRect();
    const seen = this.field.getBoundingClientRect();
    if (at.top < seen.top || at.bottom > seen.bottom) this.field.scrollTop += at.top - seen.top - seen.height / 3;
  }

  // `spans`: [{start, end, kind}], positions in the present value.
  mark(spans) {
    this.marked = spans;
    this.draw();
  }

  draw() {
    const { value } = this;
    const spans = [...this.marked.filter((one) => one.end <= value.length), ...this.gaps().map((one) => ({ ...one, kind: "gap" }))];
    const cuts = [...new Set([0, value.length, ...spans.flatMap((one) => [one.start, one.end])])].sort((a, b) => a - b);
    const parts = cuts.slice(1).map((end, place) => {
      const start = cuts[place];
      const kinds = spans.filter((one) => one.start <= start && one.end >= end).map((one) => one.kind);
      const text = value.slice(start, end);
      return kinds.length ? h("mark", { class: [...new Set(kinds)].join(" "), text }) : text;
    });
    // A last empty line is as high in the field; the mirror needs something in it.
    fill(this.mirror, parts, "\u200b");
    this._scroll();
  }

  _scroll() {
    this.mirror.scrollTop = this.field.scrollTop;
  }
}

// Positions of characters (code points), as the server counts them, in a string of this language.
export function units(text, span) {
  const points = Array.from(text);
  if (points.length === text.length) return span;
  return span.map((place) => points.slice(0, place).join("").length);
}
