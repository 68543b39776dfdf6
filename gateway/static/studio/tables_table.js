// One table: the grid, what stands against it, what a change changes, cases to try, and the row that is open. Every change is a step; all
// steps go to the server, which says how the table would stand. They are kept in this browser until they are saved or dropped.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { held, line } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { save } from "./save.js";
import { makeGrid } from "./tables_grid.js";
import { newRow } from "./tables_new.js";
import { rowPanel } from "./tables_row.js";
import { tryPanel } from "./tables_try.js";
import { answerForm, conditionForm, names } from "./tables_values.js";
import { mountTry } from "./try.js";
import { T } from "./words_tables.js";

export async function showTable(ctx, main, topic) {
  const kept = `xiaoer.studio.tables.${ctx.me.id}.${topic}`;
  const page = { table: null, steps: [], base: new Map(), open: "", hit: "", at: "" };
  // Each step builds on the one before it: pressed quickly, none takes the place of another.
  const next = line();
  const keep = held(write);
  const host = h("div", {}, h("p", { class: "mute", text: T.reading }));
  fill(main, h("p", {}, h("a", { href: "/studio/tables", text: `← ${T.all}` })), host);

  const filter = h("input", { type: "search", "aria-label": T.filter, placeholder: T.filter, on: { input: () => drawGrid() } });
  const only = h("select", { "aria-label": T.only, on: { change: () => drawGrid() } }, Object.entries(T.shows).map(([value, text]) => h("option", { value, text })));
  const every = h("input", { type: "checkbox", on: { change: () => drawGrid() } });
  const moment = h("input", { type: "datetime-local", "aria-label": T.moment, title: T.moment_why, on: { change: () => void next(settle) } });
  const undo = h("button", { type: "button", text: T.undo, on: { click: () => void next(back) } });
  const drop = h("button", { type: "button", text: T.drop, on: { click: () => void letGo() } });
  const store = h("button", { type: "button", class: "primary", text: T.save, on: { click: () => void keep() } });
  const count = h("span", { class: "mute", role: "status" });
  const grid = makeGrid({
    edit: (key, column) => void edit(key, column),
    open: (key) => openRow(key),
    clear: (key, column) => void clear(key, column),
    move: (key, by) => void next(() => shift(key, by)).then((went) => went && grid.focus(key)),
  });
  const findings = h("section", { class: "card", "aria-label": T.findings });
  const changed = h("section", { class: "card", "aria-label": T.changed });
  const row = rowPanel({ ctx, page, take, openRow, at: instant, shift: (key, by) => next(() => shift(key, by)), addLike: (key, more) => void add({ like: key, ...more }) });
  const trying = tryPanel({ ctx, page, take, at: instant, hit: (id) => { page.hit = id; drawGrid(); } });

  ctx.keys.bind("/", T.filter, () => filter.focus());
  ctx.keys.bind("ctrl+s", T.save, () => void keep(), { typing: true });
  ctx.keys.bind("ctrl+z", T.undo, () => void next(back));
  addEventListener("beforeunload", remember);

  try {
    page.base = byKey(await ask([]));
  } catch (problem) {
    fill(host, h("p", { class: "wrong", role: "alert", text: say(T.not_read, { why: told(problem) }) }));
    return;
  }
  page.steps = remembered();
  fill(host,
    h("header", { class: "head" }, h("h1", { text: page.table.name }, h("span", { class: "id", text: topic })), h("details", { class: "mute" }, h("summary", { text: page.table.path }), h("p", { class: "about", text: page.table.about }))),
    h("div", { class: "row tools" }, filter, only, h("label", { class: "check" }, every, T.every_column), h("label", { class: "check" }, T.moment, moment)),
    h("div", { class: "row tools" }, h("button", { type: "button", text: T.add_row, on: { click: () => void add({}) } }), undo, drop, store, count),
    grid.node,
    h("div", { class: "panels" }, h("div", {}, findings, changed, trying.node, talking()), h("div", {}, row.node)));
  if (page.steps.length && (await next(settle))) ctx.toast(say(T.restored, { n: page.steps.length }));
  else draw();
  const wanted = new URLSearchParams(location.search).get("row");
  if (wanted && page.table.rows.some((one) => one.key === wanted || one.id === wanted)) openRow((page.table.rows.find((one) => one.key === wanted) || page.table.rows.find((one) => one.id === wanted)).key);

  // A talk with the bot beside the table: the row that decided is marked, and its facts become the case that is tried.
  function talking() {
    const place = h("div", {});
    const heard = (turn) => {
      const decided = (turn.decisions || []).filter((one) => one.table === topic).at(-1);
      if (decided) trying.set(decided.facts || {});
    };
    const node = h("details", { class: "card" }, h("summary", { text: T.talk }), h("p", { class: "mute", text: T.talk_why }), place);
    node.addEventListener("toggle", () => node.open && !place.children.length && mountTry(place, ctx, { release: "live", onTurn: heard }));
    return node;
  }

  function byKey(table) {
    page.table = table;
    return new Map(table.rows.map((one) => [one.key, one]));
  }

  function instant() {
    return page.at || null;
  }

  function ask(steps) {
    return ctx.api.post(`/studio/tables/${topic}/draft`, { steps, at: instant() });
  }

  // Look again at everything with the steps as they are; false when they cannot be taken.
  async function settle() {
    page.at = moment.value ? `${moment.value}:00+08:00` : "";
    try {
      if (page.steps.length) page.base = new Map((await ask([])).rows.map((one) => [one.key, one]));
      const table = await ask(page.steps);
      page.table = table;
      if (!page.steps.length) page.base = new Map(table.rows.map((one) => [one.key, one]));
      draw();
      return true;
    } catch (problem) {
      await stuck(problem);
      return false;
    }
  }

  // The steps no longer fit what the files say: one after the other may go.
  async function stuck(problem) {
    if (problem.kind !== "studio" || !page.steps.length) {
      ctx.toast(told(problem), { kind: "bad" });
      return;
    }
    const chosen = await ctx.ask(T.undo, say(T.cannot, { why: told(problem) }), [{ name: "last", label: T.drop_last, kind: "primary" }, { name: "all", label: T.drop, kind: "bad" }]);
    page.steps = chosen === "all" ? [] : page.steps.slice(0, -1);
    remember();
    await settle();
  }

  // One step more. A step that cannot be taken is told (`tell`: where it was asked for) and forgotten.
  function take(step, tell = complain) {
    return next(() => taken(step, tell));
  }

  function complain(text) {
    ctx.toast(text, { kind: "bad" });
  }

  async function taken(step, tell = complain) {
    const steps = [...page.steps, step];
    try {
      page.table = await ask(steps);
    } catch (problem) {
      tell(told(problem));
      return false;
    }
    page.steps = steps;
    remember();
    draw();
    return true;
  }

  async function back() {
    if (!page.steps.length) return;
    page.steps = page.steps.slice(0, -1);
    remember();
    await settle();
  }

  async function letGo() {
    if (!page.steps.length || (await ctx.ask(T.drop, say(T.drop_sure, { n: page.steps.length }), [{ name: "keep", label: T.keep, kind: "primary" }, { name: "yes", label: T.drop, kind: "bad" }])) !== "yes") return;
    await next(async () => {
      page.steps = [];
      remember();
      await settle();
    });
  }

  async function write() {
    // What was pressed before is saved with it.
    await next(() => {});
    if (!page.table?.edits.length) return;
    const commit = await save(ctx, page.table.edits, { title: say(T.save_title, { name: page.table.name }), publish: true });
    if (!commit) return;
    page.steps = [];
    remember();
    await settle();
  }

  async function edit(key, column) {
    const [part, field] = column.split(":");
    const one = page.table.rows.find((each) => each.key === key);
    const about = (part === "when" ? page.table.inputs : page.table.outputs).find((each) => each.name === field);
    const form = part === "when" ? conditionForm(page.table, about, one.when[field]) : answerForm(ctx, page.table, about, one.then[field], page.table.says);
    const problem = h("p", { class: "wrong", role: "alert" });
    const body = h("div", {}, form.node, problem);
    for (;;) {
      if ((await ctx.ask(say(T.edit_cell, { row: one.id, column: about.title }), body, [{ name: "ok", label: T.ok_words, kind: "primary" }, { name: "no", label: T.cancel }])) !== "ok") return;
      try {
        const value = form.read();
        if (JSON.stringify(value) !== JSON.stringify(one[part][field])) await put(one, part, field, value);
        return;
      } catch (error) {
        problem.textContent = error.message;
      }
    }
  }

  async function clear(key, column) {
    const [part, field] = column.split(":");
    const one = page.table.rows.find((each) => each.key === key);
    if (field in one[part]) await put(one, part, field, undefined);
  }

  // What was seen goes along: whoever changes what somebody else has changed meanwhile hears of it.
  async function put(one, part, field, value) {
    const now = one[part][field];
    await take({ do: "cell", row: one.key, part, name: field, seen: now === undefined ? null : now, ...(value === undefined ? {} : { value }) });
  }

  async function shift(key, by) {
    const rows = page.table.rows;
    const from = rows.findIndex((one) => one.key === key);
    const to = from + by;
    if (from < 0 || to < 0 || to >= rows.length) return false;
    const after = by < 0 ? rows[to - 1]?.key ?? "" : rows[to].key;
    return taken({ do: "move", row: key, after });
  }

  async function add(wish) {
    const made = await newRow(ctx, page.table, { after: page.open, ...wish }, take);
    if (made) {
      const key = `row:${made.fields.id}${made.fields.valid_from ? `@${made.fields.valid_from}` : ""}`;
      openRow(key);
      grid.focus(key);
    }
  }

  function openRow(key) {
    page.open = key;
    drawGrid();
    void row.draw();
    if (matchMedia("(max-width: 760px)").matches) row.node.scrollIntoView({ block: "start" });
  }

  function draw() {
    if (!page.table.rows.some((one) => one.key === page.open)) page.open = "";
    count.textContent = page.steps.length ? say(T.steps, { n: page.steps.length }) : "";
    undo.disabled = drop.disabled = !page.steps.length;
    store.disabled = !page.table.edits.length;
    drawGrid();
    drawFindings();
    drawChanged();
    void row.draw();
    void trying.draw();
  }

  function drawGrid() {
    if (!page.table) return;
    const bad = new Set(page.table.findings.filter((one) => one.severity === "error" && one.key).map((one) => one.key));
    const known = names(page.table);
    const words = filter.value.trim().toLowerCase();
    const text = (one) => [one.id, ...page.table.inputs.map((input) => known.condition(input, one.when[input.name])), ...page.table.outputs.map((output) => `${known.answer(output, one.then[output.name])} ${page.table.says[one.then[output.name]] || ""}`)].join(" ").toLowerCase();
    const wants = {
      all: () => true,
      changed: (one) => JSON.stringify(page.base.get(one.key)) !== JSON.stringify({ ...one, line: page.base.get(one.key)?.line }),
      wrong: (one) => bad.has(one.key),
      dated: (one) => one.valid_from || one.valid_to,
    };
    const rows = page.table.rows.filter((one) => wants[only.value](one) && (!words || text(one).includes(words)));
    grid.draw({ table: page.table, rows, base: page.base, wrong: bad, hit: page.hit, every: every.checked, open: page.open });
  }

  function drawFindings() {
    const list = page.table.findings.map((one) =>
      h("li", { class: one.severity }, h("b", { text: T.severities[one.severity] }), ` ${one.what}。`, h("span", { class: "mute", text: one.remedy }), one.key ? h("button", { type: "button", text: T.go, on: { click: () => { openRow(one.key); grid.focus(one.key); } } }) : null));
    const gaps = page.table.open.map((gap) => h("li", { class: "error" }, gap.said, " ", h("button", { type: "button", text: T.gap_close, on: { click: () => void add({ gap }) } })));
    fill(findings, h("h2", { text: T.findings }), list.length ? h("ul", { class: "findings", tabindex: "0" }, list) : h("p", { class: "good", text: T.findings_none }),
      gaps.length ? [h("h3", { text: T.gaps }), h("p", { class: "mute", text: T.gap_why }), h("ul", { class: "findings gaps", tabindex: "0" }, gaps)] : null);
  }

  function drawChanged() {
    const list = page.table.changed.map((one) =>
      h("li", {}, h("b", { text: one.said }), h("span", { class: "block", text: say(T.changed_row, { before: one.before || T.no_row, after: one.after || T.no_row }) }), one.outputs.map((each) => h("span", { class: "block mute", text: `${each.title}：${each.was ?? T.nothing} → ${each.becomes ?? T.nothing}` }))));
    const overlaps = page.table.new_overlaps.map((one) => h("li", { class: "warning" }, say(T.overlap, one), h("span", { class: "block mute", text: T.kinds[one.kind] })));
    const none = !page.table.edits.length ? T.changed_none : page.table.comparable ? T.changed_same : T.changed_other;
    fill(changed, h("h2", { text: T.changed }), list.length ? h("ul", { class: "changes", tabindex: "0" }, list) : h("p", { class: "mute", text: none }),
      overlaps.length ? [h("h3", { text: T.overlaps }), h("p", { class: "mute", text: T.overlaps_why }), h("ul", { class: "findings", tabindex: "0" }, overlaps)] : null);
  }

  function told(problem) {
    return problem.body?.detail && problem.kind?.startsWith("studio") ? problem.body.detail : wrong(problem);
  }

  function remember() {
    try {
      if (page.steps.length) localStorage.setItem(kept, JSON.stringify(page.steps));
      else localStorage.removeItem(kept);
    } catch {
      // A browser that keeps nothing loses the steps with the page.
    }
  }

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(kept) || "[]");
    } catch {
      return [];
    }
  }
}
