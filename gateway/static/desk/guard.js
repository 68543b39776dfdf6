// The wording check while somebody types: marks in the field, reasons below it, and better words one key away.
import { units } from "./editor.js";
import { fill, h } from "./dom.js";
import { say } from "./words.js";

const WAIT = 250;

export class Guard {
  // `mended()`: better words were put in.
  constructor(ctx, editor) {
    this.ctx = ctx;
    this.editor = editor;
    this.findings = [];
    this._turn = 0;
    this._text = "";
    this.node = h("ul", { class: "findings", "aria-label": ctx.words.composer.findings, hidden: true });
    this.live = h("p", { class: "hidden-text", role: "status" });
  }

  // The draft of `talk` has changed.
  typed(talk) {
    clearTimeout(this._timer);
    // A short code on its own looks for a script and is said to nobody.
    if (!this.editor.value.trim() || /^\s*\/\S*\s*$/.test(this.editor.value)) {
      this._show([], this.editor.value);
      return;
    }
    this._timer = setTimeout(() => this._ask(talk), WAIT);
  }

  async _ask(talk) {
    const turn = ++this._turn;
    const text = this.editor.value;
    const answer = await this.ctx.api.post("/wording", { text, talk }).catch(() => null);
    if (turn === this._turn && answer && text === this.editor.value) this._show(answer.findings, text);
  }

  // Findings that the server gave with a refusal; they fit `text`.
  show(findings, text) {
    this._turn += 1;
    if (text === this.editor.value) this._show(findings, text);
  }

  // Puts the better words of the gravest finding that has some in its place; false when there is none.
  mend(finding = this.findings.find((one) => one.better)) {
    if (!finding?.better || this.editor.value !== this._text) return false;
    const [start, end] = units(this._text, finding.better.span);
    this.editor.replace(start, end, finding.better.text);
    this.editor.toGap(start);
    return true;
  }

  _show(findings, text) {
    const C = this.ctx.words.composer;
    clearTimeout(this._timer);
    this._turn += 1;
    const before = this.findings.length;
    this.findings = findings;
    this._text = text;
    this.editor.mark(findings.map((one) => ({ start: units(text, one.span)[0], end: units(text, one.span)[1], kind: one.severity })));
    const first = findings.find((one) => one.better);
    this.node.hidden = !findings.length;
    fill(
      this.node,
      findings.map((one) =>
        h(
          "li",
          { class: one.severity },
          h("span", { class: `tag ${one.severity === "hint" ? "" : one.severity === "ask" ? "warn" : "bad"}`, text: C.severity[one.severity] }),
          h("span", { class: "found", text: say(C.found, one) }),
          one.better
            ? h(
                "button",
                { type: "button", class: "better", on: { click: () => this.mend(one) } },
                h("span", { text: one.better.text ? say(C.better, one.better) : C.leave_out }),
                one === first ? h("kbd", { text: "Alt+R" }) : null,
              )
            : one.instead
              ? h("span", { class: "mute", text: say(C.instead, one) })
              : null,
        ),
      ),
    );
    if (findings.length !== before) this.live.textContent = findings.length ? say(C.findings_count, { n: findings.length }) : "";
  }
}
