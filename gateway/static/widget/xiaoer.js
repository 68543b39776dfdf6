// <xiaoer-chat>: the loader of a shop's chat window. Only the launcher; the window itself comes with the first click.
//
//   <script type="module" src="https://…/static/widget/xiaoer.js" data-shop="demo" data-product="p1001"></script>
//
// docs/embedding.md explains attributes, events and methods. Nothing is stored and nothing is asked of the server before
// the window is opened for the first time.
const HERE = new URL(import.meta.url).origin;
const DATA = { shop: "shop", customer: "customer", identity: "identity", product: "product-id", order: "order-id", heading: "heading", color: "color", theme: "theme", lang: "lang", position: "position", launcher: "launcher", mode: "mode", title: "count-in-title" };
const WORDS = {
  hans: { launcher: "联系客服", unread: (count) => `联系客服，${count} 条未读`, failed: "没有打开，请再点一次" },
  hant: { launcher: "聯絡客服", unread: (count) => `聯絡客服，${count} 則未讀`, failed: "沒有開啟，請再按一次" },
};
const PARTS = "bubbles calls cards cards_style charts client colour composer consent dom frames hours link log media menu notice outbox pace picker rating style thread upload words".split(" ");
const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host { --xe-brand: #1f6f5c; --xe-on-brand: #fff; position: fixed; right: 20px; bottom: 20px; z-index: 2147483000;
  font: 15px/1.6 system-ui, -apple-system, "PingFang SC", "PingFang TC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
:host([position=left]) { right: auto; left: 20px; }
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
button { font: inherit; color: inherit; cursor: pointer; border: 0; background: none; min-height: 44px; min-width: 44px; }
:focus-visible { outline: 3px solid #b86e00; outline-offset: 2px; box-shadow: 0 0 0 2px #fff; }
.launcher { display: flex; align-items: center; gap: 8px; padding: 0 20px 0 16px; height: 54px; border-radius: 27px; background: var(--xe-brand); color: var(--xe-on-brand);
  font-weight: 600; box-shadow: 0 6px 20px rgb(0 0 0 / .28); position: relative; margin-left: auto; }
.launcher:hover { filter: brightness(.9); } .launcher[aria-busy=true] { cursor: progress; }
.launcher svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
:host([position=left]) .launcher { margin-left: 0; }
:host([launcher=none]) .launcher, :host([mode=page]) .launcher { display: none; }
.badge { position: absolute; top: -5px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; background: #c5281f; color: #fff; font-size: 12px; line-height: 22px; text-align: center; }
.badge:empty { display: none; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 520px) { :host, :host([position=left]) { right: calc(12px + env(safe-area-inset-right)); left: auto; bottom: calc(12px + env(safe-area-inset-bottom)); } }
@media (forced-colors: active) { .launcher { border: 1px solid; } }
`);

function make(tag, props, ...children) {
  const node = tag === "svg" || tag === "path" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Whether white can be read on this colour (WCAG 2.2: 4.5 to 1); if not, black can.
function wantsWhite(rgb) {
  const [red, green, blue] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5;
}

class XiaoerChat extends HTMLElement {
  static observedAttributes = ["customer", "identity", "heading", "color", "theme", "lang", "product-id", "order-id"];

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [SHEET];
    this.caption = make("span", {});
    this.badge = make("span", { class: "badge", "aria-hidden": "true" });
    this.live = make("div", { class: "sr", role: "status" });
    this.launcher = make("button", { class: "launcher", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false" },
      make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: "M4 5h16v11H9l-5 4zM8 9.5h8M8 12.5h5" })), this.caption, this.badge);
    this.shadowRoot.append(this.launcher, this.live);
    this.launcher.onclick = () => this.open();
    for (const sign of ["pointerenter", "focus", "touchstart"]) this.launcher.addEventListener(sign, () => this.load().catch(() => {}), { once: true, passive: true });
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => this.#paint();
  }

  connectedCallback() {
    this.dark.addEventListener("change", this.repaint);
    this.repaint();
    this.showUnread(0);
    // Somebody who has opened the window before: it goes on in the background, so that an answer shows on the badge.
    if (this.getAttribute("mode") === "page") this.open();
    else if (this.state) (globalThis.requestIdleCallback || setTimeout)(() => this.isConnected && this.load().then((panel) => panel.resume(), () => {}));
  }

  disconnectedCallback() {
    this.dark.removeEventListener("change", this.repaint);
    this.panel?.leave();
    this.panel = this.loading = null;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "color" || name === "theme") this.repaint();
    if (name === "lang") this.showUnread(this.count || 0);
    this.panel?.changed(name);
  }

  // Where this browser keeps how the window stood; null before it was opened for the first time.
  get state() {
    try {
      return JSON.parse(localStorage.getItem(`xiaoer-window:${this.base}`));
    } catch {
      return null;
    }
  }

  keep(change) {
    try {
      localStorage.setItem(`xiaoer-window:${this.base}`, JSON.stringify({ ...this.state, ...change }));
    } catch {
      // A forbidden storage costs the open window after a reload, nothing else.
    }
  }

  get base() {
    return HERE === location.origin ? "" : HERE;
  }

  get script() {
    const wanted = this.getAttribute("lang") || document.documentElement.lang || navigator.language || "";
    return /^zh-(hant|tw|hk|mo)/i.test(wanted) ? "hant" : "hans";
  }

  get isOpen() {
    return this.hasAttribute("open");
  }

  // The window's code, once.
  load() {
    // All at once: found one behind the other they would cost a round trip for each step down.
    if (!this.loading) for (const part of PARTS) document.head.append(make("link", { rel: "modulepreload", href: new URL(`${part}.js`, import.meta.url) }));
    this.loading ??= Promise.all([import("./panel.js"), import(`./words_${this.script}.js`)]).then(
      ([{ Panel }, { TABLE }]) => (this.panel = new Panel(this, TABLE)),
      (error) => {
        this.loading = null;
        throw error;
      },
    );
    return this.loading;
  }

  async open() {
    this.launcher.setAttribute("aria-busy", "true");
    try {
      (await this.load()).open();
    } catch (error) {
      this.caption.textContent = this.live.textContent = WORDS[this.script].failed;
      console.error("xiaoer: the chat window could not be loaded", error);
    } finally {
      this.launcher.removeAttribute("aria-busy");
    }
  }

  close() {
    this.panel?.close();
  }

  // Put a text into the input for the shopper to send or change.
  async write(text) {
    await this.open();
    this.panel?.write(text);
  }

  showUnread(count) {
    const words = WORDS[this.script];
    this.count = count;
    this.badge.textContent = count ? Math.min(count, 99) : "";
    this.caption.textContent = words.launcher;
    this.launcher.setAttribute("aria-label", count ? words.unread(count) : words.launcher);
  }

  tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(`xiaoer:${name}`, { bubbles: true, composed: true, detail }));
  }

  // The shop's colour and a text colour that can be read on it; dark by attribute, else as the system says.
  #paint() {
    if (!this.isConnected) return;
    const theme = this.getAttribute("theme");
    this.toggleAttribute("dark", theme === "dark" || (theme !== "light" && this.dark.matches));
    // What is no colour is not taken over: then the one before it stays.
    for (const color of ["#1f6f5c", this.shopColor, this.getAttribute("color")]) if (color) this.style.color = color;
    const rgb = (getComputedStyle(this).color.match(/^rgba?\((\d+), (\d+), (\d+)/) || [0, 31, 111, 92]).slice(1).map(Number);
    this.style.color = "";
    this.style.setProperty("--xe-brand", `rgb(${rgb})`);
    this.style.setProperty("--xe-on-brand", wantsWhite(rgb) ? "#fff" : "#000");
    this.panel?.painted(rgb);
    this.rgb = rgb;
  }
}

// What a page may say and do without an element of its own: window.xiaoer = {product, order, identity, …} before, methods after.
function embed() {
  const tag = [...document.scripts].find((script) => script.src === import.meta.url);
  const config = { ...tag?.dataset, ...globalThis.xiaoer };
  let chat = document.querySelector("xiaoer-chat");
  if (!chat && config.shop === undefined) return;
  const set = (given) => {
    for (const [name, value] of Object.entries(given)) {
      if (name === "identity" && typeof value === "function") chat.identity = value;
      else if (!(name in DATA)) continue;
      else if (value === null || value === undefined || value === false) chat.removeAttribute(DATA[name]);
      else chat.setAttribute(DATA[name], value);
    }
  };
  if (!chat) {
    chat = document.createElement("xiaoer-chat");
    set(config);
    document.body.append(chat);
  } else set(config);
  globalThis.xiaoer = { ...config, element: chat, set, open: () => chat.open(), close: () => chat.close(), write: (text) => chat.write(text) };
  document.dispatchEvent(new CustomEvent("xiaoer:ready", { detail: globalThis.xiaoer }));
}

if (!customElements.get("xiaoer-chat")) {
  customElements.define("xiaoer-chat", XiaoerChat);
  if (document.body) embed();
  else document.addEventListener("DOMContentLoaded", embed);
}
