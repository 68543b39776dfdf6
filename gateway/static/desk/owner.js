// Who has the open talk, who else looks at it or types, and passing it on: take, transfer with a note, back to the bot or the queue, close.
import { grade, spoken } from "./clock.js";
import { fill, h } from "./dom.js";
import { wrong } from "./frame.js";
import { called, ownerWords } from "./rows.js";
import { once } from "./turns.js";
import { say, W } from "./words.js";

const O = W.owner;
const TYPING = 6_000;

export function mount(host, ctx) {
  let talk = null;
  let inbox = null;
  let shown = null; // id of the talk that is open
  const types = new Map();
  const clock = h("span", { class: "clock" });
  setInterval(tick, 1_000);

  ctx.on("talk", (view) => {
    talk = view;
    draw();
  });
  ctx.on("open", (id) => {
    shown = id;
    if (id === talk?.id) return;
    // The inbox knows enough to begin with; the talk itself is read meanwhile.
    const known = inbox?.talks.get(id);
    talk = known?.viewers ? { ...known } : null;
    types.clear();
    draw();
  });
  ctx.on("inbox", (now) => {
    inbox = now;
    const row = inbox.talks.get(talk?.id);
    if (row?.viewers) talk = { ...talk, owner: row.owner, staff: row.staff };
    draw();
  });
  ctx.on("frame", (frame) => {
    if (!talk || frame.talk !== talk.id) return;
    if (frame.type === "owner") {
      talk = { ...talk, owner: frame.owner === "agent" ? `agent:${frame.agent}` : frame.owner, staff: frame.staff };
      draw();
    } else if (frame.type === "typing" && frame.staff && frame.staff !== ctx.me.id) {
      clearTimeout(types.get(frame.staff)?.timer);
      types.delete(frame.staff);
      if (frame.on) types.set(frame.staff, { number: frame.number, timer: setTimeout(() => types.delete(frame.staff) && draw(), TYPING) });
      draw();
    }
  });

  const mine = () => talk?.owner === `agent:${ctx.me.id}`;
  const others = () => Boolean(talk?.owner.startsWith("agent:")) && !mine();
  const may = {
    take: () => talk && !mine() && (!others() || ctx.lead),
    pass: () => mine() || (others() && ctx.lead),
  };

  // How long this shopper has waited: on a phone the inbox is not in sight.
  function tick() {
    const since = talk && inbox?.talks.get(talk.id)?.waiting_since;
    const seconds = since ? inbox.clock.seconds(since) : 0;
    clock.textContent = since ? spoken(seconds) : "";
    clock.className = since ? `clock ${grade(seconds)}` : "clock";
  }

  function draw() {
    if (!talk) {
      fill(host);
      return;
    }
    const row = inbox?.talks.get(talk.id);
    const about = { ...row, ...talk, staff: talk.staff ?? row?.staff, customer: talk.customer ?? row?.customer ?? null };
    const viewers = (row?.viewers || []).filter((one) => one.staff !== ctx.me.id && !types.has(one.staff));
    const button = (name, label, key, kind) => h("button", { type: "button", class: kind, "data-deed": name, title: key, on: { click: () => deeds[name]() } }, label);
    const takeWords = talk.owner === "bot" ? O.take_bot : talk.owner === "closed" ? O.take_closed : others() ? O.step_in : O.take;
    const made = [
      h("div", { class: "who" },
        h("h2", { text: called(about) }),
        h("span", { class: `tag ${mine() ? "good" : talk.owner === "queue" ? "warn" : ""}`, text: ownerWords(about, ctx.me.id) }),
        clock,
        viewers.map((one) => h("span", { class: "tag", text: say(W.inbox.viewing, one) })),
        [...types.values()].map((one) => h("span", { class: "tag warn", text: say(O.types, one) })),
      ),
      h("div", { class: "deeds" },
        may.take() ? button("take", takeWords, "Alt+A", "primary") : null,
        may.pass() ? [button("transfer", O.transfer, "Alt+P", ""), button("bot", O.to_bot, "Alt+B", ""), button("queue", O.to_queue, "Alt+Q", ""), button("closed", O.close, "Alt+X", "")] : null,
      ),
    ];
    tick();
    const focused = host.contains(document.activeElement) ? document.activeElement.dataset.deed : null;
    fill(host, made);
    if (focused) (host.querySelector(`[data-deed=${focused}]`) || host.querySelector("button"))?.focus();
  }

  // What was done is seen in the next reading of the talk, which everybody makes. Who has gone on to another one is not fetched back.
  // What is pressed twice is meant once. Another deed waits for nothing: the line may have told the first before its answer is here.
  const act = once(async (path, body) => {
    const id = talk.id;
    const again = () => shown === id && ctx.emit("open", id);
    shown = id;
    try {
      const view = await ctx.api.post(`/talks/${id}/${path}`, body);
      again();
      return view;
    } catch (problem) {
      ctx.toast(wrong(problem), { kind: "warn" });
      if (problem.kind === "not-yours" || problem.status === 404) again();
      return null;
    } finally {
      inbox?.read();
    }
  }, (path, body) => `${talk.id} ${path} ${body?.to ?? ""}`);

  async function give(to, note) {
    const passed = await act("give", note ? { to, note } : { to });
    if (!passed) return;
    const words = { bot: O.given_bot, queue: O.given_queue, closed: O.given_closed }[to] || O.given_colleague;
    ctx.toast(words);
    // On to whoever of one's own waits longest, if anybody does.
    await inbox?.read();
    const next = inbox?.oldest(inbox.mine.filter((one) => one.id !== passed.id));
    if (next && shown === passed.id) ctx.emit("open", next.id);
  }

  async function transfer() {
    const id = talk.id;
    const { staff } = await ctx.api.get("/members");
    if (talk?.id !== id) return;
    const colleagues = staff.filter((one) => one.active && one.role !== "trainer" && `agent:${one.id}` !== talk.owner);
    if (!colleagues.length) {
      ctx.toast(O.no_colleague, { kind: "warn" });
      return;
    }
    colleagues.sort((one, other) => Number(other.there) - Number(one.there) || one.load / (one.capacity || 1) - other.load / (other.capacity || 1));
    const state = (one) => (one.there || one.presence !== "online" ? W.frame.presence[one.presence] : O.page_closed);
    const whom = h("select", { name: "to" }, colleagues.map((one) => h("option", { value: one.id, text: say(O.colleague, { ...one, state: state(one) }) })));
    const note = h("textarea", { name: "note", rows: "3", maxlength: "2000" });
    const fields = h("div", {}, h("label", {}, h("span", { text: O.to_whom }), whom), h("label", {}, h("span", { text: O.note }), note));
    const chosen = await ctx.ask(O.transfer_title, fields, [
      { name: "give", label: O.transfer, kind: "primary" },
      { name: "cancel", label: W.frame.cancel },
    ]);
    if (chosen !== "give" || talk?.id !== id) return;
    await give(whom.value, note.value.trim());
  }

  // A shopper who still waits for a word is not left by mistake.
  async function close() {
    const id = talk.id;
    const waits = inbox?.talks.get(id)?.waiting_since;
    const sure = !waits || (await ctx.ask(O.close_title, O.close_waits, [{ name: "close", label: O.close, kind: "bad" }, { name: "cancel", label: W.frame.cancel, kind: "primary" }])) === "close";
    if (sure && talk?.id === id) await give("closed");
  }

  const passOn = once(transfer, () => talk.id);
  const deeds = {
    take: () => (may.take() ? act("take") : false),
    transfer: () => (may.pass() ? passOn() : false),
    bot: () => (may.pass() ? give("bot") : false),
    queue: () => (may.pass() ? give("queue") : false),
    closed: () => (may.pass() ? close() : false),
  };
  for (const [key, name] of [["alt+a", "take"], ["alt+p", "transfer"], ["alt+b", "bot"], ["alt+q", "queue"], ["alt+x", "closed"]]) {
    // A promise is "handled": only false hands the key on.
    ctx.keys.bind(key, O.keys[name], () => deeds[name]() !== false && undefined, { typing: true });
  }
}
