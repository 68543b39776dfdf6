// The talk with the server: one conversation, its messages, an outbox that loses nothing, and one socket.
// Knows nothing of the screen; tells what happened with events: change, message, status, gone.

const RETRY = [500, 1000, 2000, 4000, 8000, 15000];
const POLL = 3000;
const PAGE = 50;

export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body?.detail || `status ${status}`);
    this.status = status;
    this.kind = String(body?.type || "").split(":").pop();
    this.retryAfter = Number(retryAfter) || 0;
  }
}

function uuid() {
  if (globalThis.crypto?.randomUUID) return crypto.randomUUID();
  // randomUUID exists only in secure contexts; a shop tried out over plain http needs ids too.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export class TalkClient extends EventTarget {
  // base: origin of the gateway ("" = same); key: whose talk it is in this browser; identity: async () => JWT or null.
  constructor({ base = "", key = "anonymous", identity = async () => null, productId = () => null }) {
    super();
    this.base = base;
    this.store = `xiaoer:${base}:${key}`;
    this.identity = identity;
    this.productId = productId;
    this.messages = new Map();
    this.hasOlder = false;
    this.owner = "bot";
    this.place = null;
    this.typing = false;
    this.online = false;
    this.tries = 0;
    this.saved = this.#load();
  }

  get known() {
    return Boolean(this.saved.id);
  }

  get lastSeq() {
    return Math.max(0, ...this.messages.keys());
  }

  get unread() {
    let count = 0;
    for (const [seq, message] of this.messages) if (seq > this.saved.read && message.from !== "shopper") count += 1;
    return count;
  }

  list() {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }

  markRead() {
    const last = this.lastSeq;
    if (last > this.saved.read) {
      this.saved.read = last;
      this.#save();
      this.#tell("change");
    }
  }

  set draft(text) {
    this.saved.draft = text;
    this.#save();
  }

  get draft() {
    return this.saved.draft;
  }

  // Open (or find again) the conversation, show its newest messages, keep a socket.
  async start() {
    this.stopped = false;
    if (!this.saved.id) {
      const opened = await this.#call("POST", "/api/v1/conversations", { identity: (await this.identity()) || undefined, product_id: this.productId() || undefined });
      Object.assign(this.saved, { id: opened.id, token: opened.token, read: 0 });
      this.#save();
    }
    try {
      const page = await this.#call("GET", `${this.path}/messages?limit=${PAGE}`);
      page.messages.forEach((message) => this.messages.set(message.seq, message));
      this.hasOlder = page.has_more;
      this.#forgetDelivered();
    } catch (error) {
      if (!this.#isGone(error)) throw error;
      this.#lost();
      return this.start();
    }
    this.#tell("change");
    this.#connect();
    this.#flush();
    return this;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.again);
    clearTimeout(this.poller);
    this.socket?.close();
  }

  // Try at once what waits for its next try: the page is visible or the network is back.
  nudge() {
    if (this.stopped || !this.saved.id) return;
    if (!this.online) {
      clearTimeout(this.again);
      this.tries = 0;
      this.#connect();
    }
    this.#flush();
  }

  async older() {
    const first = Math.min(...this.messages.keys());
    const page = await this.#call("GET", `${this.path}/messages?before=${first}&limit=${PAGE}`);
    page.messages.forEach((message) => this.messages.set(message.seq, message));
    this.hasOlder = page.has_more;
    this.#tell("change");
  }

  // Put a message into the outbox; it is kept there, through reloads, until the server has it.
  send(content, shown = {}) {
    const entry = { body: { client_id: uuid(), ...content }, shown, state: "sending", at: Date.now() };
    const product = this.productId();
    if (product) entry.body.product_id = product;
    this.saved.outbox.push(entry);
    this.#save();
    this.#tell("change");
    this.#flush();
    return entry;
  }

  resend(entry) {
    entry.state = "sending";
    this.#save();
    this.#tell("change");
    this.#flush();
  }

  async upload(file) {
    const form = new FormData();
    form.append("file", file, file.name || "photo");
    return this.#call("POST", `${this.path}/attachments`, form);
  }

  async file(id) {
    const response = await fetch(`${this.base}${this.path}/attachments/${encodeURIComponent(id)}`, { headers: this.#headers() });
    if (!response.ok) throw new Problem(response.status);
    return URL.createObjectURL(await response.blob());
  }

  tellTyping() {
    const now = Date.now();
    if (this.socket?.readyState === WebSocket.OPEN && now - (this.typed || 0) > 800) {
      this.typed = now;
      this.socket.send('{"type":"typing"}');
    }
  }

  async release() {
    const talk = await this.#call("POST", `${this.path}/release`);
    this.#owner(talk);
  }

  rate(score) {
    return this.#call("POST", `${this.path}/rating`, { score });
  }

  async erase() {
    const receipt = await this.#call("DELETE", this.path);
    this.stop();
    this.#lost();
    return receipt;
  }

  get path() {
    return `/api/v1/conversations/${this.saved.id}`;
  }

  async #flush() {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (;;) {
        const entry = this.saved.outbox.find((each) => each.state === "sending");
        if (!entry || this.stopped) return;
        const done = await this.#deliver(entry);
        if (!done) return;
      }
    } finally {
      this.flushing = false;
    }
  }

  async #deliver(entry) {
    try {
      const { message } = await this.#call("POST", `${this.path}/messages`, entry.body);
      entry.tries = 0;
      this.saved.outbox = this.saved.outbox.filter((each) => each !== entry);
      this.#take(message);
      return true;
    } catch (error) {
      if (this.#isGone(error)) {
        entry.state = "failed";
        this.#tell("gone");
      } else if (error instanceof Problem && error.status < 500 && error.status !== 429) {
        // The server will never take this one as it is.
        entry.state = "failed";
        entry.why = error.status === 413 || error.status === 422 ? error.message : "";
      } else {
        entry.tries = (entry.tries || 0) + 1;
        if (entry.tries > RETRY.length) {
          entry.state = "failed";
          entry.tries = 0;
        } else {
          const wait = Math.max(RETRY[entry.tries - 1], (error.retryAfter || 0) * 1000);
          setTimeout(() => this.#flush(), wait);
        }
      }
      this.#save();
      this.#tell("change");
      return entry.state === "failed";
    }
  }

  #connect() {
    if (this.stopped || !this.saved.id || (this.socket && this.socket.readyState < WebSocket.CLOSING)) return;
    const address = new URL(`${this.base}${this.path}/ws`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ token: this.saved.token, after: this.lastSeq }));
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.#setOnline(false);
      if (this.stopped) return;
      if (event.code === 4404 || event.code === 4401) return this.#tell("gone");
      const wait = RETRY[Math.min(this.tries++, RETRY.length - 1)] * (0.75 + Math.random() / 2);
      this.again = setTimeout(() => this.#connect(), wait);
      this.#poll();
    };
  }

  // While there is no socket (a proxy that knows none, for example) messages still come, a little later.
  #poll() {
    clearTimeout(this.poller);
    this.poller = setTimeout(async () => {
      if (this.online || this.stopped) return;
      try {
        const page = await this.#call("GET", `${this.path}/messages?after=${this.lastSeq}`);
        page.messages.forEach((message) => this.#take(message));
        this.#owner(await this.#call("GET", this.path));
      } catch {
        // Offline: the next round tries again.
      }
      this.#poll();
    }, POLL);
  }

  #receive(event) {
    if (event.type === "message") this.#take(event.message);
    else if (event.type === "ready") {
      this.tries = 0;
      this.#setOnline(true);
      this.#owner(event);
      this.#flush();
    } else if (event.type === "typing") {
      this.typing = event.on;
      this.#tell("change");
    } else if (event.type === "owner") this.#owner(event);
    else if (event.type === "receipt") {
      const message = this.messages.get(event.seq);
      if (message) message.state = event.state;
      this.#tell("change");
    }
  }

  #take(message) {
    const isNew = !this.messages.has(message.seq);
    const known = this.messages.get(message.seq);
    // A receipt may have overtaken the answer to our own request.
    if (known && known.state === "answered" && message.state === "received") message.state = known.state;
    this.messages.set(message.seq, message);
    if (message.from !== "shopper") this.typing = false;
    this.#forgetDelivered();
    this.#tell("change");
    if (isNew) this.#tell("message", message);
  }

  #forgetDelivered() {
    const delivered = new Set(this.list().map((message) => message.client_id).filter(Boolean));
    this.saved.outbox = this.saved.outbox.filter((entry) => !delivered.has(entry.body.client_id));
    this.#save();
  }

  #owner(about) {
    this.owner = about.owner;
    this.place = about.waiting_place;
    this.#tell("change");
  }

  #setOnline(online) {
    if (this.online !== online) {
      this.online = online;
      if (!online) this.typing = false;
      this.#tell("change");
    }
  }

  #headers() {
    return this.saved.token ? { Authorization: `Bearer ${this.saved.token}` } : {};
  }

  async #call(method, path, body) {
    const headers = this.#headers();
    const isForm = body instanceof FormData;
    if (body && !isForm) headers["Content-Type"] = "application/json";
    const response = await fetch(this.base + path, { method, headers, body: body && !isForm ? JSON.stringify(body) : body, cache: "no-store" });
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok) throw new Problem(response.status, answer, response.headers.get("Retry-After"));
    return answer;
  }

  #isGone(error) {
    return error instanceof Problem && (error.status === 404 || error.status === 401);
  }

  #lost() {
    this.saved = { id: null, token: null, read: 0, draft: "", outbox: [] };
    this.messages.clear();
    this.owner = "bot";
    this.typing = false;
    try {
      localStorage.removeItem(this.store);
    } catch {
      // Storage is switched off: then nothing was kept either.
    }
    this.#tell("change");
  }

  #load() {
    const empty = { id: null, token: null, read: 0, draft: "", outbox: [] };
    try {
      return { ...empty, ...JSON.parse(localStorage.getItem(this.store) || "{}") };
    } catch {
      return empty;
    }
  }

  #save() {
    try {
      localStorage.setItem(this.store, JSON.stringify(this.saved));
    } catch {
      // A full or forbidden storage costs the history after a reload, not the talk.
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
