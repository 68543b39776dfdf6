// The line the shopper writes in: text, input methods, drafts, sending.
import { quoted } from "./bubbles.js";
import { ICONS, el, icon } from "./dom.js";
import { Picker } from "./picker.js";
import { Tray } from "./upload.js";
import { WORDS } from "./words.js";

// The Enter that ends a word of an input method may come after `compositionend` (Safari); so long it belongs to the word (ms).
const SAME_KEY = 30;

export class Composer {
  // client: () => the talk; start(): make sure there is one; say(content): put it into the outbox; settle(): a complaint has been read; hint(text, bad).
  constructor({ client, start, say, settle, hint }) {
    Object.assign(this, { client, start, say, settle });
    this.tray = new Tray({ client, start, hint, changed: () => (this.button.disabled = this.tray.busy) });
    this.input = el("textarea", { rows: 1, placeholder: WORDS.placeholder, "aria-label": WORDS.input, maxLength: 20000, enterKeyHint: "send", autocomplete: "off" });
    this.button = el("button", { class: "sendit", type: "button", onclick: () => this.submit() }, WORDS.send);
    this.picker = new Picker({ client, start, say, hint });
    this.quoting = el("div", { class: "quoting", hidden: true });
    this.node = el("div", { class: "composer" }, this.picker.node, this.quoting, this.tray.node, el("div", { class: "compose" }, this.picker.button, this.tray.snap, this.tray.button, this.input, this.button), this.tray.input);
    this.input.addEventListener("input", () => this.typed(true));
    this.input.addEventListener("compositionstart", () => (this.composing = true));
    this.input.addEventListener("compositionend", (event) => {
      this.composing = false;
      this.ended = event.timeStamp;
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      // Enter that ends the choice of a Chinese word is no wish to send (229: the key belongs to the input method).
      if (this.composing || event.isComposing || event.keyCode === 229 || event.timeStamp - this.ended < SAME_KEY) return;
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files || [])];
      if (files.length) {
        event.preventDefault();
        this.tray.add(files);
      }
    });
  }

  // Another talk: its draft, no files.
  begin() {
    this.tray.clear();
    this.picker.close();
    this.quote(null);
    this.input.value = this.client().draft;
    this.fit();
  }

  // Above the input until the next message is sent with it.
  quote(message) {
    this.quotes = message && { seq: message.seq, from: message.from, text: message.text };
    this.quoting.hidden = !message;
    if (!message) return;
    const drop = el("button", { class: "icon", type: "button", "aria-label": WORDS.quoteDrop, onclick: () => (this.quote(null), this.input.focus()) }, icon(...ICONS.close));
    this.quoting.replaceChildren(quoted(message), drop);
    this.input.focus();
  }

  // Files that are dropped on the window.
  takeDrops(node) {
    const over = (event) => {
      if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
      event.preventDefault();
      node.classList.toggle("dropping", event.type === "dragover");
      if (event.type === "drop") this.tray.add([...event.dataTransfer.files]);
    };
    for (const name of ["dragover", "dragleave", "drop"]) node.addEventListener(name, over);
  }

  write(text) {
    this.input.value = text;
    this.typed();
    this.input.focus();
  }

  submit() {
    const text = this.input.value.trim();
    if (this.tray.busy || (!text && !this.tray.ready)) return;
    const content = {};
    if (text) content.text = text;
    const shown = {};
    if (this.tray.ready) {
      const files = this.tray.take();
      content.attachment_ids = files.map(({ id }) => id);
      shown.mimes = Object.fromEntries(files.map(({ id, mime }) => [id, mime]));
    }
    if (this.quotes) {
      content.quote = this.quotes.seq;
      shown.quote = this.quotes;
      this.quote(null);
    }
    // The draft goes only now that the outbox, which survives a reload, has the message.
    this.say(content, shown);
    this.input.value = "";
    this.typed();
  }

  typed(byHand = false) {
    this.fit();
    this.client().draft = this.input.value;
    if (byHand && this.input.value) this.client().tellTyping();
    this.settle();
  }

  fit() {
    this.input.style.height = "auto";
    // Before the window is laid out there is no height to take over.
    if (this.input.scrollHeight) this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 132)}px`;
  }
}
