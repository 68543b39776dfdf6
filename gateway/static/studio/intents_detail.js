// One intent: what it is called and confused with, its examples edited in place, many at once, and new ones checked while they are typed.
import { fill, h, typed } from "../desk/dom.js";
import { held, newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { button, keep, labelled, lines, percent, told } from "./intents_common.js";
import { call, merge, remove, rename, target, where } from "./intents_dialogs.js";
import { parts } from "./intents_split.js";
import { I } from "./words_intents.js";

const STEP = 100;
const WAIT = 300;
const ALL = 500;

export function detail(ctx, page, on) {
  // What is shown of the examples; `edits`: id → new text or null (out); `chosen`: ids.
  let view = fresh();
  let box = null;
  const listed = newest();
  const looked = newest();
  const every = newest();
  const saveAll = held(store);
  const pending = () => view.edits.size + (box?.value.trim() ? 1 : 0);
  return { draw, typeHere: () => (box ? box.focus() : false), pending, forget: () => { view.edits.clear(); if (box) box.value = ""; } };

  function fresh() {
    return { q: "", kind: "all", topic: null, limit: STEP, examples: [], total: 0, topics: [], edits: new Map(), chosen: new Set(), host: null };
  }

  async function draw(host) {
    // New examples that are being typed outlive what else is saved of their intent.
    const typing = box?.value.trim() && box.dataset.intent === page.chosen ? box.closest(".adder") : null;
    view = fresh();
    box = null;
    for (const place of [listed, looked, every]) place.drop();
    const one = page.intents.find((each) => each.intent === page.chosen);
    if (!one) {
      fill(host, h("p", { class: "mute none", text: I.pick }));
      return;
    }
    view.host = h("div", { class: "examples-host" });
    fill(host, head(one), typing || adder(one), tools(one), view.host);
    if (typing) box = typing.querySelector("textarea");
    await read(one);
  }

  // Tells of what is not saved: what is done to a whole intent would lose it.
  function unsaved() {
    const n = pending();
    if (n) ctx.toast(say(I.pending, { n }), { kind: "warn" });
    return n > 0;
  }

  function head(one) {
    const act = (work) => async () => {
      if (unsaved()) return;
      const said = await work();
      if (said) await on.moved(typeof said === "string" ? said : one.intent);
    };
    const about = [
      say(I.count, one),
      one.accuracy === null ? null : say(I.accuracy, { share: percent(one.accuracy), messages: one.messages ?? "—" }),
      say(I.uses, one.uses),
    ].filter(Boolean);
    return h("header", { class: "card about" },
      h("button", { type: "button", class: "quiet back", text: I.back, on: { click: () => on.open({ chosen: null }) } }),
      h("h2", {}, one.name, " ", h("span", { class: "id", text: say(I.id, one) })),
      h("p", { class: "mute", text: about.join(" · ") }),
      one.confused.length ? h("p", {}, h("span", { class: "mute", text: `${I.confused} ` }), one.confused.map((each) => [neighbour(each), " "])) : null,
      one.topics.length ? h("p", { class: "mute", text: `${I.topics}：${one.topics.join("、")}` }) : null,
      h("div", { class: "row" },
        button(I.split, act(() => parts(ctx, page, one, []))), button(I.merge, act(() => merge(ctx, page, one))), button(I.call, act(() => call(ctx, page, one))), button(I.rename, act(() => rename(ctx, one))),
        button(I.where, () => where(ctx, one)), button(I.remove, act(async () => ((await remove(ctx, one)) ? on.moved(null) : null)))));
  }

  function neighbour(each) {
    const other = page.intents.find((one) => one.intent === each.intent);
    return button(say(I.confused_with, { name: other?.name || each.intent, n: each.count }), () => on.open({ chosen: each.intent }), "tag");
  }

  // The field for new examples; what speaks against a line is said below it.
  function adder(one) {
    box = h("textarea", { rows: "2", "data-intent": one.intent, placeholder: I.add_hint, maxlength: "40000", "aria-describedby": "add-look" });
    const field = box;
    const topic = h("select", {}, one.topics.map((each) => h("option", { value: each, text: each })));
    const use = h("select", {}, ["taught", "held_out"].map((each) => h("option", { value: each, text: I.uses_as[each] })));
    const said = h("div", { class: "look", id: "add-look", role: "status" });
    const look = async () => {
      const asked = lines(field).slice(0, 50);
      await looked(asked, (texts) => (texts.length ? ctx.api.post("/studio/examples/look", { texts, intent: one.intent }) : { texts: [] }), (answer) => fill(said, answer.texts.flatMap((each) => warnings(one, each))), () => {});
    };
    typed(field, WAIT, look);
    const add = async () => {
      const added = lines(field);
      if (!added.length && !view.edits.size) return field.focus();
      await saveAll(one, added, one.topics.length ? topic.value : null, use.value === "held_out");
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void add();
      }
    });
    return h("section", { class: "card adder" }, labelled(I.add, field), said,
      h("div", { class: "row" }, one.topics.length ? labelled(I.topic, topic) : null, labelled(I.use, use), h("span", { class: "grow" }), button(I.add_do, add, "primary")));
  }

  function warnings(one, each) {
    const name = (intent) => page.intents.find((other) => other.intent === intent)?.name || intent;
    const line = (text, kind) => h("p", { class: kind, text });
    if (each.fault) return [line(say(I.look.fault, each), "bad")];
    if (each.clash) return [line(say(I.look.clash, { ...each.clash, text: each.text, name: name(each.clash.intent) }), "bad")];
    if (each.there) return [line(say(I.look.there, each), "warn")];
    const foreign = each.near.find((other) => other.intent !== one.intent);
    if (foreign) return [line(say(I.look.near, { text: each.text, other: foreign.text, name: name(foreign.intent) }), "warn")];
    const own = each.near.find((other) => other.share >= 0.85);
    return own ? [line(say(I.look.near_own, { text: each.text, other: own.text }), "")] : [];
  }

  function tools(one) {
    const q = h("input", { type: "search", "aria-label": I.filter, placeholder: I.filter, maxlength: "100" });
    typed(q, WAIT, () => go(one, { q: q.value.trim() }));
    const kind = h("select", { "aria-label": I.kind, on: { change: () => go(one, { kind: kind.value }) } }, Object.entries(I.kinds).map(([value, text]) => h("option", { value, text })));
    const topic = one.topics.length
      ? h("select", { "aria-label": I.topic, on: { change: () => go(one, { topic: topic.value || null }) } }, [h("option", { value: "", text: I.any_topic }), ...one.topics.map((each) => h("option", { value: each, text: each }))])
      : null;
    return h("div", { class: "row tools" }, q, kind, topic);
  }

  async function go(one, changes) {
    Object.assign(view, { limit: STEP, ...changes });
    view.chosen.clear();
    // All of what was shown before are not all of this.
    every.drop();
    await read(one);
  }

  function query(one) {
    return { intent: one.intent, q: view.q, kind: view.kind, topic: view.topic };
  }

  async function read(one) {
    const { limit } = view;
    await listed(query(one), async (wanted) => {
      const found = [];
      for (;;) {
        const answer = await ctx.api.get("/studio/examples", { ...wanted, limit: Math.min(ALL, limit - found.length), offset: found.length });
        found.push(...answer.examples);
        if (found.length >= Math.min(limit, answer.total) || !answer.examples.length) return { examples: found, total: answer.total, topics: answer.topics };
      }
    }, (found) => {
      Object.assign(view, found);
      drawExamples(one);
    }, (problem) => ctx.toast(told(problem), { kind: "bad" }));
  }

  function drawExamples(one) {
    if (!view.host) return;
    const rows = view.examples.map((each) => row(one, each));
    const left = Math.min(STEP, view.total - view.examples.length);
    fill(view.host,
      bulk(one),
      h("ul", { class: "examples", "aria-label": I.examples }, rows.length ? rows : h("li", { class: "none", text: I.no_examples })),
      left > 0 ? button(say(I.more_examples, { n: left }), () => { view.limit += STEP; void read(one); }) : null);
  }

  // Many at once: what is chosen, and what was changed in place and not saved.
  function bulk(one) {
    const n = view.chosen.size;
    const all = h("input", { type: "checkbox", checked: n > 0 && n === view.total, indeterminate: n > 0 && n < view.total });
    all.addEventListener("change", () => void chooseAll(one, all.checked));
    const ids = () => [...view.chosen];
    const off = view.edits.size > 0;
    const deed = (label, fn) => button(label, fn, "", { disabled: off });
    return h("div", { class: "row bulk" },
      h("label", { class: "check" }, all, say(I.select_all, { n: view.total })),
      n ? h("span", { role: "status", text: say(I.selected, { n }) }) : null,
      n ? [
        deed(I.move, () => move(one, ids())),
        deed(I.split_off, async () => { if (unsaved()) return; const made = await parts(ctx, page, one, ids()); if (made) await on.moved(made); }),
        deed(I.to_test, () => use(one, ids(), true)),
        deed(I.to_taught, () => use(one, ids(), false)),
        deed(I.drop, () => drop(one, ids())),
      ] : null,
      h("span", { class: "grow" }),
      off ? [h("span", { class: "warn", role: "status", text: say(I.pending, { n: view.edits.size }) }), button(I.save, () => saveAll(one, [], null, false), "primary"), button(I.discard, () => { view.edits.clear(); drawExamples(one); })] : null);
  }

  async function chooseAll(one, on_) {
    const { total } = view;
    await every(query(one), async (wanted) => {
      const ids = [];
      // All that fit, also those that are not drawn yet.
      for (let at = 0; on_ && at < total; at += ALL) {
        const found = await ctx.api.get("/studio/examples", { ...wanted, limit: ALL, offset: at }).catch(() => ({ examples: [] }));
        ids.push(...found.examples.map((each) => each.id));
        if (!found.examples.length) break;
      }
      return ids;
    }, (ids) => {
      view.chosen = new Set(ids);
      drawExamples(one);
    });
  }

  function row(one, each) {
    const edited = view.edits.get(each.id);
    const gone = edited === null;
    const tick = h("input", { type: "checkbox", checked: view.chosen.has(each.id), "aria-label": say(I.choose_one, each) });
    tick.addEventListener("change", () => {
      every.drop();
      tick.checked ? view.chosen.add(each.id) : view.chosen.delete(each.id);
      view.host.querySelector(".bulk").replaceWith(bulk(one));
    });
    const text = h("button", { type: "button", class: `quiet text ${gone ? "gone" : edited !== undefined ? "edited" : ""}`, "aria-label": say(I.edit_one, each), text: edited ?? each.text, on: { click: () => write(one, each, text) } });
    const clash = each.clash ? page.intents.find((other) => other.intent === each.clash)?.name || each.clash : null;
    return h("li", { "data-id": each.id, class: gone ? "out" : "" }, tick, text,
      each.held_out ? h("span", { class: "tag good", text: I.kinds.held_out }) : null,
      each.topic ? h("span", { class: "tag", text: each.topic }) : null,
      clash ? h("span", { class: "tag bad", text: say(I.clash, { name: clash }) }) : null,
      each.doubled ? h("span", { class: "tag warn", text: I.doubled }) : null,
      h("button", { type: "button", class: "quiet drop", "aria-label": say(gone ? I.undrop_one : I.drop_one, each), text: gone ? "↺" : "×", on: { click: () => change(one, each, gone ? undefined : null) } }));
  }

  function change(one, each, text) {
    if (text === undefined || text === each.text) view.edits.delete(each.id);
    else view.edits.set(each.id, text);
    drawExamples(one);
    view.host.querySelector(`[data-id="${each.id}"] .text`)?.focus();
  }

  // The text of one example in a field: Enter keeps it, Escape leaves it; what speaks against it stands below.
  function write(one, each, place) {
    const field = h("input", { type: "text", value: view.edits.get(each.id) ?? each.text, maxlength: "300", "aria-label": say(I.edit_one, each) });
    const said = h("div", { class: "look", role: "status" });
    let done = false;
    const mine = view;
    const weighed = newest();
    const end = (text) => {
      // A field that goes with its intent has nothing to say to the next one.
      if (done || mine !== view) return;
      done = true;
      change(one, each, text);
    };
    typed(field, WAIT, async () => {
      const asked = field.value.trim();
      await weighed(asked, (text) => (text ? ctx.api.post("/studio/examples/look", { texts: [text], intent: one.intent, ignored: [each.id] }) : { texts: [] }), ({ texts }) => done || fill(said, texts.flatMap((found) => warnings(one, found))), () => {});
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter") end(field.value.trim() || null);
      if (event.key === "Escape") end(view.edits.get(each.id));
    });
    field.addEventListener("blur", () => setTimeout(() => end(field.value.trim() || null)));
    place.replaceWith(h("span", { class: "writing" }, field, said));
    field.focus();
    field.select();
  }

  async function store(one, added, topic, held_out) {
    const body = { operation: "edit", intent: one.intent, changes: Object.fromEntries(view.edits), added, topic, held_out };
    const reason = say(added.length && !view.edits.size ? I.reasons.add : I.reasons.edit, one);
    if (await keep(ctx, "/studio/examples/propose", body, { reason })) {
      view.edits.clear();
      if (added.length) box.value = "";
      await on.moved(one.intent);
    }
  }

  async function move(one, ids) {
    const said = await target(ctx, page, ids.length, one.topics.length ? null : one.intent);
    if (!said) return;
    const other = page.intents.find((each) => each.intent === said.intent);
    const reason = say(I.reasons.move, { n: ids.length, name: other.name });
    if (await keep(ctx, "/studio/examples/propose", { operation: "move", ids, ...said }, { reason })) await on.moved(one.intent);
  }

  async function use(one, ids, held_out) {
    const reason = say(held_out ? I.reasons.tests : I.reasons.taught, { n: ids.length });
    if (await keep(ctx, "/studio/examples/propose", { operation: "move", ids, intent: one.intent, held_out }, { reason })) await on.moved(one.intent);
  }

  async function drop(one, ids) {
    if (await keep(ctx, "/studio/examples/propose", { operation: "remove", ids }, { reason: say(I.reasons.remove, { n: ids.length }) })) await on.moved(one.intent);
  }
}
