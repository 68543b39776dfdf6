// The row that is open: what it says, its examples with their verdicts, the rows it shares cases with, where the code names it, its history.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { dates } from "./tables_grid.js";
import { factsForm, names } from "./tables_values.js";
import { T } from "./words_tables.js";

export function rowPanel({ ctx, page, take, openRow, at, shift, addLike }) {
  const node = h("section", { class: "card row-panel", "aria-label": T.row });
  const opened = newest();

  async function draw() {
    const row = page.table.rows.find((one) => one.key === page.open);
    if (!row) {
      opened.drop();
      fill(node, h("h2", { text: T.row }), h("p", { class: "mute", text: T.row_none }));
      return;
    }
    await opened({ steps: page.steps, at: at(), row: row.key }, async (wanted) => {
      const history = ctx.api.get("/studio/history", { path: page.table.path, key: row.key, limit: 20 }).catch(() => ({ commits: [] }));
      return { meets: await ctx.api.post(`/studio/tables/${page.table.topic}/row`, wanted), commits: (await history).commits };
    }, ({ meets, commits }) => show(row, meets, commits), (problem) => {
      ctx.toast(wrong(problem), { kind: "bad" });
      show(row, { hits: [], misses: [], answers: [], overlaps: [], uses: [] }, []);
    });
  }

  function show(row, meets, commits) {
    const known = names(page.table);
    const say_ = Object.values(row.then).find((value) => page.table.says[value] !== undefined);
    fill(node,
      h("h2", {}, say(T.row_title, row), " ", dates(row)),
      say_ === undefined ? null : h("blockquote", { title: say_ }, page.table.says[say_] ?? h("span", { class: "bad", text: T.response_missing }), h("a", { class: "block", href: `/studio/responses?name=${encodeURIComponent(say_)}`, text: T.edit_response })),
      h("dl", { class: "facts-said" },
        page.table.inputs.filter((one) => one.name in row.when).map((one) => [h("dt", { text: one.title }), h("dd", { text: known.condition(one, row.when[one.name]) })]),
        page.table.outputs.filter((one) => one.name in row.then).map((one) => [h("dt", { class: "answer", text: one.title }), h("dd", { text: known.answer(one, row.then[one.name]) })])),
      h("div", { class: "row" },
        button(T.up, () => shift(row.key, -1)), button(T.down, () => shift(row.key, 1)), button(T.move_to, () => move(row)),
        button(T.copy, () => addLike(row.key, {})), button(T.date_it, () => addLike(row.key, { dated: true })),
        h("button", { type: "button", class: "bad", text: T.remove, on: { click: () => void remove(row, meets.uses) } })),
      h("h3", {}, T.about_row, " ", button(T.change, () => about(row))),
      h("dl", { class: "facts-said" }, [["source", row.source], ["status", page.table.statuses.find((one) => one.word === row.status)?.title || row.status], ["why", row.why], ["valid_from", row.valid_from], ["valid_to", row.valid_to]].filter(([, text]) => text).map(([name, text]) => [h("dt", { text: T[name] }), h("dd", { text })])),
      examples(row, "hits", meets.hits, known), examples(row, "misses", meets.misses, known),
      meets.answers.length ? [h("h3", { text: T.suggest }), h("ul", { class: "plain" }, meets.answers.map((facts) => h("li", {}, known.facts(facts), " ", button(T.use_it, () => take({ do: "example", row: row.key, part: "hits", old: null, new: facts })))))] : null,
      meets.overlaps.length ? h("details", {}, h("summary", { text: `${T.meets}（${meets.overlaps.length}）` }), h("ul", { class: "plain" }, meets.overlaps.map((one) => shared(row, one)))) : null,
      meets.uses.length ? h("details", {}, h("summary", { text: `${T.uses}（${meets.uses.length}）` }), h("ul", { class: "plain" }, meets.uses.map((text) => h("li", { class: "mute", text })))) : null,
      h("details", { open: true }, h("summary", { text: T.history }), commits.length ? h("ul", { class: "plain" }, commits.map((one) => h("li", {}, h("a", { href: `/studio/changes?${new URLSearchParams({ path: page.table.path, key: row.key })}`, text: `${one.at.slice(0, 10)} ${one.author}` }), `　${one.reason}`))) : h("p", { class: "mute", text: T.history_none })));
  }

  const button = (text, fn) => h("button", { type: "button", text, on: { click: () => void fn() } });

  function shared(row, one) {
    const first = one.first === row.id;
    const other = first ? one.second : one.first;
    const key = page.table.rows.find((each) => each.id === other)?.key;
    return h("li", {}, h("button", { type: "button", class: "quiet", text: other, on: { click: () => key && openRow(key) } }), h("span", { class: `tag ${first ? "" : "warn"}`, text: first ? T.takes : T.loses }), " ", one.said);
  }

  function examples(row, kind, verdicts, known) {
    const mark = (verdict) => {
      if (!verdict) return null;
      const good = kind === "hits" ? verdict.row === row.id : verdict.row !== row.id;
      if (good) return h("span", { class: "tag good", text: T.right });
      const text = verdict.row ? say(T.wrong_row, verdict) : verdict.ask ? say(T.wrong_ask, { ask: known.field(verdict.ask) }) : T.wrong_none;
      return h("span", { class: "tag bad", text });
    };
    const set = (before, after) => take({ do: "example", row: row.key, part: kind, old: before, new: after });
    const change = async (before) => {
      const facts = await askFacts(before || {});
      if (facts) await set(before, facts);
    };
    const list = row[kind].map((facts, place) =>
      h("li", {}, mark(verdicts[place]), " ", known.facts(facts), " ", button(T.change, () => change(facts)), h("button", { type: "button", class: "quiet", "aria-label": `${T.example_remove} ${known.facts(facts)}`, text: "×", on: { click: () => void set(facts, null) } })));
    return h("section", { "aria-label": T[kind] }, h("h3", { text: T[kind] }), h("ul", { class: "plain" }, list), button(kind === "hits" ? T.add_hit : T.add_miss, () => change(null)));
  }

  async function askFacts(facts) {
    const form = factsForm(page.table, facts);
    const problem = h("p", { class: "wrong", role: "alert" });
    for (;;) {
      if ((await ctx.ask(T.example, h("div", {}, form.node, problem), [{ name: "ok", label: T.ok_words, kind: "primary" }, { name: "no", label: T.cancel }])) !== "ok") return null;
      try {
        return form.read();
      } catch (error) {
        problem.textContent = error.message;
      }
    }
  }

  async function about(row) {
    const field = (name, control) => h("label", {}, h("span", { text: T[name] }), control);
    const controls = { source: h("input", { value: row.source }), status: h("select", { value: row.status }, page.table.statuses.map((one) => h("option", { value: one.word, text: one.title }))), why: h("input", { value: row.why }), valid_from: h("input", { value: row.valid_from, placeholder: T.valid_hint }), valid_to: h("input", { value: row.valid_to, placeholder: T.valid_hint }) };
    const problem = h("p", { class: "wrong", role: "alert" });
    const body = h("div", {}, Object.entries(controls).map(([name, control]) => field(name, control)), problem);
    controls.status.value = row.status;
    for (;;) {
      if ((await ctx.ask(say(T.row_title, row), body, [{ name: "ok", label: T.ok_words, kind: "primary" }, { name: "no", label: T.cancel }])) !== "ok") return;
      const fields = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value.trim()]).filter(([name, value]) => value !== row[name]));
      if (!Object.keys(fields).length) return;
      // A row that is dated otherwise has another key from now on.
      page.open = "valid_from" in fields ? `row:${row.id}${fields.valid_from ? `@${fields.valid_from}` : ""}` : row.key;
      const seen = Object.fromEntries(Object.keys(fields).map((name) => [name, row[name]]));
      if (await take({ do: "set", row: row.key, fields, seen }, (text) => { problem.textContent = text; })) return;
      page.open = row.key;
    }
  }

  async function move(row) {
    const select = h("select", { "aria-label": T.move_after }, h("option", { value: "", text: T.move_first }), page.table.rows.filter((one) => one !== row).map((one) => h("option", { value: one.key, text: one.id })));
    if ((await ctx.ask(T.move_after, h("div", {}, select), [{ name: "ok", label: T.ok_words, kind: "primary" }, { name: "no", label: T.cancel }])) !== "ok") return;
    await take({ do: "move", row: row.key, after: select.value });
  }

  async function remove(row, places) {
    if (places.length) {
      const sure = await ctx.ask(T.remove, say(T.remove_used, { places: places.slice(0, 6).join("、") }), [{ name: "no", label: T.keep, kind: "primary" }, { name: "yes", label: T.remove, kind: "bad" }]);
      if (sure !== "yes") return;
    }
    await take({ do: "remove", row: row.key, seen: { when: row.when, then: row.then } });
  }

  return { node, draw };
}
