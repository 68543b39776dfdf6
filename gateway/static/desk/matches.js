// Scripts that fit what is being typed, below the field: by /code, by pinyin initials, by content. Choosing one puts it in at the cursor.
import { fill, h } from "./dom.js";
import { say } from "./words.js";

const WAIT = 120;
const MOST = 6;
const SLASH = /(?:^|[\s，,。！？!?；;：:])(\/[^\s/]{0,20})$/;
const LETTERS = /(?:^|[^a-z0-9{_])([a-z]{2,12})$/i;
const WORDS = /[^\s。！？!?；;，,、：:]{2,}$/;
const LONGEST = 20;

// What is looked for with the words before the cursor: {q, start, kind}; `start` is where a trigger begins (it gives way to the script).
export function query(before) {
  const slash = SLASH.exec(before);
  if (slash) return { q: slash[1], start: before.length - slash[1].length, kind: "slash" };
  const letters = LETTERS.exec(before);
  if (letters) return { q: letters[1].toLowerCase(), start: before.length - letters[1].length, kind: "letters" };
  const words = WORDS.exec(before);
  return words ? { q: words[0].slice(-LONGEST), start: before.length, kind: "words" } : null;
}

export class Matches {
  // `take(match, asked)`: a script was chosen; `asked` as `query` says it.
  constructor(ctx, editor, take) {
    this.ctx = ctx;
    this.editor = editor;
    this._take = take;
    this._asked = null;
    this._found = [];
    this._at = 0;
    this._turn = 0;
    this.node = h("ul", { class: "matches", id: "matches", role: "listbox", "aria-label": ctx.words.composer.matches, hidden: true });
    editor.field.setAttribute("aria-controls", "matches");
  }

  get open() {
    return !this.node.hidden;
  }

  // The words before the cursor have changed in talk `talk`.
  typed(talk) {
    clearTimeout(this._timer);
    const asked = talk ? query(this.editor.value.slice(0, this.editor.caret)) : null;
    if (!asked) {
      this.close();
      return;
    }
    this._timer = setTimeout(() => this._ask(talk, asked), WAIT);
  }

  async _ask(talk, asked) {
    const turn = ++this._turn;
    // No script in sight is no reason to keep somebody from writing: whatever goes wrong here stays silent.
    const answer = await this.ctx.api.get("/scripts/match", { q: asked.q, talk }).catch(() => null);
    if (turn !== this._turn) return;
    this._asked = asked;
    this._found = (answer?.matches || []).slice(0, MOST);
    this._at = 0;
    this._draw();
  }

  close() {
    clearTimeout(this._timer);
    this._turn += 1;
    this._found = [];
    this._draw();
  }

  // A key while the field has the focus; true when it was meant for the list.
  key(name) {
    if (!this.open) return false;
    const slash = this._asked.kind === "slash";
    if (name === "escape") this.close();
    else if (name === "tab" || (name === "enter" && slash)) this._choose(this._at);
    else if (name === "alt+arrowdown" || (name === "arrowdown" && slash)) this._move(1);
    else if (name === "alt+arrowup" || (name === "arrowup" && slash)) this._move(-1);
    else return false;
    return true;
  }

  _move(step) {
    this._at = (this._at + step + this._found.length) % this._found.length;
    this._draw();
    this.node.children[this._at]?.scrollIntoView({ block: "nearest" });
  }

  _choose(place) {
    const chosen = this._found[place];
    const asked = this._asked;
    this.close();
    if (chosen) this._take(chosen, asked);
  }

  _draw() {
    const C = this.ctx.words.composer;
    this.node.hidden = !this._found.length;
    fill(
      this.node,
      this._found.map((one, place) =>
        h(
          "li",
          // The field keeps the focus: the list is walked through with keys and pressed with a finger.
          { role: "option", id: `match-${place}`, "aria-selected": String(place === this._at), on: { pointerdown: (event) => event.preventDefault(), click: () => this._choose(place) } },
          one.image ? h("img", { src: one.image, alt: C.picture, loading: "lazy" }) : null,
          h("span", { class: "title", text: one.title }),
          one.code ? h("span", { class: "tag", text: `/${one.code}` }) : null,
          one.missing?.length ? h("span", { class: "tag warn", text: say(C.lacks, { n: one.missing.length }) }) : null,
          place === this._at ? h("kbd", { text: "Tab" }) : null,
          h("span", { class: "preview", text: one.text }),
        ),
      ),
    );
    const { field } = this.editor;
    if (this.open) field.setAttribute("aria-activedescendant", `match-${this._at}`);
    else field.removeAttribute("aria-activedescendant");
  }
}
