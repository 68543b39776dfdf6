// <xiaoer-chat>: the chat window of a shop. One module, no dependency, no build step; speaks the public chat API v1 only.
//
//   <script type="module" src="https://…/static/widget/xiaoer.js"></script>
//   <xiaoer-chat product-id="p1001" customer="c05"></xiaoer-chat>
//
// Attributes: product-id (what the shopper looks at), customer (whose talk it is in this browser; no secret), heading.
// Property identity: async () => JWT signed by the shop, or null. Methods: open(), close(), write(text).
// Nothing is stored and nothing is asked of the server before the window is opened for the first time.
import { Problem, TalkClient } from "./client.js";
import { ICONS, el, icon, reconcile } from "./dom.js";
import { MessageLog } from "./log.js";
import { SHEET } from "./style.js";
import { WORDS } from "./words.js";

const HERE = new URL(import.meta.url).origin;
const MOST_FILES = 9;
const MEGABYTE = 1024 * 1024;

class XiaoerChat extends HTMLElement {
  static observedAttributes = ["customer", "heading"];

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [SHEET];
    // A page may have set it before this module was loaded.
    this.identity ??= async () => null;
    this.files = [];
    this.#build();
  }

  connectedCallback() {
    if (!this.client) this.#begin();
    this.wake = () => document.visibilityState === "visible" && (this.client.nudge(), this.#seen());
    document.addEventListener("visibilitychange", this.wake);
    addEventListener("online", this.wake);
    this.fit = () => this.style.setProperty("--xe-height", `${visualViewport.height}px`);
    globalThis.visualViewport?.addEventListener("resize", this.fit);
  }

  disconnectedCallback() {
    this.client?.stop();
    document.removeEventListener("visibilitychange", this.wake);
    removeEventListener("online", this.wake);
    globalThis.visualViewport?.removeEventListener("resize", this.fit);
  }

  attributeChangedCallback(name, before, after) {
    if (name === "heading") this.heading.textContent = after || WORDS.title;
    else if (before !== after && this.client) this.#begin();
  }

  get isOpen() {
    return this.hasAttribute("open");
  }

  open() {
    if (this.isOpen) return;
    this.setAttribute("open", "");
    this.panel.hidden = false;
    this.launcher.hidden = true;
    this.fit?.();
    this.#start();
    this.log.toEnd();
    this.input.focus();
    this.#seen();
  }

  close() {
    this.removeAttribute("open");
    this.panel.hidden = true;
    this.launcher.hidden = false;
    this.launcher.focus();
  }

  // Put a text into the input for the shopper to send or change.
  write(text) {
    this.open();
    this.input.value = text;
    this.#typed();
    this.input.focus();
  }

  #begin() {
    this.client?.stop();
    const base = HERE === location.origin ? "" : HERE;
    this.client = new TalkClient({
      base,
      key: this.getAttribute("customer") || "anonymous",
      identity: () => this.identity(),
      productId: () => this.getAttribute("product-id"),
    });
    this.files = [];
    this.started = null;
    this.log.pictures.clear();
    this.input.value = this.client.draft;
    this.client.addEventListener("change", () => this.#render());
    this.client.addEventListener("message", (event) => this.#arrived(event.detail));
    this.client.addEventListener("gone", () => this.#restart());
    // A talk from an earlier visit goes on in the background, so that an answer shows on the badge.
    if (this.client.known || this.isOpen) this.#start();
    this.#render();
  }

  #start() {
    const client = this.client;
    this.started ??= client.start().then(
      () => {
        this.list.setAttribute("aria-live", "polite");
        this.log.toEnd();
        this.#seen();
        this.#hint(WORDS.privacy);
      },
      () => {
        this.started = null;
        this.#hint(WORDS.unavailable, true);
        setTimeout(() => client === this.client && this.isOpen && this.#start(), 4000);
      },
    );
    return this.started;
  }

  #restart() {
    localStorage.removeItem(this.client.store);
    this.#begin();
  }

  #build() {
    const fileInput = el("input", { type: "file", accept: "image/jpeg,image/png,image/webp,video/mp4,video/quicktime", multiple: true, hidden: true });
    fileInput.addEventListener("change", () => {
      this.#add([...fileInput.files]);
      fileInput.value = "";
    });
    this.badge = el("span", { class: "badge" });
    this.launcherText = el("span", {}, WORDS.launcher);
    this.launcher = el("button", { class: "launcher", type: "button", "aria-haspopup": "dialog", onclick: () => this.open() }, icon(...ICONS.chat), this.launcherText, this.badge);
    this.heading = el("h2", { id: "title" }, WORDS.title);
    this.status = el("div", { class: "status" });
    this.person = el("button", { class: "person", type: "button", onclick: () => this.#say({ text: WORDS.person }) }, WORDS.person);
    this.menuButton = el("button", { type: "button", "aria-label": WORDS.menu, "aria-expanded": "false", onclick: () => this.#menu(this.menu.hidden) }, icon(...ICONS.more));
    this.menu = el("div", { class: "menu", hidden: true });
    this.bar = el("div", { class: "bar", hidden: true, role: "status" });
    this.list = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": WORDS.log, tabIndex: 0 });
    this.log = new MessageLog(this.list, {
      press: (button) => this.#say({ choice: button.choice }, { text: button.title }),
      resend: (entry) => this.client.resend(entry),
      older: () => this.client.older(),
    });
    this.tray = el("div", { class: "files" });
    this.input = el("textarea", { rows: 1, placeholder: WORDS.placeholder, "aria-label": WORDS.input, maxLength: 20000, enterKeyHint: "send", autocomplete: "off" });
    this.input.addEventListener("input", () => this.#typed(true));
    this.input.addEventListener("keydown", (event) => {
      // Enter that ends the choice of a Chinese word is no wish to send (229: Safari tells it only so).
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    this.input.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files || [])];
      if (files.length) {
        event.preventDefault();
        this.#add(files);
      }
    });
    const photo = el("button", { class: "icon", type: "button", "aria-label": WORDS.photo, onclick: () => fileInput.click() }, icon(...ICONS.photo));
    this.sendButton = el("button", { class: "sendit", type: "button", onclick: () => this.#submit() }, WORDS.send);
    this.hint = el("p", { class: "hint", "aria-live": "polite" });
    const close = el("button", { type: "button", "aria-label": WORDS.close, onclick: () => this.close() }, icon(...ICONS.down));
    this.panel = el(
      "section",
      { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
      el("header", {}, el("div", { class: "who" }, this.heading, this.status), this.person, this.menuButton, close),
      this.menu,
      this.bar,
      this.list,
      el("footer", {}, this.tray, el("div", { class: "compose" }, photo, this.input, this.sendButton), this.hint, fileInput),
    );
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.menu.hidden ? this.close() : this.#menu(false);
    });
    this.shadowRoot.append(this.panel, this.launcher);
  }

  #render() {
    const { client } = this;
    const waiting = client.owner === "queue";
    this.status.textContent = waiting ? WORDS.queue(client.place) : WORDS[client.owner] || WORDS.bot;
    this.status.className = `status ${client.online ? client.owner : "off"}`;
    this.person.hidden = waiting || client.owner === "agent";
    const offline = client.known && this.started && client.tries > 1 && !client.online;
    const bar = offline ? "off" : waiting ? `queue ${client.place}` : "";
    if (this.barShown !== bar) {
      this.barShown = bar;
      this.bar.hidden = !bar;
      this.bar.className = offline ? "bar off" : "bar";
      this.bar.replaceChildren(offline ? WORDS.offline : WORDS.queue(client.place), ...(offline ? [] : [el("button", { type: "button", onclick: () => client.release() }, WORDS.release)]));
    }
    this.log.show(client);
    this.#tray();
    const unread = this.isOpen ? 0 : client.unread;
    this.badge.textContent = unread ? String(Math.min(unread, 99)) : "";
    this.launcher.setAttribute("aria-label", unread ? WORDS.launcherUnread(unread) : WORDS.launcher);
  }

  #arrived(message) {
    if (message.from !== "shopper" && (!this.isOpen || document.hidden)) this.dispatchEvent(new CustomEvent("xiaoer-unread", { bubbles: true, composed: true, detail: this.client.unread }));
    this.#seen();
  }

  #seen() {
    if (this.isOpen && !document.hidden) this.client.markRead();
  }

  async #say(content, shown) {
    await this.#start();
    if (!this.client.known) return;
    this.client.send(content, shown);
    this.log.toEnd();
  }

  #submit() {
    const text = this.input.value.trim();
    const ready = this.files.filter((file) => file.id);
    if (this.files.some((file) => file.busy) || (!text && !ready.length)) return;
    const content = {};
    if (text) content.text = text;
    if (ready.length) content.attachment_ids = ready.map((file) => file.id);
    // The draft goes only now that the outbox, which survives a reload, has the message.
    this.#say(content);
    this.files = [];
    this.input.value = "";
    this.#typed();
    this.#tray();
  }

  #typed(byHand = false) {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 132)}px`;
    this.client.draft = this.input.value;
    if (byHand && this.input.value) this.client.tellTyping();
    if (this.hint.classList.contains("bad")) this.#hint(WORDS.privacy);
  }

  async #add(files) {
    await this.#start();
    for (const file of files.slice(0, MOST_FILES - this.files.length)) {
      const video = file.type.startsWith("video/");
      if (!/^(image\/(jpeg|png|webp)|video\/(mp4|quicktime))$/.test(file.type)) this.#hint(WORDS.wrongKind, true);
      else if (file.size > (video ? 50 : 8) * MEGABYTE) this.#hint(WORDS.tooLarge, true);
      else {
        const entry = { key: Math.random().toString(36), busy: true, video, url: video ? null : URL.createObjectURL(file) };
        this.files.push(entry);
        this.#tray();
        this.client.upload(file).then(
          ({ id }) => Object.assign(entry, { id, busy: false }),
          (error) => {
            this.files = this.files.filter((each) => each !== entry);
            const limit = error instanceof Problem && error.status;
            this.#hint(limit === 413 ? WORDS.tooLarge : limit === 429 ? WORDS.tooFast : limit === 415 || limit === 422 ? WORDS.wrongKind : WORDS.uploadFailed, true);
          },
        ).finally(() => this.#tray());
      }
    }
  }

  #tray() {
    const items = this.files.map((file) => ({
      key: file.key,
      stamp: String(file.busy),
      make: () =>
        el("div", { class: file.busy ? "file busy" : "file" }, file.video ? WORDS.video : el("img", { src: file.url, alt: WORDS.picture }), file.busy ? el("span", { class: "sr" }, WORDS.uploading) : null,
          el("button", { type: "button", "aria-label": WORDS.removePhoto, onclick: () => { this.files = this.files.filter((each) => each !== file); this.#tray(); } }, el("span", { "aria-hidden": "true" }, "×"))),
    }));
    reconcile(this.tray, items);
    this.sendButton.disabled = this.files.some((file) => file.busy);
  }

  #menu(show) {
    this.menu.hidden = !show;
    this.menuButton.setAttribute("aria-expanded", String(show));
    if (!show) return this.menuButton.focus();
    const stars = el("div", { class: "stars", role: "group", "aria-label": WORDS.rate }, el("span", {}, WORDS.rate));
    for (let n = 1; n <= 5; n += 1) {
      stars.append(el("button", { type: "button", "aria-label": WORDS.stars(n), onclick: () => this.client.rate(n).then(() => this.#done(WORDS.rated), () => this.#done(WORDS.unavailable)) }, "★"));
    }
    this.menu.replaceChildren(stars, el("button", { type: "button", onclick: () => this.#askErase() }, WORDS.erase));
    stars.querySelector("button").focus();
  }

  #askErase() {
    const yes = el("button", { type: "button", class: "danger", onclick: () => this.#erase() }, WORDS.eraseYes);
    this.menu.replaceChildren(el("p", {}, WORDS.eraseAsk), yes, el("button", { type: "button", onclick: () => this.#menu(false) }, WORDS.eraseNo));
    yes.focus();
  }

  async #erase() {
    try {
      const { receipt } = await this.client.erase();
      this.#begin();
      await this.#start();
      this.#done(WORDS.erased(receipt));
    } catch {
      this.#done(WORDS.unavailable);
    }
  }

  #done(text) {
    this.#menu(false);
    this.#hint(text);
  }

  #hint(text, bad = false) {
    this.hint.textContent = text;
    this.hint.className = bad ? "hint bad" : "hint";
  }
}

if (!customElements.get("xiaoer-chat")) customElements.define("xiaoer-chat", XiaoerChat);
