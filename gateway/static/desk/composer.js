// Where an agent writes: one draft for each talk, scripts and suggestions put in at the cursor, the wording check, and the only way out.
import { fill, h } from "./dom.js";
import { Editor } from "./editor.js";
import { Guard } from "./guard.js";
import { Kept } from "./kept.js";
import { combo, composing } from "./keys.js";
import { Matches } from "./matches.js";
import { Outbox } from "./outbox.js";
import { say } from "./words.js";

const TYPING_AGAIN = 3_000;
const TYPING_ENDS = 5_000;
const LONGEST = 2_000;
// `pictures`: [{from, image}], from the suggestion ("use") or the script of that id.
const EMPTY = { text: "", use: null, place: null, scripts: [], pictures: [] };
const MOST_PICTURES = 4;

export function mount(host, ctx) {
  return new Composer(host, ctx);
}

class Composer {
  constructor(host, ctx) {
    const C = (this.words = ctx.words.composer);
    this.host = host;
    this.ctx = ctx;
    this.view = null;
    this.draft = { ...EMPTY };
    this.tones = null;
    this.drafts = new Kept("draft", ctx.me.id);
    this.editor = new Editor({ label: C.label, placeholder: C.placeholder, describedBy: "composer-hint" });
    this.matches = new Matches(ctx, this.editor, (match, asked) => this.script(match, asked));
    this.guard = new Guard(ctx, this.editor);
    this.outbox = new Outbox(ctx, { confirm: (entry, problem) => this.confirm(entry, problem), back: (entry, findings) => this.back(entry, findings), changed: () => this.drawOutbox() });
    this.build();
    this.listen();
    this.drawOutbox();
    // The library is read for the first time now, and not when somebody types.
    ctx.api.get("/scripts/match", { q: "" }).catch(() => null);
  }

  build() {
    const C = this.words;
    this.unsent = h("div", { class: "unsent-list" });
    this.attached = h("div", { class: "attached", hidden: true });
    this.hint = h("p", { id: "composer-hint", class: "hint mute", text: C.closed });
    this.sendButton = h("button", { type: "button", class: "primary send", text: C.send, on: { click: () => this.sendDraft() } });
    const tools = h(
      "div",
      { class: "tools" },
      this.tool(C.undo, "Ctrl+Z", () => this.editor.undo()),
      this.tool(C.tone, "Alt+T", () => this.tone()),
      this.tool(C.next_gap, "Alt+G", () => this.gap()),
      this.hint,
      this.sendButton,
    );
    fill(this.host, this.unsent, this.attached, this.editor.node, this.matches.node, this.guard.node, this.guard.live, tools);
    this.enable(false);
  }

  tool(label, keys, fn) {
    return h("button", { type: "button", class: "quiet", title: keys, text: label, on: { click: fn } });
  }

  listen() {
    const { ctx, editor } = this;
    const { keys, on } = { keys: ctx.keys, on: ctx.on };
    const C = this.words;
    on("talk", (view) => this.open(view));
    on("insert", (what) => this.insert(what));
    on("send", (what) => this.send(what));
    on("frame", (frame) => frame.type === "owner" && frame.talk === this.view?.id && this.owned(frame));
    editor.field.addEventListener("input", (event) => this.input(event));
    // What an input method is still putting together is nobody's text yet.
    editor.field.addEventListener("compositionend", () => this.input({}));
    editor.field.addEventListener("keydown", (event) => this.press(event));
    editor.field.addEventListener("blur", () => this.typing(false));
    keys.bind("enter", C.write, (event) => !event.target.closest?.("button, a, summary, input, select, [role=button], [tabindex]:not(body)") && this.focus());
    keys.bind("/", C.search, () => this.view && this.slash());
    keys.bind("alt+r", C.mend, () => this.guard.mend(), { typing: true });
    keys.bind("alt+g", C.next_gap, () => this.gap(), { typing: true });
    keys.bind("alt+t", C.tone, () => void this.tone(), { typing: true });
    keys.bind("escape", C.leave, () => this.leave(), { typing: true });
  }

  // The open talk as it was read; null: none.
  open(view) {
    const other = view?.id !== this.view?.id;
    this.view = view;
    if (!other) {
      this.enable(Boolean(view));
      return;
    }
    this.typing(false);
    this.matches.close();
    this.tones = null;
    this.draft = { ...EMPTY, ...(view ? this.drafts.get(view.id) : null) };
    this.editor.load(this.draft.text);
    this.guard.typed(view?.id);
    this.enable(Boolean(view));
    this.drawAttached();
    this.drawOutbox();
    // With an empty field digits answer at once; a draft goes on where it was left.
    if (this.draft.text) this.editor.field.focus();
    else if (document.activeElement === this.editor.field || document.activeElement?.closest("#inbox [data-talk]")) document.activeElement.blur();
    tellDraft(this);
  }

  owned(frame) {
    this.view = { ...this.view, owner: frame.owner === "agent" ? `agent:${frame.agent}` : frame.owner };
    this.enable(true);
  }

  get mine() {
    return this.view?.owner === `agent:${this.ctx.me.id}`;
  }

  enable(open) {
    const C = this.words;
    this.editor.field.disabled = !open;
    this.sendButton.disabled = !open;
    const owner = this.view?.owner || "";
    const state = !open ? C.closed : this.mine ? C.hint : owner.startsWith("agent:") ? C.others : C.not_mine[owner] || C.hint;
    this.hint.textContent = state;
  }

  input(event) {
    if (event.isComposing) return;
    const text = this.editor.value;
    // Whoever begins anew has not edited a suggestion.
    if (!text.trim()) this.draft = { ...EMPTY, pictures: this.draft.pictures };
    this.draft.text = text;
    if (!this.toning) this.tones = null;
    this.keep();
    this.typing(Boolean(text.trim()));
    this.matches.typed(this.view?.id);
    this.guard.typed(this.view?.id);
  }

  keep() {
    if (!this.view) return;
    if (this.draft.text || this.draft.pictures.length) this.drafts.set(this.view.id, { ...this.draft, at: Date.now() });
    else this.drafts.drop(this.view.id);
    tellDraft(this);
  }

  press(event) {
    if (composing(event)) return;
    const name = combo(event);
    if (this.matches.key(name)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (name === "enter") {
      event.preventDefault();
      this.sendDraft();
    }
  }

  leave() {
    if (document.activeElement !== this.editor.field) return false;
    this.editor.field.blur();
    return true;
  }

  focus() {
    if (!this.view) return false;
    this.editor.field.focus();
    return true;
  }

  slash() {
    this.editor.field.focus();
    const at = this.editor.field.selectionEnd;
    this.editor.replace(at, at, this.editor.value.slice(0, at).trim() && !/\s$/.test(this.editor.value.slice(0, at)) ? " /" : "/");
    return true;
  }

  gap() {
    return this.editor.toGap();
  }

  // Words of a suggestion or a script, at the cursor. A suggestion keeps its count as long as something of the draft is left.
  insert({ text, use = null, place = null, image = null, script = null }) {
    if (!this.view) return;
    if (use && this.draft.use !== use) Object.assign(this.draft, { use, place });
    if (script) {
      this.draft.scripts = [...new Set([...this.draft.scripts, script])].slice(-10);
      // How often a script is put in and then not sent is the library's to know; nobody waits for it.
      this.ctx.api.post(`/scripts/${script}/uses`, { kind: "inserted", talk: this.view.id }).catch(() => null);
    }
    if (image) this.attach(use ? "use" : script, image);
    this.editor.insert(text);
  }

  attach(from, image) {
    const others = this.draft.pictures.filter((one) => one.image !== image && (from !== "use" || one.from !== "use"));
    if (others.length >= MOST_PICTURES) this.ctx.toast(say(this.words.most_pictures, { most: MOST_PICTURES }), { kind: "warn" });
    else this.draft.pictures = [...others, { from, image }];
    this.drawAttached();
    this.keep();
  }

  script(match, asked) {
    // A /code or initials were only said to find the script; words of the draft stay.
    if (asked.kind !== "words") this.editor.replace(asked.start, this.editor.caret, "");
    this.insert({ text: match.text, image: match.image, script: match.id });
  }

  // The draft in the next of its other tones; after the last one as it was.
  async tone() {
    const text = this.editor.value;
    if (!text.trim() || !this.view) return;
    if (!this.tones) {
      const { alternatives } = await this.ctx.api.post("/suggestions/alternatives", { text, talk: this.view.id });
      if (text !== this.editor.value) return;
      this.tones = { at: 0, all: [{ tone: "as_is", text }, ...alternatives] };
    }
    if (this.tones.all.length === 1) {
      this.ctx.toast(this.words.no_tone);
      this.tones = null;
      return;
    }
    this.tones.at = (this.tones.at + 1) % this.tones.all.length;
    const next = this.tones.all[this.tones.at];
    this.toning = true;
    this.editor.replace(0, this.editor.value.length, next.text);
    this.toning = false;
    this.ctx.toast(say(this.words.toned, { tone: this.ctx.words.suggestions.tones[next.tone] }));
  }

  sendDraft() {
    const text = this.editor.value.trim();
    if (!this.view || !(text || this.draft.pictures.length)) return;
    if (this.editor.gaps().length) {
      this.editor.toGap(0);
      this.ctx.toast(say(this.words.gap, { names: this.editor.gaps().map((one) => `{${one.name}}`).join(" ") }), { kind: "warn" });
      return;
    }
    if (Array.from(text).length > LONGEST) {
      this.ctx.toast(say(this.words.too_long, { most: LONGEST, n: Array.from(text).length }), { kind: "warn" });
      return;
    }
    const { use, place, scripts, pictures } = this.draft;
    void this.send({ text, use, place, scripts, pictures, drafted: true });
  }

  // The way out for all: a suggestion sent as it is leaves the draft alone.
  async send({ text = "", use = null, place = null, scripts = [], image = null, pictures = image ? [{ from: "use", image }] : [], files = [], drafted = false }) {
    const { view } = this;
    if (!view || !(text.trim() || files.length || pictures.length)) return;
    const claim = await this.claim(view, text);
    if (claim === false) {
      this.ctx.emit("unsent", { talk: view.id, use });
      return;
    }
    this.outbox.send({ talk: view.id, text: text.trim(), use, place, scripts, pictures, files }, claim);
    // Sent is sent, also when another talk was opened over the question whether to take this one.
    if (drafted && this.view?.id !== view.id) this.drafts.drop(view.id);
    if (!drafted || this.view?.id !== view.id) return;
    this.draft = { ...EMPTY };
    this.editor.load("");
    this.guard.typed(null);
    this.matches.close();
    this.drawAttached();
    this.keep();
    this.typing(false);
  }

  // What must be done before words may go out in this talk: null nothing, a function that takes it, false: they must not.
  async claim(view, text) {
    const C = this.words;
    if (this.mine) return null;
    if (view.owner.startsWith("agent:") && !this.ctx.lead) {
      this.ctx.toast(C.others, { kind: "warn" });
      return false;
    }
    if (view.owner !== "queue") {
      const answer = await this.ctx.ask(C.take_title, C.take_why[view.owner] || C.take_why.agent, [
        { name: "take", label: C.take_and_send, kind: "primary" },
        { name: "not", label: C.cancel },
      ]);
      if (answer !== "take") return false;
    }
    return async (entry) => {
      const taken = await this.ctx.api.post(`/talks/${view.id}/take`);
      if (this.view?.id === view.id) {
        this.view = { ...this.view, owner: taken.owner };
        this.enable(true);
      }
      // What was offered before the talk was ours is counted from now on.
      if (entry.use || entry.place === null) return {};
      const offer = await this.ctx.api.post(`/talks/${view.id}/suggestions`, {}).catch(() => null);
      const place = offer?.suggestions.findIndex((one) => one.text.trim() === text.trim()) ?? -1;
      return place < 0 ? { place: null } : { use: offer.use, place };
    };
  }

  // Serious findings are asked about once, with the better words first.
  async confirm(entry, problem) {
    const C = this.words;
    const findings = problem.body.findings || [];
    const list = h("ul", { class: "findings" }, findings.map((one) => h("li", { class: one.severity }, h("span", { class: "tag bad", text: C.severity[one.severity] }), h("span", { text: say(C.found, one) }))));
    const better = findings.some((one) => one.better);
    const answer = await this.ctx.ask(C.ask_title, h("div", {}, h("p", { class: "words", text: entry.text }), list, h("p", { class: "mute", text: C.ask_recorded })), [
      { name: "better", label: better ? C.ask_better : C.ask_change, kind: "primary", key: "r" },
      { name: "send", label: C.ask_send, kind: "bad", key: "s" },
    ]);
    return answer;
  }

  // Words that did not go out, back in the field. `findings`: their better words go in at once. Other words are never pushed aside.
  back(entry, findings) {
    if (this.view?.id !== entry.talk) {
      const kept = this.drafts.get(entry.talk);
      if (kept?.text) return false;
      this.drafts.set(entry.talk, { ...EMPTY, ...picked(entry), at: Date.now() });
      return true;
    }
    if (this.editor.value.trim()) this.insert({ text: entry.text });
    else {
      this.draft = { ...EMPTY, ...picked(entry) };
      this.editor.replace(0, this.editor.value.length, entry.text);
      this.drawAttached();
      if (findings) this.guard.show(findings, this.editor.value);
      if (findings) this.guard.mend();
    }
    this.editor.toGap(0);
    return true;
  }

  typing(on) {
    const talk = this.typingIn || (on ? this.view?.id : null);
    clearTimeout(this.typingTimer);
    if (!on || !this.mine) {
      if (talk && this.typingIn) this.ctx.live.send({ type: "typing", talk, on: false });
      this.typingIn = null;
      return;
    }
    if (!this.typingIn || Date.now() - this.typingAt > TYPING_AGAIN) {
      this.typingIn = talk;
      this.typingAt = Date.now();
      this.ctx.live.send({ type: "typing", talk, on: true });
    }
    this.typingTimer = setTimeout(() => this.typing(false), TYPING_ENDS);
  }

  drawOutbox() {
    if (this.unsent) fill(this.unsent, this.outbox?.draw(this.view?.id));
  }

  drawAttached() {
    const { pictures } = this.draft;
    this.attached.hidden = !pictures.length;
    const off = (one) => {
      this.draft.pictures = this.draft.pictures.filter((other) => other !== one);
      this.drawAttached();
      this.keep();
    };
    const button = (one) => h("button", { type: "button", class: "quiet", "aria-label": this.words.picture_off, text: "×", on: { click: () => off(one) } });
    fill(this.attached, pictures.map((one) => h("span", { class: "picture" }, h("img", { src: one.image, alt: this.words.picture }), button(one))));
  }
}

const picked = ({ text, use, place, scripts, pictures }) => ({ text, use, place, scripts: scripts || [], pictures: pictures || [] });

// Others show that there is a draft (the inbox).
function tellDraft(composer) {
  composer.ctx.emit("draft", composer.draft.text);
}
