// The chat window: header, bars, message list, input. Loaded by xiaoer.js with the first click.
import { CARDS } from "./cards_style.js";
import { TalkClient } from "./client.js";
import { readable } from "./colour.js";
import { Composer } from "./composer.js";
import { ask, line } from "./consent.js";
import { ICONS, el, icon } from "./dom.js";
import { status, waiting } from "./hours.js";
import { MessageLog, who } from "./log.js";
import { Menu } from "./menu.js";
import { Notice } from "./notice.js";
import { Rating } from "./rating.js";
import { SHEET } from "./style.js";
import { WORDS, speak } from "./words.js";

const PHONE = "(max-width: 520px)";
const AGAIN = 4000;

export class Panel {
  constructor(host, table) {
    this.host = host;
    this.script = host.script;
    speak(table);
    const sheets = host.shadowRoot.adoptedStyleSheets;
    if (!sheets.includes(SHEET)) host.shadowRoot.adoptedStyleSheets = [...sheets, SHEET, CARDS];
    this.#build();
    this.painted(host.rgb);
    this.begin();
    this.wake = () => document.visibilityState === "visible" && (this.client.nudge(), this.#seen());
    this.fit = () => {
      const { height, offsetTop } = visualViewport;
      host.style.setProperty("--xe-height", `${height}px`);
      host.style.setProperty("--xe-top", `${offsetTop}px`);
    };
    document.addEventListener("visibilitychange", this.wake);
    addEventListener("online", this.wake);
    for (const change of ["resize", "scroll"]) globalThis.visualViewport?.addEventListener(change, this.fit);
  }

  // The element has left the page, or the window is made anew in other words.
  leave() {
    this.client.stop();
    document.removeEventListener("visibilitychange", this.wake);
    removeEventListener("online", this.wake);
    for (const change of ["resize", "scroll"]) globalThis.visualViewport?.removeEventListener(change, this.fit);
    this.notice.show(0, false);
    this.node.remove();
    this.notice.node.remove();
    this.#hold(false);
  }

  changed(name) {
    if (name === "heading") this.heading.textContent = this.host.getAttribute("heading") || this.shop?.name || WORDS.title;
    else if (name === "order-id") this.#about();
    else if (name === "customer" || name === "identity") {
      if (this.key !== this.whose) this.begin();
    } else if (name === "lang" && this.host.script !== this.script) this.#remake();
  }

  painted(rgb) {
    const paper = this.host.hasAttribute("dark") ? [39, 49, 46] : [232, 240, 238];
    this.host.style.setProperty("--xe-brand-ink", `rgb(${readable(rgb, paper)})`);
  }

  // As it stood when the shopper left the last page. On a phone the window hides the page: there only a reload opens it again.
  resume() {
    const { state, isOpen } = this.host;
    const reloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
    if (state?.open && !isOpen && (reloaded || !matchMedia(PHONE).matches)) this.open(false);
  }

  open(byHand = true) {
    const { host } = this;
    if (host.isOpen) return byHand && this.composer.input.focus();
    host.setAttribute("open", "");
    host.keep({ open: true });
    this.node.hidden = false;
    host.launcher.hidden = true;
    host.launcher.setAttribute("aria-expanded", "true");
    this.fit();
    this.#hold(matchMedia(PHONE).matches);
    this.start();
    this.composer.fit();
    this.log.toEnd();
    if (byHand) this.composer.input.focus();
    this.#seen();
    this.#render();
    host.tell("open");
  }

  close() {
    const { host } = this;
    if (!host.isOpen) return;
    host.removeAttribute("open");
    host.keep({ open: false });
    this.node.hidden = true;
    host.launcher.hidden = false;
    host.launcher.setAttribute("aria-expanded", "false");
    this.#hold(false);
    host.launcher.focus();
    this.#render();
    host.tell("close");
  }

  write(text) {
    this.composer.write(text);
  }

  // Whose talk it is in this browser: the page says so, or the signed identity does.
  get key() {
    const { host } = this;
    const named = host.getAttribute("customer");
    if (named) return named;
    try {
      const claims = host.getAttribute("identity").split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
      return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(claims), (char) => char.charCodeAt(0)))).sub;
    } catch {
      return "anonymous";
    }
  }

  begin() {
    const { host } = this;
    this.client?.stop();
    this.whose = this.key;
    this.client = new TalkClient({
      base: host.base,
      key: this.whose,
      identity: async () => (host.identity ? host.identity() : host.getAttribute("identity")),
      productId: () => host.getAttribute("product-id"),
    });
    this.started = null;
    this.log.pictures.clear();
    this.rating?.reset();
    this.composer.begin();
    this.client.addEventListener("change", () => this.#render());
    this.client.addEventListener("message", (event) => this.#arrived(event.detail));
    this.client.addEventListener("slow", (event) => {
      this.slowed = true;
      this.hint(WORDS.slow(event.detail), true);
    });
    this.client.addEventListener("gone", () => this.#restart());
    // A talk from an earlier visit goes on in the background, so that an answer shows on the badge.
    if (this.client.known || host.isOpen) this.start();
    this.#render();
  }

  start() {
    const { client } = this;
    this.started ??= this.#begun(client).then(
      () => {
        if (client !== this.client) return;
        this.log.toEnd();
        this.#seen();
        this.hint("");
        this.#render();
      },
      (error) => {
        this.started = null;
        const wait = error.retryAfter || AGAIN / 1000;
        this.hint(error.status === 429 ? WORDS.wait(wait) : WORDS.unavailable, true);
        setTimeout(() => client === this.client && this.host.isOpen && this.start(), wait * 1000);
      },
    );
    return this.started;
  }

  // The shop's part comes beside the talk; only where the shop wants to be agreed with first, the talk waits for that.
  async #begun(client) {
    const shop = this.#shop(client);
    if (client.known || this.host.state?.agreed) shop.catch(() => {});
    else if ((await shop).privacy.ask) {
      this.asking = this.composer.node.hidden = true;
      this.hint("");
      this.#render();
      await ask(this.ask, this.shop, () => this.close());
      this.host.keep({ agreed: true });
      this.asking = this.composer.node.hidden = false;
      this.hint("");
      this.#render();
      this.composer.input.focus();
    }
    await client.start();
  }

  async #shop(client) {
    try {
      this.shop = await client.shop(this.host.getAttribute("shop") || "-");
    } catch (error) {
      if (error.status === 404) console.error("xiaoer: the server knows no shop of this id; correct data-shop");
      throw error;
    }
    if (this.shop.color && this.host.shopColor !== this.shop.color) {
      this.host.shopColor = this.shop.color;
      this.host.repaint();
    }
    this.changed("heading");
    if (!this.hints.classList.contains("bad")) this.hint("");
    this.#render();
    return this.shop;
  }

  // A line under the input, which is read aloud too; without one the shop's privacy line stands there, unless the question above it says it.
  hint(text, bad = false) {
    this.hints.replaceChildren(...(text ? [text] : this.asking ? [] : line(this.shop)));
    this.hints.className = bad ? "hint bad" : "hint";
    if (text) this.host.live.textContent = text;
  }

  say(content, shown) {
    this.start();
    this.client.send(content, shown);
    this.log.toEnd();
  }

  // The order the page shows: one press sends its number; nothing is sent by itself.
  #about() {
    const order = this.host.getAttribute("order-id");
    this.aboutBar.hidden = !order;
    if (!order) return;
    const away = () => (this.aboutBar.hidden = true);
    const send = () => {
      away();
      this.say({ text: WORDS.aboutText(order) });
      this.composer.input.focus();
    };
    this.aboutBar.replaceChildren(el("span", {}, WORDS.about(order)), el("button", { type: "button", onclick: send }, WORDS.aboutSend), el("button", { class: "icon", type: "button", "aria-label": WORDS.aboutAway, onclick: away }, icon(...ICONS.close)));
  }

  #build() {
    const { host } = this;
    this.notice = new Notice(host);
    this.heading = el("h2", { id: "title" }, host.getAttribute("heading") || WORDS.title);
    this.status = el("div", { class: "status" });
    this.person = el("button", { class: "person", type: "button", onclick: () => this.say({ text: WORDS.person }) }, WORDS.person);
    const more = el("button", { type: "button", "aria-label": WORDS.menu, "aria-expanded": "false", "aria-controls": "menu", onclick: () => this.menu.toggle() }, icon(...ICONS.more));
    this.menu = new Menu(this, more);
    this.bar = el("div", { class: "bar", hidden: true });
    this.list = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": WORDS.log, tabIndex: 0 });
    this.log = new MessageLog(this.list, {
      press: (button) => this.say({ choice: button.choice }, { text: button.title }),
      resend: (entry) => this.client.resend(entry),
      older: () => this.client.older(),
      say: (words, bad) => this.hint(words, bad),
      quote: (message) => this.composer.quote(message),
    });
    this.ask = el("div", { class: "ask", hidden: true });
    this.aboutBar = el("div", { class: "bar about", hidden: true });
    this.rating = new Rating(this);
    this.composer = new Composer({ client: () => this.client, start: () => this.start(), say: (content, shown) => this.say(content, shown), settle: () => this.hints.classList.contains("bad") && !this.slowed && this.hint(""), hint: (text, bad) => this.hint(text, bad) });
    this.hints = el("p", { class: "hint" });
    const close = el("button", { class: "shut", type: "button", "aria-label": WORDS.close, onclick: () => this.close() }, icon(...ICONS.down));
    this.node = el(
      "section",
      { class: "panel", role: "dialog", "aria-labelledby": "title", lang: this.script === "hant" ? "zh-Hant" : "zh-Hans", hidden: true },
      el("header", {}, el("div", { class: "who" }, this.heading, this.status), this.person, more, close),
      this.menu.node,
      this.bar,
      this.list,
      this.rating.node,
      this.ask,
      this.aboutBar,
      el("footer", {}, this.composer.node, this.hints),
    );
    this.composer.takeDrops(this.node);
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.menu.isOpen ? this.menu.toggle(false) : host.getAttribute("mode") === "page" || this.close();
    });
    host.shadowRoot.prepend(this.node, this.notice.node);
    this.#about();
  }

  #render() {
    const { client, host } = this;
    const queued = client.owner === "queue";
    this.status.textContent = status(client, this.shop);
    this.status.className = `status ${client.online ? client.owner : "off"}`;
    this.person.hidden = queued || client.owner === "agent" || this.asking;
    this.menu.button.hidden = Boolean(this.asking);
    const offline = client.outdated ? WORDS.outdated : client.offline ? WORDS.offline : "";
    const words = offline || (queued ? waiting(client, this.shop) : "");
    if (this.barShown !== words) {
      this.barShown = words;
      this.bar.hidden = !words;
      this.bar.className = offline ? "bar off" : "bar";
      this.bar.replaceChildren(words, ...(offline ? [] : [el("button", { type: "button", onclick: () => client.release() }, WORDS.release)]));
      if (words) host.live.textContent = words;
    }
    // When somebody begins to wait, people may have gone home since the window was opened.
    if (queued && this.owner !== "queue") this.#shop(client).catch(() => {});
    if (client.owner === "agent" && this.owner && this.owner !== "agent") host.live.textContent = this.status.textContent;
    this.owner = client.owner;
    this.rating.watch(client.ratingDue);
    if (this.slowed && !client.waiting.length) {
      this.slowed = false;
      this.hint("");
    }
    this.log.show(client);
    const hidden = !host.isOpen || document.hidden;
    this.notice.show(client.unread, hidden);
  }

  #arrived(message) {
    if (message.from !== "shopper") {
      const hidden = !this.host.isOpen || document.hidden;
      this.notice.arrived(message, hidden);
      // The list itself is silent: it is redrawn for receipts too. What the other side says is read once, here.
      if (!hidden) this.host.live.textContent = `${who(message)}：${message.text || WORDS.picture}`;
    }
    this.host.tell("message", { from: message.from, text: message.text, at: message.at });
    this.#seen();
  }

  #seen() {
    if (this.host.isOpen && !document.hidden) this.client.markRead();
  }

  // The talk was erased or has ended; the client keeps the draft and what was not sent yet for the next one.
  #restart() {
    this.started = null;
    this.log.pictures.clear();
    if (this.host.isOpen || this.client.waiting.length) this.start();
  }

  async #remake() {
    const { host } = this;
    const open = host.isOpen;
    this.leave();
    host.removeAttribute("open");
    host.loading = null;
    await host.load();
    if (open) host.panel.open(false);
  }

  // On a phone the page behind the window stays where it is.
  #hold(still) {
    const page = document.documentElement;
    if (still && this.held === undefined) {
      this.held = page.style.overflow;
      page.style.overflow = "hidden";
    } else if (!still && this.held !== undefined) {
      page.style.overflow = this.held;
      this.held = undefined;
    }
  }
}
