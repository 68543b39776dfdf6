// A chat server inside the page: the public API over a fetch and a WebSocket of ours, cut at a named step, a stated number of times.
const servers = new Map();
const FAST = 40; // time runs so much faster for the code under test
const later = globalThis.setTimeout.bind(globalThis);
export const sleep = (ms) => new Promise((resolve) => later(resolve, ms));
globalThis.setTimeout = (run, ms = 0, ...rest) => later(run, ms / FAST, ...rest);

const tick = () => sleep(Math.random() * 4);
const refused = () => new TypeError("Failed to fetch");

export class Server {
  // cuts: {step: how often}. `no socket`: WebSockets are blocked for good.
  constructor(origin, cuts = {}) {
    this.origin = origin;
    this.cuts = { ...cuts };
    this.done = {};
    this.talks = new Map();
    this.sockets = new Set();
    this.waiting = new Set();
    this.protocol = 1;
    this.up = true;
    this.posts = [];
    servers.set(origin, this);
  }

  // Whether the line is cut here now.
  cut(step) {
    if (!this.cuts[step]) return false;
    this.cuts[step] -= 1;
    this.done[step] = (this.done[step] || 0) + 1;
    return true;
  }

  // The talk that is spoken in. Two tabs that begin in the same moment may leave an empty one behind.
  get talk() {
    return [...this.talks.values()].filter((talk) => !talk.erased).sort((a, b) => a.messages.length - b.messages.length).at(-1);
  }

  news() {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  add(talk, message) {
    const whole = { id: `m${talk.messages.length + 1}`, seq: talk.messages.length + 1, buttons: [], image: null, card: null, attachments: [], at: "2026-01-01T00:00:00Z", client_id: null, state: null, ...message };
    talk.messages.push(whole);
    this.news();
    return whole;
  }

  push(event) {
    for (const socket of this.sockets) if (socket.isReady) socket.tell(event);
  }

  drop(code = 1006) {
    for (const socket of [...this.sockets]) socket.end(code);
  }

  // The gateway is gone for a while.
  async restart(ms) {
    this.up = false;
    this.drop();
    this.news();
    await sleep(ms);
    this.up = true;
  }

  standing(talk) {
    return { owner: talk.owner || "bot", waiting_place: null, typing: false, read: { shop: talk.read, shopper: talk.seen }, failed: [], last_seq: talk.messages.length, tag: String(talk.read) };
  }

  say(talk, body) {
    const old = talk.messages.find((message) => message.client_id === body.client_id);
    if (old) return old;
    const mine = this.add(talk, { from: "shopper", text: body.text || body.choice, client_id: body.client_id, state: "received" });
    if (this.cut("push.own")) this.drop();
    else if (this.cut("push.swallowed")) this.swallow();
    else if (this.cut("push.twice")) for (let i = 0; i < 2; i += 1) this.push({ type: "message", message: { ...mine } });
    else if (!this.cut("push.never")) this.push({ type: "message", message: { ...mine } });
    this.answer(talk, mine);
    return mine;
  }

  swallow() {
    for (const socket of this.sockets) socket.isDeaf = true;
  }

  async answer(talk, mine) {
    await (talk.turn = (talk.turn || Promise.resolve()).then(async () => {
      await tick();
      talk.read = mine.seq;
      this.push({ type: "read", by: "shop", seq: mine.seq });
      const first = this.add(talk, { from: "bot", text: `${mine.text}-a`, reply_to: mine.id });
      if (!this.cut("push.late")) this.push({ type: "message", message: { ...first } });
      if (this.cut("reply.middle")) this.drop();
      if (this.cut("reply.restart")) this.restart(60);
      const second = this.add(talk, { from: "bot", text: `${mine.text}-b`, reply_to: mine.id });
      this.push({ type: "message", message: { ...second } });
      if (this.done["push.late"]) this.push({ type: "message", message: { ...first } });
      mine.state = "answered";
      if (this.cut("receipt")) this.drop();
      this.push({ type: "receipt", seq: mine.seq, state: "answered" });
    }));
  }

  async fetch(path, { method = "GET", body, signal } = {}) {
    await tick();
    if (!this.up) throw refused();
    const url = new URL(path);
    const [, id, what, done] = url.pathname.match(/^\/api\/v1\/conversations(?:\/([^/]+))?(?:\/(\w+)(?:\/\w+)?(\/done)?)?$/);
    const after = url.searchParams.get("after");
    const kind = !id ? "open" : method !== "GET" ? (done ? "done" : method === "PUT" ? "part" : what === "messages" ? "send" : what) : url.searchParams.has("wait") ? "poll" : after ? "fill" : "history";
    if (this.cut(`${kind}.before`)) throw refused();
    if (this.cut(`${kind}.500`)) return this.reply(500, null);
    if (this.cut(`${kind}.portal`)) return new Response("<html>log in</html>", { status: 200, headers: { "Content-Type": "text/html" } });
    if (this.cut(`${kind}.notfound`)) return new Response("nginx", { status: 404 });
    if (this.cut(`${kind}.busy`)) return this.reply(429, { type: "urn:rate", detail: "slow" }, { "Retry-After": "1" });
    const answer = await this.handle(kind, id, url, body && typeof body === "string" ? JSON.parse(body) : body, signal);
    // The line that is cut while it catches up has something to catch up: no answer tells what was said since it fell.
    while (this.done["reply.middle"] && this.cuts.catchup) await tick();
    // Read from the network only when the talk has gone on, whatever the page has given up meanwhile.
    if (this.cut(`${kind}.slow`)) {
      this.talk.owner = "agent";
      while (![...this.sockets].some((socket) => socket.isReady)) await tick();
      await sleep(40);
      return answer;
    }
    if (this.cut(`${kind}.hang`)) await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(refused())));
    if (this.cut(`${kind}.after`)) throw refused();
    if (signal?.aborted) throw refused();
    return answer;
  }

  reply(status, body, headers = {}) {
    return new Response(JSON.stringify(body), { status, headers: { "Xiaoer-Protocol": String(this.protocol), ...headers } });
  }

  async handle(kind, id, url, body, signal) {
    if (kind === "open") {
      const talk = { id: `c${this.talks.size + 1}`, messages: [], read: 0, seen: 0 };
      this.talks.set(talk.id, talk);
      this.add(talk, { from: "bot", text: "welcome" });
      return this.reply(201, { id: talk.id, token: `t-${talk.id}`, messages: talk.messages, has_more: false, talk: this.standing(talk) });
    }
    const talk = this.talks.get(id);
    if (!talk || talk.erased) return this.reply(404, { type: "urn:not-found", detail: "gone" });
    if (kind === "uploads" || kind === "part") return this.reply(kind === "part" ? 200 : 201, { id: "u1", offset: kind === "part" ? 1 : 0, part: 1 });
    if (kind === "done") return this.reply(201, { id: "a1" });
    if (kind === "send") {
      this.posts.push(body.client_id);
      if (body.text === "refuse me") return this.reply(422, { type: "urn:empty", detail: "no" });
      return this.reply(202, { message: { ...this.say(talk, body) } });
    }
    if (kind === "read") {
      talk.seen = body.seq;
      return new Response(null, { status: 204 });
    }
    const after = Number(url.searchParams.get("after") || 0);
    const limit = Number(url.searchParams.get("limit") || 50);
    const found = () => (kind === "history" ? talk.messages.slice(-limit) : talk.messages.slice(after, after + limit));
    if (kind === "poll" && !found().length && url.searchParams.get("state") === this.standing(talk).tag) {
      const hold = (Number(url.searchParams.get("wait")) * 1000) / FAST;
      await Promise.race([sleep(hold), new Promise((resolve) => this.waiting.add(resolve)), new Promise((resolve) => signal.addEventListener("abort", resolve))]);
      if (!this.up) throw refused();
    }
    const more = kind === "history" ? talk.messages.length > limit : talk.messages.length > after + limit;
    return this.reply(200, { messages: found().map((message) => ({ ...message })), has_more: more, talk: kind === "poll" ? this.standing(talk) : undefined });
  }
}

class Socket {
  constructor(address) {
    this.server = servers.get(`http://${new URL(address).host}`);
    this.id = new URL(address).pathname.split("/").at(-2);
    this.readyState = 0;
    later(() => this.begin(), Math.random() * 4);
  }

  begin() {
    const { server } = this;
    if (this.readyState === 3) return;
    if (server.cuts["no socket"] || !server.up || server.cut("socket.connect")) return this.end(1006);
    if (server.cut("socket.stuck")) return;
    server.sockets.add(this);
    this.readyState = 1;
    this.onopen?.();
  }

  async send(text) {
    const { server } = this;
    const frame = JSON.parse(text);
    await tick();
    if (this.readyState !== 1 || this.isDeaf) return;
    const talk = server.talks.get(this.id);
    if (frame.type === "ping") return this.tell({ type: "pong", last_seq: talk.messages.length });
    if (frame.type === "read") talk.seen = frame.seq;
    if (frame.type) return;
    if (server.cut("socket.hello")) return this.end(1006);
    if (frame.protocol !== server.protocol) return this.end(4426);
    if (!talk || talk.erased) return this.end(4404);
    // As the server does: subscribed first, read second.
    this.isReady = true;
    this.held = [];
    for (const message of talk.messages.slice(frame.after)) {
      this.tell({ type: "message", message: { ...message } }, true);
      if (server.cut("catchup")) return this.end(1006);
    }
    if (server.cut("ready.before")) return this.end(1006);
    this.tell({ type: "ready", protocol: server.protocol, ...server.standing(talk) }, true);
    const { held } = this;
    this.held = null;
    for (const event of held) this.tell(event);
  }

  tell(event, now = false) {
    if (this.isDeaf) return;
    if (this.held && !now) return this.held.push(event);
    later(() => this.readyState === 1 && this.onmessage?.({ data: JSON.stringify(event) }), 0);
  }

  close() {
    this.server?.sockets.delete(this);
    this.readyState = 3;
  }

  end(code) {
    this.close();
    this.onclose?.({ code });
  }
}
Socket.OPEN = 1;
Socket.CLOSING = 2;

globalThis.WebSocket = Socket;
globalThis.fetch = (path, options) => servers.get(new URL(path).origin).fetch(path, options);
