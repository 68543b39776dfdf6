// The parameters: every number and switch of the shop, with its dated values, the tables that read it, and what a change changes.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { held, line } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { save } from "./save.js";
import { T } from "./words_tables.js";

export async function showParameters(ctx, main) {
  const search = h("input", { type: "search", "aria-label": T.p_search, placeholder: T.p_search, on: { input: () => drawTable() } });
  const undo = h("button", { type: "button", text: T.undo, on: { click: () => void take((steps) => steps.slice(0, -1)) } });
  const store = h("button", { type: "button", class: "primary", text: T.save, on: { click: () => void keep() } });
  const count = h("span", { class: "mute", role: "status" });
  const host = h("div", { class: "scroll" }, h("p", { class: "mute", text: T.reading }));
  const findings = h("section", { class: "card", "aria-label": T.findings, hidden: true });
  const page = { steps: [], found: null, base: new Map() };
  // Each step builds on the one before it: pressed quickly, none takes the place of another.
  const next = line();
  const keep = held(write);
  fill(main, h("p", {}, h("a", { href: "/studio/tables", text: `← ${T.all}` })), h("h1", { text: T.parameters }), h("p", { class: "mute", text: T.parameters_why }), h("div", { class: "row tools" }, search, undo, store, count), findings, host);
  ctx.keys.bind("/", T.p_search, () => search.focus());
  ctx.keys.bind("ctrl+s", T.save, () => void keep(), { typing: true });
  addEventListener("beforeunload", (event) => page.steps.length && event.preventDefault());
  if (await take(() => [])) page.base = new Map(page.found.parameters.map((one) => [one.name, JSON.stringify(one)]));
  const wanted = new URLSearchParams(location.search).get("parameter");
  if (wanted) search.value = wanted;
  drawTable();

  // `change(steps)`: the steps as they shall be.
  function take(change) {
    return next(() => taken(change(page.steps)));
  }

  async function taken(steps) {
    try {
      page.found = await ctx.api.post("/studio/parameters/draft", { steps });
    } catch (problem) {
      ctx.toast(told(problem), { kind: "bad" });
      return false;
    }
    page.steps = steps;
    drawTable();
    drawFindings();
    return true;
  }

  function told(problem) {
    return problem.body?.detail && problem.kind?.startsWith("studio") ? problem.body.detail : wrong(problem);
  }

  function spoken(value) {
    return value === null || value === undefined || value === "" ? T.nothing : String(value);
  }

  function drawTable() {
    if (!page.found) return;
    count.textContent = page.steps.length ? say(T.steps, { n: page.steps.length }) : say(T.p_count, { n: page.found.parameters.length });
    undo.disabled = !page.steps.length;
    store.disabled = !page.found.edits.length;
    const words = search.value.trim().toLowerCase();
    const shown = page.found.parameters.filter((one) => !words || `${one.title} ${one.name} ${one.source} ${one.tables.map((each) => each.name).join(" ")}`.toLowerCase().includes(words));
    const cell = (name, ...content) => h("td", { "data-label": T.p_columns[name] }, content);
    const rows = shown.map((one) =>
      h("tr", { "data-name": one.name, class: page.base.size && page.base.get(one.name) !== JSON.stringify(one) ? "edited" : "" },
        cell("title", h("b", { text: one.title }), h("span", { class: "id", text: one.name })),
        cell("default", spoken(one.default), one.confirmed ? null : h("span", { class: "tag warn", text: T.p_unconfirmed }), one.dated.map((each) => h("span", { class: "tag", text: `${spoken(each.value)}：${say(T.dated_mark, { from: each.valid_from || "…", to: each.valid_to || "…" })}` }))),
        cell("unit", T.p_units[one.unit] || one.unit),
        cell("own", one.own_set ? h("span", { class: "warn", title: T.p_own_why, text: spoken(one.own) }) : T.empty),
        cell("tables", one.tables.length ? one.tables.map((each) => h("a", { class: "tag", href: `/studio/tables?table=${each.topic}`, text: each.name })) : T.empty),
        cell("deed", h("button", { type: "button", "aria-label": say(T.p_edit, one), text: T.change, on: { click: () => void edit(one) } }))));
    fill(host, rows.length ? h("table", { class: "listed" }, h("thead", {}, h("tr", {}, Object.values(T.p_columns).map((text) => h("th", { scope: "col", text })))), h("tbody", {}, rows)) : h("p", { class: "mute", text: T.none_found }));
  }

  function drawFindings() {
    const list = page.found.findings.map((one) => h("li", { class: one.severity }, h("b", { text: T.severities[one.severity] }), ` ${one.what}。`, h("span", { class: "mute", text: one.remedy })));
    const changes = page.found.changed.map((one) =>
      h("li", {}, h("a", { href: `/studio/tables?table=${one.table}`, text: one.name }), "　", h("b", { text: one.said }), h("span", { class: "block", text: say(T.changed_row, { before: one.before || T.no_row, after: one.after || T.no_row }) }), one.outputs.map((each) => h("span", { class: "block mute", text: `${each.title}：${each.was ?? T.nothing} → ${each.becomes ?? T.nothing}` }))));
    findings.hidden = !page.found.edits.length;
    fill(findings, list.length ? [h("h2", { text: T.findings }), h("ul", { class: "findings", tabindex: "0" }, list)] : null, h("h2", { text: T.changed }), changes.length ? h("ul", { class: "changes", tabindex: "0" }, changes) : h("p", { class: "mute", text: T.changed_same }));
  }

  async function edit(one) {
    const control = (value) =>
      one.type === "words" ? h("select", { value: String(value ?? one.words[0]) }, one.words.map((word) => h("option", { value: word, text: word }))) : h("input", { value: value === null || value === undefined ? "" : String(value), placeholder: T.p_types[one.type] || "", inputmode: one.type === "int" || one.type === "money" ? "decimal" : null });
    const everyday = control(one.default);
    const confirmed = h("input", { type: "checkbox", checked: one.confirmed });
    const lines = h("div", {});
    const add = (each = {}) => {
      const line = h("fieldset", { class: "dated", "aria-label": T.p_dated }, h("label", {}, h("span", { text: T.value }), control(each.value)), h("label", {}, h("span", { text: T.valid_from }), h("input", { value: each.valid_from || "", placeholder: "2026-11-10" })), h("label", {}, h("span", { text: T.valid_to }), h("input", { value: each.valid_to || "", placeholder: "2026-11-12" })), h("button", { type: "button", class: "quiet", "aria-label": T.p_dated_remove, text: "×", on: { click: () => line.remove() } }));
      lines.append(line);
    };
    one.dated.forEach(add);
    const problem = h("p", { class: "wrong", role: "alert" });
    const body = h("div", {},
      one.own_set ? h("p", { class: "warn", text: T.p_own_why }) : null,
      h("label", {}, h("span", { text: `${T.p_default}（${T.p_types[one.type] || one.type}，${T.p_empty}）` }), everyday),
      one.least === null ? null : h("p", { class: "mute", text: say(T.p_least, one) }),
      h("label", { class: "check" }, confirmed, T.p_confirmed), h("h3", { text: T.p_dated }), lines, h("button", { type: "button", text: T.p_dated_add, on: { click: () => add() } }), h("p", { class: "mute", text: say(T.p_notes, one) }), problem);
    for (;;) {
      if ((await ctx.ask(say(T.p_edit, one), body, [{ name: "ok", label: T.ok_words, kind: "primary" }, { name: "no", label: T.cancel }])) !== "ok") return;
      try {
        const dated = [...lines.children].map((line) => {
          const [value, from, to] = [...line.querySelectorAll("input, select")].map((field) => field.value.trim());
          return { value: typed(value), ...(from ? { valid_from: from } : {}), ...(to ? { valid_to: to } : {}) };
        });
        const step = { do: "parameter", name: one.name, fields: { default: typed(everyday.value.trim()), confirmed: confirmed.checked, dated }, seen: { default: one.default, confirmed: one.confirmed, dated: one.dated } };
        if (await take((steps) => [...steps, step])) return;
        continue;
      } catch (error) {
        problem.textContent = error.message;
      }
    }
    function typed(text) {
      if (text === "") return null;
      if (one.type !== "int" && one.type !== "money") return text;
      if (!/^\d+(\.\d+)?$/.test(text) || (one.type === "int" && text.includes("."))) throw new Error(T.bad_number);
      return Number(text);
    }
  }

  async function write() {
    await next(() => {});
    if (!page.found?.edits.length) return;
    if (!(await save(ctx, page.found.edits, { title: T.save_parameters, publish: true }))) return;
    if (await take(() => [])) page.base = new Map(page.found.parameters.map((one) => [one.name, JSON.stringify(one)]));
    drawTable();
  }
}
