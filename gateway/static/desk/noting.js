// Writing an internal note in the open talk. One that was begun waits for its talk.
import { h } from "./dom.js";
import { wrong } from "./frame.js";
import { W } from "./words.js";

const T = W.talk;

export class Noting {
  // `saved(talk)` once a note is stored; `away()` gives the focus back.
  constructor(ctx, saved, away) {
    Object.assign(this, { ctx, saved, away });
    this.talk = null;
    this.begun = new Map();
    this.field = h("textarea", { rows: "2", maxlength: "2000", "aria-label": T.note_label, placeholder: T.note_label });
    const cancel = h("button", { type: "button", text: W.frame.cancel, on: { click: () => this.close(true) } });
    this.node = h("form", { class: "noting", hidden: true }, this.field, h("div", { class: "row end" }, h("button", { type: "submit", class: "primary", text: T.note_save }), cancel));
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
    this.field.addEventListener("keydown", (event) => this._press(event));
  }

  // Another talk is open now (null: none).
  show(talk) {
    if (this.talk) this.begun.set(this.talk, this.field.value);
    this.talk = talk;
    this.field.value = this.begun.get(talk) || "";
    this.node.hidden = !this.field.value;
  }

  open() {
    this.node.hidden = false;
    this.field.focus();
  }

  close(forget = false) {
    if (forget) this.field.value = "";
    const inside = this.node.contains(document.activeElement);
    this.node.hidden = true;
    if (inside) this.away();
  }

  async save() {
    const text = this.field.value.trim();
    const { talk } = this;
    if (!text || this._saving) return;
    this._saving = true;
    try {
      await this.ctx.api.post(`/talks/${talk}/notes`, { text });
      if (talk !== this.talk) this.begun.delete(talk);
      // What was written on meanwhile is another note.
      else if (this.field.value.trim() === text) this.close(true);
      this.saved(talk);
    } catch (problem) {
      this.ctx.toast(T.problems[problem.kind] || wrong(problem), { kind: "bad" });
    } finally {
      this._saving = false;
    }
  }

  _press(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && !event.shiftKey) void this.save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
