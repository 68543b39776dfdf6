// The list of messages on the screen: which bubble stands where, and where the list stands.
import { bubble, quoted, tools } from "./bubbles.js";
import { card, choices } from "./cards.js";
import { el, reconcile } from "./dom.js";
import { photo, video } from "./media.js";
import { Pace } from "./pace.js";
import { WORDS } from "./words.js";

const GAP = 5 * 60 * 1000;
const NEAR_TOP = 120;

export class MessageLog {
  // press(button), resend(entry), older(): promise; quote(message) and say(words, bad) where there is a place for them.
  constructor(node, { press, resend, older, quote = null, say = () => {} }) {
    Object.assign(this, { node, press, resend, quote, say, loadOlder: older });
    this.pictures = new Map();
    this.atEnd = true;
    const follows = () => node.scrollHeight - node.scrollTop - node.clientHeight < 60 || Math.abs(node.scrollTop - this.target) < 3;
    node.addEventListener("scroll", () => {
      this.atEnd = follows();
      if (node.scrollTop < NEAR_TOP && Math.abs(node.scrollTop - this.target) > 3) this.#older();
    }, { passive: true });
    // A keyboard or a row of photos makes the list lower: who was at its end stays there.
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(node);
  }

  show(client) {
    if (this.client !== client || this.talk !== client.saved.id) this.pace = new Pace(() => this.show(this.client));
    this.client = client;
    this.talk = client.saved.id;
    const { atEnd } = this;
    const before = this.node.scrollHeight;
    const oldest = this.oldest;
    const all = client.list();
    const messages = all.length ? this.pace.visible(all) : [];
    const items = [];
    if (client.hasOlder) items.push({ key: "older", stamp: "", make: () => el("button", { class: "older", type: "button", onclick: () => this.#older() }, WORDS.older) });
    let last = 0;
    const outbox = client.waiting;
    const lastMine = Math.max(0, ...messages.filter((message) => message.from === "shopper").map((message) => message.seq));
    // Buttons belong to the newest answer only: an old question is no longer open.
    const current = messages.at(-1)?.reply_to;
    let speaker = "";
    let told = false;
    messages.forEach((message, place) => {
      const at = Date.parse(message.at);
      if (at - last > GAP) items.push({ key: `t${message.seq}`, stamp: "", make: () => el("div", { class: "time" }, clock(at)) });
      last = at;
      // A person takes over, another one, or the bot is back: said where it happened, unless the shop's line did.
      const now = message.from === "agent" ? `agent ${message.staff || ""}` : message.from === "bot" ? "bot" : speaker;
      if (now !== speaker && !told && (speaker || now !== "bot")) items.push({ key: `w${message.seq}`, stamp: "", make: () => el("div", { class: "system" }, now === "bot" ? WORDS.botHere : WORDS.staffHere(message.staff)) });
      speaker = now;
      told = message.from === "system" || (told && message.from === "shopper");
      const live = message.seq > lastMine && message.reply_to === current && !outbox.length;
      const picks = message.card?.kind === "orders";
      items.push({ key: message.id, stamp: `${message.state || ""}${client.receipt(message)}${picks ? live : ""}`, make: () => this.#row(message, live) });
      const onCard = choices(message.card);
      const buttons = message.buttons.filter((button) => !onCard.has(button.choice));
      if (!buttons.length) return;
      if (live) items.push({ key: `b${message.id}`, stamp: "live", make: () => chips(buttons, this.press) });
      else {
        const chosen = this.#chosen(message, messages.slice(place + 1), outbox);
        if (chosen) items.push({ key: `b${message.id}`, stamp: "used", make: () => chips(buttons, this.press, chosen) });
      }
    });
    for (const entry of outbox) {
      items.push({ key: entry.body.client_id, stamp: entry.state, make: () => this.#outgoing(entry) });
    }
    if (client.typing || this.pace.typing) items.push({ key: "typing", stamp: "", make: typing });
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

  async #older() {
    if (this.loading || !this.client?.hasOlder) return;
    this.loading = true;
    try {
      await this.loadOlder();
    } catch {
      // Offline: the button stays, and the next scroll tries again.
    } finally {
      this.loading = false;
    }
  }

  // The title of the button that the shopper pressed in answer to this message, if they did.
  #chosen(message, later, outbox) {
    const waiting = outbox.find((entry) => message.buttons.some((button) => button.choice === entry.body.choice));
    const title = waiting ? waiting.shown.text : later.find((each) => each.from === "shopper")?.text;
    return message.buttons.some((button) => button.title === title) ? title : null;
  }

  #row(message, live) {
    if (message.from === "system") return el("div", { class: "system" }, el("span", { class: "sr" }, `${WORDS.they.system}：`), message.text);
    const mine = message.from === "shopper";
    const row = el("div", { class: mine ? "row me" : "row" }, el("span", { class: "sr" }, `${mine ? WORDS.you : who(message)}：`));
    if (message.quote) row.append(quoted(message.quote));
    const [tool, menu] = message.text ? tools(row, message, this) : [];
    if (message.text) row.append(...bubble(message.text, tool), menu);
    for (const file of message.attachments || []) row.append(this.#media(file));
    if (message.image) row.append(el("img", { class: "media", src: message.image, alt: WORDS.picture, loading: "lazy" }));
    const drawn = message.card && card(message.card, { base: this.client.base, press: this.press, live });
    if (drawn) row.append(drawn);
    if (mine) row.append(el("div", { class: message.state === "failed" ? "state bad" : "state" }, message.state === "failed" ? WORDS.kept : WORDS[this.client.receipt(message)]));
    return row;
  }

  #outgoing(entry) {
    const row = el("div", { class: "row me" }, el("span", { class: "sr" }, `${WORDS.you}：`));
    const words = entry.shown.text || entry.body.text;
    if (entry.shown.quote) row.append(quoted(entry.shown.quote));
    if (words) row.append(...bubble(words));
    for (const id of entry.body.attachment_ids || []) row.append(this.#media({ id, mime: entry.shown.mimes?.[id] || "image/jpeg" }));
    if (entry.state === "failed") {
      const again = el("button", { type: "button", onclick: () => this.resend(entry) }, WORDS.again);
      row.append(el("div", { class: "state bad" }, WORDS.failed, again));
    } else row.append(el("div", { class: "state" }, WORDS.sending));
    return row;
  }

  #media(file) {
    const { atEnd } = this;
    return (file.mime.startsWith("video/") ? video : photo)(file, this, () => atEnd && this.toEnd());
  }
}

// What is offered; once something is taken: readable, and not to be pressed again.
function chips(buttons, press, chosen) {
  const box = el("div", { class: chosen ? "used" : "chips" });
  for (const button of buttons) {
    const { title } = button;
    box.append(el("button", { type: "button", disabled: chosen, ...(chosen && { class: title === chosen ? "chosen" : "", "aria-pressed": String(title === chosen) }), onclick: () => {
      for (const each of box.children) each.disabled = true;
      press(button);
    } }, title));
  }
  return box;
}

function typing() {
  return el("div", { class: "row" }, el("div", { class: "bubble dots" }, el("span", { class: "sr" }, WORDS.typing), el("i"), el("i"), el("i")));
}

// Who said it, as a screen reader tells it before the words.
export function who(message) {
  return message.from === "agent" && message.staff ? WORDS.staffSays(message.staff) : WORDS.they[message.from];
}

function clock(at) {
  const date = new Date(at);
  const time = date.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const same = date.toDateString() === new Date().toDateString();
  return same ? `${WORDS.today} ${time}` : `${date.toLocaleDateString("zh-CN", { month: "long", day: "numeric" })} ${time}`;
}
