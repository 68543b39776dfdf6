// Talks of the widget's transport with a server that is cut; every case ends with what both sides have.
import { TalkClient } from "/static/widget/client.js";
import { Server, sleep } from "./server.js";

const LINES = ["1", "2", "3", "4", "5", "6"];
let number = 0;

// Two clients in one page are two tabs: what one writes is told to the other as the browser tells it between tabs.
for (const name of ["setItem", "removeItem"]) {
  const plain = Storage.prototype[name];
  Storage.prototype[name] = function (key, ...rest) {
    plain.call(this, key, ...rest);
    setTimeout(() => dispatchEvent(new StorageEvent("storage", { key, newValue: rest[0] ?? null })), 40);
  };
}

function begin(cuts, more = {}) {
  const origin = `http://case${(number += 1)}.test`;
  return { origin, server: new Server(origin, cuts), clients: [], open: () => watch(new TalkClient({ base: origin, ...more })) };
}

function watch(client) {
  client.heard = [];
  client.addEventListener("message", ({ detail }) => client.heard.push(detail.seq));
  return client;
}

// Resolves to how often it looked, every 10 ms: time by the timers of the page, which stand as still as the client's own when the machine
// has other work.
async function settled(server, clients, wanted, left = 0) {
  let looks = 0;
  for (let i = 0; i < 1500; i += 1) {
    const talk = server.talk;
    if (talk && talk.messages.length === wanted && clients.every((client) => client.last === wanted && client.waiting.length === left)) break;
    await sleep(10);
    looks += 1;
  }
  return looks;
}

function found(server, clients) {
  const story = (messages) => messages.map((message) => message.text);
  return {
    server: story(server.talk?.messages || []),
    clients: clients.map((client) => ({ shown: story(client.list()), told: client.heard, waiting: client.waiting.map((entry) => [entry.body.text, entry.state, Boolean(entry.refused)]) })),
    done: server.done,
    talks: server.talks.size,
  };
}

async function end(server, clients) {
  const told = found(server, clients);
  clients.forEach((client) => client.stop());
  return told;
}

// Six lines are said while the line is cut at a step; nothing else happens to help.
export async function talk(cuts, { wake = false, pause = 8 } = {}) {
  const { server, open } = begin(cuts);
  const client = open();
  client.start().catch(() => {});
  for (const line of LINES) {
    client.send({ text: line });
    await sleep(pause);
  }
  if (wake) {
    await sleep(100);
    client.nudge();
  }
  await settled(server, [client], 1 + 3 * LINES.length);
  return end(server, [client]);
}

// Two tabs of one browser speak in turns.
export async function tabs(cuts) {
  const { server, open } = begin(cuts);
  const clients = [open(), open()];
  clients.forEach((client) => client.start().catch(() => {}));
  let turn = 0;
  for (const line of LINES) {
    clients[(turn += 1) % 2].send({ text: line });
    await sleep(30);
  }
  await settled(server, clients, 1 + 3 * LINES.length);
  return end(server, clients);
}

// The page goes away with a full outbox (or a stored, unacknowledged message) and another comes.
export async function reload(cuts, { offline = false } = {}) {
  const { server, open } = begin(cuts);
  const first = open();
  await first.start();
  if (offline) server.up = false;
  for (const line of LINES) first.send({ text: line });
  await sleep(offline ? 30 : 6);
  first.stop();
  server.drop();
  server.up = true;
  const second = open();
  await second.start();
  await settled(server, [second], 1 + 3 * LINES.length);
  return end(server, [second]);
}

// Sent before there is any talk, without a network.
export async function offlineFirst() {
  const { server, open } = begin({});
  server.up = false;
  const client = open();
  client.start().catch(() => {});
  for (const line of LINES) client.send({ text: line });
  await sleep(300);
  const states = client.waiting.map((entry) => entry.state);
  server.up = true;
  client.nudge();
  await settled(server, [client], 1 + 3 * LINES.length);
  return { ...(await end(server, [client])), states };
}

// The machine sleeps: the socket hears nothing and is not told so. `wake`: the page is seen again; else only the heart beat tells.
export async function asleep(wake) {
  const { server, open } = begin({});
  const client = open();
  await client.start();
  client.send({ text: "1" });
  await settled(server, [client], 4);
  server.swallow();
  server.say(server.talk, { text: "2", client_id: "another window" });
  if (wake) dispatchEvent(new Event("online"));
  const looks = await settled(server, [client], 7);
  return { ...(await end(server, [client])), took: looks * 10 };
}

// The clock of the machine jumps to and fro while somebody speaks.
export async function clock() {
  const now = Date.now;
  let jump = 0;
  Date.now = () => now() + (jump = (jump + 7919 * 3600000) % (40 * 86400000)) - 20 * 86400000;
  try {
    return await talk({ "reply.middle": 2, "send.after": 2 });
  } finally {
    Date.now = now;
  }
}

// The server is exchanged for one that speaks another protocol.
export async function upgrade(how) {
  const { server, open } = begin({});
  const client = open();
  let told = 0;
  client.addEventListener("outdated", () => (told += 1));
  await client.start();
  await settled(server, [client], 1);
  client.draft = "half a line";
  server.protocol = 2;
  if (how === "socket") server.drop();
  client.send({ text: "unsent" });
  await sleep(200);
  const posts = server.posts.length;
  client.send({ text: "unsent too" });
  await sleep(100);
  const again = open();
  const result = { told, outdated: client.outdated, later: server.posts.length - posts, draft: again.draft, waiting: again.waiting.map((entry) => entry.body.text), online: client.online };
  client.stop();
  again.stop();
  return result;
}

// The talk ends on the server while lines wait; the next talk gets them.
export async function gone() {
  const { server, open } = begin({});
  const client = open();
  await client.start();
  client.addEventListener("gone", () => client.start());
  await settled(server, [client], 1);
  server.talk.erased = true;
  client.draft = "half a line";
  client.send({ text: "1" });
  client.send({ choice: "opaque" }, { text: "a button" });
  client.send({ attachment_ids: ["a1"] });
  await settled(server, [client], 7, 1);
  return { ...(await end(server, [client])), draft: client.draft };
}

// One line is refused: the others go on, in order; asked again it is a new line at the end.
export async function refused() {
  const { server, open } = begin({});
  const client = open();
  await client.start();
  client.send({ text: "1" });
  const bad = client.send({ text: "refuse me" });
  client.send({ text: "2" });
  for (let i = 0; i < 300 && client.last < 7; i += 1) await sleep(10);
  const before = found(server, [client]);
  const again = client.resend(bad);
  await sleep(100);
  const state = [again.state, again.body.client_id !== bad.body.client_id, client.waiting.length];
  client.discard(again);
  const left = client.waiting.length;
  await end(server, [client]);
  return { ...before, state, left };
}

// After many vain tries a line is shown as failed, is tried all the same, and is delivered by hand at once.
export async function failing(byHand) {
  const { server, open } = begin({ "send.500": byHand ? 1000 : 9 });
  const client = open();
  await client.start();
  const entry = client.send({ text: "1" });
  for (let i = 0; i < 400 && entry.state !== "failed"; i += 1) await sleep(5);
  const shown = [entry.state, Boolean(entry.refused), client.receipt(entry)];
  if (byHand) {
    server.cuts = {};
    client.resend(entry);
  }
  await settled(server, [client], 4);
  return { ...(await end(server, [client])), shown };
}

// Storage that is full or forbidden costs nothing while the page lives; one that the page empties (a log-out) neither.
export async function storage(how) {
  const { server, open } = begin({ "send.before": 2, "reply.middle": 1 });
  const set = Storage.prototype.setItem;
  if (how === "forbidden") {
    Storage.prototype.setItem = () => {
      throw new DOMException("no", "QuotaExceededError");
    };
  }
  try {
    const client = open();
    client.start().catch(() => {});
    for (const line of LINES) {
      client.send({ text: line });
      if (how === "emptied") localStorage.clear();
      await sleep(4);
    }
    await settled(server, [client], 1 + 3 * LINES.length);
    return await end(server, [client]);
  } finally {
    Storage.prototype.setItem = set;
  }
}

// A file goes in parts; a step that is cut is taken again, and what is said meanwhile stands before it.
export async function upload() {
  const { server, open } = begin({ "uploads.before": 1, "done.after": 1 });
  const client = open();
  await client.start();
  let failures = 0;
  let at = null;
  let id = null;
  for (let tries = 0; !id && tries < 20; tries += 1) {
    try {
      at ??= await client.request("POST", "/uploads", { size: 1 });
      if (!at.offset) {
        const part = new FormData();
        part.append("file", new Blob(["x"]), "part");
        at = await client.request("PUT", `/uploads/${at.id}?offset=0`, part);
      }
      ({ id } = await client.request("POST", `/uploads/${at.id}/done`));
    } catch {
      failures += 1;
      client.send({ text: String(failures) });
    }
  }
  client.send({ text: "photo", attachment_ids: [id] });
  await settled(server, [client], 10);
  return { ...(await end(server, [client])), failures };
}

// An answer is read when what it tells is no longer so: of a poll that a socket has overtaken, of a fetch that the end of the turn has.
export async function overtaken(cuts) {
  const { server, open } = begin(cuts);
  const client = open();
  await client.start();
  await settled(server, [client], 1);
  if (cuts["fill.slow"]) {
    for (let i = 0; i < 300 && !client.online; i += 1) await sleep(10);
    server.add(server.talk, { from: "bot", text: "0" });
    server.say(server.talk, { text: "1", client_id: "another window" });
    await settled(server, [client], 5);
  }
  for (let i = 0; i < 300 && !(client.link.live && Object.keys(cuts).every((step) => server.done[step])); i += 1) await sleep(10);
  await sleep(100);
  const result = { owner: client.owner, states: client.list().map((message) => message.state), done: server.done };
  await end(server, [client]);
  return result;
}

// How long a shopper waits after the receipt of the reading: sent, then read.
export async function receipts() {
  const { server, open } = begin({ "send.before": 1 });
  const client = open();
  await client.start();
  const seen = new Set();
  client.addEventListener("change", () => [...client.waiting, ...client.list().filter((one) => one.from === "shopper")].forEach((one) => seen.add(client.receipt(one))));
  client.send({ text: "1" });
  await settled(server, [client], 4);
  await sleep(50);
  client.markRead();
  await sleep(50);
  const result = { seen: [...seen], shopper: server.talk.seen, unread: client.unread };
  await end(server, [client]);
  return result;
}
