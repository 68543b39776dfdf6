// The talk with the server. Knows nothing of the screen.
//
//   const client = new TalkClient({base, key, identity, productId});   // nothing is asked or stored before start()
//   await client.start()            finds or opens the talk and keeps a line to it; goes on trying while there is no network,
//                                   throws a Problem only when the server refuses
//   client.send({text | choice | attachment_ids}, {text: shown})       → an entry of the outbox, at any time, offline too
//   client.resend(entry), client.discard(entry), client.nudge(), client.stop()
//   client.list()                   messages of the server by seq, without a hole;  client.waiting: entries not yet among them
//   client.receipt(item)            sending | sent | read | failed; failed and item.refused: the server will never take it as it is
//   client.draft, .unread, .markRead(), .hasOlder, .older(), .owner, .staff, .place, .ratingDue, .typing, .online, .offline, .outdated, .known
//   client.request(method, path below the talk, body, {signal, timeout}), .headers, .path, .base: for parts with calls of their own
//
// Events: change (anything to draw), message (detail: a new one), gone (the talk was erased or has ended: start() opens another;
// draft and unsent lines are kept), slow (detail: seconds that the server wants to wait), outdated (the server speaks another protocol: reload the page; draft and outbox are kept).
import { PROTOCOL, TIMEOUT, uuid } from "./calls.js";
import { Link, backOff, pause } from "./link.js";
import { Outbox, disk } from "./outbox.js";
import { PAGE, Thread } from "./thread.js";

export { PROTOCOL, Problem } from "./calls.js";

const NOBODY = { id: null, token: null, read: 0 };
const PATIENCE = 4; // after so many vain tries a message is shown as failed; it is tried all the same
const SETTLE = 3000; // another tab's message is its own affair for so long

export class TalkClient extends Thread {
  // base: origin of the gateway ("" = same); key: whose talk it is in this browser; identity: async () => JWT or null.
  constructor({ base = "", key = "anonymous", identity = async () => null, productId = () => null }) {
    super(base, identity);
    this.store = `xiaoer:${base}:${key}`;
    this.productId = productId;
    this.stopped = true;
    this.outdated = false;
    this.outbox = new Outbox(this.store);
    this.link = new Link({
      address: () => {
        const url = new URL(`${this.base}${this.path}/ws`, location.href);
        url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
        return url;
      },
      hello: () => ({ token: this.saved.token, after: this.last, protocol: PROTOCOL }),
      frame: (event) => this.#frame(event),
      poll: (hold, signal) => this.#poll(hold, signal),
      up: () => this.#up(),
      down: () => this.#online(false),
      shut: (code) => this.#shut(code),
    });
    this.saved = { ...NOBODY };
    this.#clear();
    this.#read();
  }

  get known() {
    return Boolean(this.saved.id);
  }

  get waiting() {
    return this.outbox.list();
  }

  get offline() {
    return !this.stopped && !this.online && Math.max(this.tries, this.link.tries) > 1;
  }

  markRead() {
    if (this.last <= this.saved.read) return;
    this.#keep({ read: this.last });
    this.#tellRead();
    this.#tell("change");
  }

  start() {
    this.stopped = false;
    this.#listen();
    this.starting ??= this.#start().finally(() => (this.starting = null));
    return this.starting;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.adopting);
    this.listening?.abort();
    this.listening = null;
    this.link.stop();
    this.wokenUp?.();
    this.online = false;
  }

  // Try at once what waits for its next try.
  nudge() {
    if (this.stopped) return;
    this.wokenUp?.();
    this.link.wake();
    this.#flush();
  }

  async older() {
    if (this.paging || !this.hasOlder) return;
    this.paging = true;
    try {
      const page = await this.request("GET", `/messages?before=${Math.min(...this.messages.keys())}&limit=${PAGE}`);
      this.prepend(page);
    } finally {
      this.paging = false;
    }
    this.#tell("change");
  }

  send(content, shown = {}) {
    const product = this.productId();
    const entry = this.outbox.add({ client_id: uuid(), ...content, ...(product ? { product_id: product } : {}) }, shown);
    this.#tell("change");
    this.#flush();
    return entry;
  }

  resend(entry) {
    if (entry.refused) {
      // What came after it is with the server already: it goes to the end, as what it is now, a new message.
      this.outbox.remove(entry);
      return this.send({ ...entry.body, client_id: uuid() }, entry.shown);
    }
    this.outbox.set(entry, { state: "sending", why: "" });
    this.failures = 0;
    this.#tell("change");
    this.nudge();
    return entry;
  }

  discard(entry) {
    this.outbox.remove(entry);
    this.#tell("change");
  }

  tellTyping() {
    const now = performance.now();
    if (now - (this.typed ?? -1000) > 300 && this.link.send({ type: "typing" })) this.typed = now;
  }

  async release() {
    this.#about(await this.request("POST", "/release"));
  }

  // The line goes first: its end would be news ("gone") and begin another talk, which hides the receipt.
  async erase() {
    this.stop();
    try {
      const receipt = await this.request("DELETE", "");
      this.waiting.forEach((entry) => this.outbox.remove(entry));
      this.draft = "";
      this.#dismiss();
      this.#tell("change");
      return receipt;
    } catch (error) {
      this.start().catch(() => {});
      throw error;
    }
  }

  async #start() {
    for (this.tries = 0; ; ) {
      try {
        await this.#enter();
        break;
      } catch (error) {
        if (error.isGone && this.known) {
          this.#forget();
          continue;
        }
        if (this.stopped || this.outdated || error.isFinal) throw error;
        this.tries += 1;
        this.#tell("change");
        await pause(this, Math.max(backOff(this.tries), (error.retryAfter || 0) * 1000));
        if (this.stopped) throw error;
      }
    }
    this.tries = 0;
    this.#tell("change");
    this.link.start();
    this.#flush();
    return this;
  }

  async #enter() {
    const open = async () => {
      this.#read();
      if (this.known) return;
      const opened = await this.call("POST", "/api/v1/conversations", { identity: (await this.identity()) || undefined, product_id: this.productId() || undefined });
      // Over plain http there are no locks: the first talk that was kept is the talk of both.
      this.#read();
      if (this.known) return;
      this.#keep({ id: opened.id, token: opened.token, read: 0 });
      this.#page(opened);
    };
    // Of two tabs at once one opens the talk, the other finds it.
    await (navigator.locks?.request(this.store, open) ?? open());
    if (this.last) return;
    const page = await this.request("GET", `/messages?limit=${PAGE}`);
    this.hasOlder = page.has_more;
    this.#page(page);
  }

  #listen() {
    if (this.listening) return;
    this.listening = new AbortController();
    const { signal } = this.listening;
    const wake = () => document.visibilityState === "visible" && this.nudge();
    addEventListener("online", wake, { signal });
    addEventListener("pageshow", (event) => event.persisted && wake(), { signal });
    document.addEventListener("visibilitychange", wake, { signal });
    addEventListener("storage", (event) => this.#elsewhere(event), { signal });
  }

  // Another tab has written, sent, read or erased something. What was written and is gone again a page has emptied: no erasure.
  #elsewhere({ key, newValue }) {
    if (key === this.store) {
      const before = this.saved.id;
      if (!newValue || disk.read(key)) this.#read();
      if (before && this.saved.id !== before) {
        this.#clear();
        this.link.stop();
        this.#tell("gone");
      }
    } else if (key?.startsWith(this.outbox.prefix)) {
      this.outbox.sync();
      clearTimeout(this.adopting);
      this.adopting = setTimeout(() => this.#flush(), SETTLE);
    } else return;
    this.#tell("change");
  }

  // One after the other, each after the receipt of the one before: the order of the outbox is the order of the talk.
  // Two tabs may send the same entry: the client_id makes that one message.
  async #flush() {
    clearTimeout(this.retry);
    if (this.flushing || this.stopped || this.outdated || !this.known) return;
    this.flushing = true;
    try {
      do this.outbox.sync();
      while (await this.#deliver(this.waiting.find((each) => each.state !== "sent" && !each.refused)));
    } finally {
      this.flushing = false;
    }
  }

  async #deliver(entry) {
    if (!entry || this.stopped) return false;
    try {
      const { message } = await this.request("POST", "/messages", entry.body);
      this.failures = 0;
      this.outbox.set(entry, { state: "sent", seq: message.seq });
      await this.#take(message);
      return true;
    } catch (error) {
      if (error.isGone) this.#shut(4404);
      else if (error.isFinal) {
        this.outbox.set(entry, { state: "failed", refused: true, why: error.status === 413 || error.status === 422 ? error.message : "" });
        this.#tell("change");
        return true;
      } else if (!this.outdated) {
        this.failures += 1;
        if (this.failures >= PATIENCE) this.outbox.set(entry, { state: "failed" });
        const wait = Math.max(backOff(this.failures), (error.retryAfter || 0) * 1000);
        if (error.status === 429) this.#tell("slow", Math.ceil(wait / 1000));
        this.retry = setTimeout(() => this.#flush(), wait);
      }
      this.#tell("change");
      return false;
    }
  }

  async #poll(hold, signal) {
    const query = `/messages?after=${this.last}&wait=${hold}&state=${this.tag}`;
    try {
      const page = await this.request("GET", query, null, { signal, timeout: hold * 1000 + TIMEOUT });
      // Given up while it was being read: a socket may have told newer things of the talk.
      this.#page(signal.aborted ? { ...page, talk: null } : page);
    } catch (error) {
      if (error.isGone) this.#shut(4404);
      throw error;
    }
  }

  #up() {
    this.failures = 0;
    this.#online(true);
    this.#flush();
  }

  #frame(event) {
    if (event.type === "message") this.#take(event.message);
    else if (event.type === "ready") {
      if (this.speaks(event.protocol)) this.#about(event);
      this.#tellRead();
    } else if (event.type === "pong") this.#see(event.last_seq);
    else if (event.type === "typing") this.#set({ typing: event.on });
    else if (event.type === "owner") this.#about(event);
    else if (event.type === "read") this.#about({ read: { [event.by]: event.seq } });
    else if (event.type === "receipt") {
      this.settle(event);
      this.#tell("change");
    } else if (event.type === "erased") this.#shut(4404);
  }

  // An answer of the server with messages, in order.
  #page(page) {
    for (const message of page.messages) this.put(message);
    if (page.talk) this.#about(page.talk);
    this.#prune();
  }

  // A message that came by itself: what is missing before it is fetched first.
  #take(message) {
    if (message.seq > this.last + 1) return this.#see(message.seq);
    this.put(message);
    this.#prune();
    return null;
  }

  // What is delivered leaves the outbox in the same moment as it stands among the messages.
  #prune() {
    const delivered = new Set(this.fresh.map((message) => message.client_id));
    for (const entry of this.waiting) {
      if (delivered.has(entry.body.client_id) || (entry.seq && entry.seq <= this.last)) this.outbox.remove(entry);
    }
    const news = this.fresh;
    this.fresh = [];
    this.#tell("change");
    for (const message of news) this.#tell("message", message);
  }

  // The server has messages up to this seq: fetch what is missing. One fetch at a time; a line that cannot give it begins anew.
  async #see(seq) {
    this.wanted = Math.max(this.wanted, seq || 0);
    if (this.filling) return;
    this.filling = true;
    try {
      while (this.wanted > this.last && !this.stopped) {
        const before = this.last;
        this.#page(await this.request("GET", `/messages?after=${this.last}&limit=200`));
        if (this.last === before) break;
      }
    } catch (error) {
      if (error.isGone) this.#shut(4404);
      else this.link.reset();
    } finally {
      this.filling = false;
      this.wanted = 0;
    }
  }

  #about({ owner, staff, rating_due, waiting_place, typing, read, failed, tag }) {
    if (owner) {
      this.owner = owner;
      this.place = waiting_place;
      this.staff = staff;
      this.ratingDue = Boolean(rating_due);
    }
    if (typing !== undefined) this.typing = typing;
    if (tag) this.tag = tag;
    if (read) {
      this.readByShop = Math.max(this.readByShop, read.shop || 0);
      if (read.shopper > this.saved.read) this.#keep({ read: read.shopper });
      this.told = Math.max(this.told, read.shopper || 0);
    }
    if (failed) this.mark(failed);
    this.#tell("change");
  }

  #tellRead() {
    const seq = Math.min(this.saved.read, this.last);
    if (seq <= this.told || !this.known) return;
    this.told = seq;
    if (!this.link.send({ type: "read", seq })) this.request("POST", "/read", { seq }).catch(() => (this.told = 0));
  }

  #online(online) {
    if (this.online !== online) this.#set(online ? { online } : { online, typing: false });
  }

  #set(changes) {
    Object.assign(this, changes);
    this.#tell("change");
  }

  // Why the server has closed the line; true when there is no way back.
  #shut(code) {
    if (code === 4426) this.speaks(0);
    else if (code === 4404 || code === 4401) {
      if (this.known) {
        this.#forget();
        this.link.stop();
        this.#tell("gone");
      }
    } else return false;
    return true;
  }

  speaks(protocol) {
    if (protocol === PROTOCOL) return true;
    if (!this.outdated) {
      this.outdated = true;
      this.stop();
      this.#tell("outdated");
      this.#tell("change");
    }
    return false;
  }

  // The talk is no more. Unsent lines are kept for the next one; what belonged to this one only becomes words or stays refused.
  #forget() {
    this.#dismiss();
    for (const entry of this.waiting) {
      const { client_id, product_id, text = entry.shown.text } = entry.body;
      if (entry.state === "sent") this.outbox.remove(entry);
      else this.outbox.set(entry, text ? { body: { client_id, product_id, text } } : { state: "failed", refused: true });
    }
  }

  #clear() {
    this.empty();
    this.tries = this.failures = this.told = this.wanted = 0;
    this.owner = "bot";
    this.place = null;
    this.typing = this.online = false;
    this.tag = "";
  }

  // Where nothing can be kept, this page's own memory is all there is.
  #read() {
    const kept = disk.read(this.store);
    if (kept || this.isKept) this.saved = { ...NOBODY, ...kept };
  }

  #keep(changes) {
    Object.assign(this.saved, changes);
    this.isKept = disk.write(this.store, this.saved);
  }

  #dismiss() {
    disk.remove(this.store);
    this.saved = { ...NOBODY };
    this.#clear();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
