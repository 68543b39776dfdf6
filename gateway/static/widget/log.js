// The list of messages on the screen: bubbles, buttons, photos, receipts.
import { WORDS } from "./words.js";
import { el, reconcile } from "./dom.js";

const GAP = 5 * 60 * 1000;

export class MessageLog {
  constructor(node, { press, resend, older }) {
    this.node = node;
    this.press = press;
    this.resend = resend;
    this.loadOlder = older;
    this.pictures = new Map();
    this.atEnd = true;
    const follows = () => node.scrollHeight - node.scrollTop - node.clientHeight < 60 || Math.abs(node.scrollTop - this.target) < 3;
    node.addEventListener("scroll", () => (this.atEnd = follows()), { passive: true });
    // A keyboard or a row of photos makes the list lower: who was at its end stays there.
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(node);
  }

  show(client) {
    this.client = client;
    const { atEnd } = this;
    const before = this.node.scrollHeight;
    const oldest = this.oldest;
    const messages = client.list();
    const items = [];
    if (client.hasOlder) items.push({ key: "older", stamp: "", make: () => el("button", { class: "older", type: "button", onclick: this.loadOlder }, WORDS.older) });
    let last = 0;
    const lastMine = Math.max(0, ...messages.filter((message) => message.from === "shopper").map((message) => message.seq));
    const waiting = client.saved.outbox.length > 0;
    // Buttons belong to the newest answer only: an old question is no longer open.
    const current = messages.at(-1)?.reply_to;
    for (const message of messages) {
      const at = Date.parse(message.at);
      if (at - last > GAP) items.push({ key: `t${message.seq}`, stamp: "", make: () => el("div", { class: "time" }, clock(at)) });
      last = at;
      items.push({ key: message.id, stamp: message.state || "", make: () => this.#row(message) });
      if (message.buttons.length && message.seq > lastMine && message.reply_to === current && !waiting) items.push({ key: `b${message.id}`, stamp: "", make: () => this.#chips(message) });
    }
    for (const entry of client.saved.outbox) {
      items.push({ key: entry.body.client_id, stamp: entry.state, make: () => this.#outgoing(entry) });
    }
    if (client.typing) items.push({ key: "typing", stamp: "", make: typing });
    reconcile(this.node, items);
    this.oldest = messages[0]?.seq;
    const grew = oldest && this.oldest < oldest;
    if (grew) this.node.scrollTop += this.node.scrollHeight - before;
    else if (atEnd) this.toEnd();
  }

  // To the end; of an answer longer than the window, to the question before it, so that it is read from its beginning.
  toEnd() {
    const { node } = this;
    const end = node.scrollHeight - node.clientHeight;
    const question = [...node.querySelectorAll(".row.me")].at(-1);
    const top = question ? question.offsetTop - node.offsetTop - 10 : end;
    this.target = Math.max(0, Math.min(end, top));
    node.scrollTop = this.target;
    this.atEnd = true;
  }

  #row(message) {
    if (message.from === "system") return el("div", { class: "system" }, el("span", { class: "sr" }, `${WORDS.they.system}：`), message.text);
    const mine = message.from === "shopper";
    const row = el("div", { class: mine ? "row me" : "row" }, el("span", { class: "sr" }, `${mine ? WORDS.you : WORDS.they[message.from]}：`));
    if (message.text) row.append(el("div", { class: "bubble" }, message.text));
    for (const file of message.attachments || []) row.append(this.#media(file));
    if (message.image) row.append(el("img", { class: "media", src: message.image, alt: WORDS.picture, loading: "lazy" }));
    if (mine) row.append(el("div", { class: message.state === "failed" ? "state bad" : "state" }, message.state === "failed" ? WORDS.kept : WORDS.sent));
    return row;
  }

  #outgoing(entry) {
    const row = el("div", { class: "row me" }, el("span", { class: "sr" }, `${WORDS.you}：`));
    if (entry.shown.text || entry.body.text) row.append(el("div", { class: "bubble" }, entry.shown.text || entry.body.text));
    for (const id of entry.body.attachment_ids || []) row.append(this.#media({ id, mime: "image/jpeg" }));
    if (entry.state === "failed") {
      const again = el("button", { type: "button", onclick: () => this.resend(entry) }, WORDS.again);
      row.append(el("div", { class: "state bad" }, WORDS.failed, again));
    } else row.append(el("div", { class: "state" }, WORDS.sending));
    return row;
  }

  #chips(message) {
    const box = el("div", { class: "chips" });
    for (const button of message.buttons) {
      box.append(
        el("button", { type: "button", onclick: () => {
          box.querySelectorAll("button").forEach((each) => (each.disabled = true));
          this.press(button);
        } }, button.title),
      );
    }
    return box;
  }

  #media(file) {
    const video = file.mime.startsWith("video/");
    const node = video ? el("video", { class: "media", controls: true, "aria-label": WORDS.video }) : el("img", { class: "media", alt: WORDS.picture });
    if (!this.pictures.has(file.id)) this.pictures.set(file.id, this.client.file(file.id));
    this.pictures.get(file.id).then(
      (url) => {
        const { atEnd } = this;
        node.addEventListener(video ? "loadedmetadata" : "load", () => atEnd && this.toEnd(), { once: true });
        node.src = url;
      },
      () => this.pictures.delete(file.id),
    );
    return node;
  }
}

function typing() {
  return el("div", { class: "row" }, el("div", { class: "bubble dots" }, el("span", { class: "sr" }, WORDS.typing), el("i"), el("i"), el("i")));
}

function clock(at) {
  const date = new Date(at);
  const time = date.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const same = date.toDateString() === new Date().toDateString();
  return same ? `${WORDS.today} ${time}` : `${date.toLocaleDateString("zh-CN", { month: "long", day: "numeric" })} ${time}`;
}
