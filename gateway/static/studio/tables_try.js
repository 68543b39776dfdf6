// Trying a case: what is known of it, the row that answers or what is asked next, and whether the live release says the same.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { say } from "../desk/words.js";
import { factsForm } from "./tables_values.js";
import { T } from "./words_tables.js";

// `hit(id)`: mark the row that answers. Returns {node, draw(), set(facts)}; `draw` asks again, for the table may have changed.
export function tryPanel({ ctx, page, take, at, hit }) {
  const node = h("section", { class: "card", "aria-label": T.try });
  const out = h("div", { class: "tried", role: "status" });
  const own = h("input", { type: "checkbox", checked: true, on: { change: () => void look() } });
  let form = null;
  let asked = 0;

  async function draw() {
    if (!form || form.topic !== page.table.topic) {
      form = { topic: page.table.topic, ...factsForm(page.table, {}, () => void look()) };
      const clear = h("button", { type: "button", text: T.try_clear, on: { click: () => { form.set({}); void look(); } } });
      fill(node, h("h2", { text: T.try }), h("p", { class: "mute", text: T.try_why }), form.node, h("div", { class: "row" }, h("label", { class: "check" }, own, T.own), clear), out);
    }
    await look();
  }

  async function look() {
    const turn = ++asked;
    try {
      const facts = form.read();
      if (!Object.keys(facts).length) {
        fill(out);
        hit("");
        return;
      }
      const found = await ctx.api.post(`/studio/tables/${page.table.topic}/try`, { steps: page.steps, at: at(), facts, own: own.checked });
      if (turn !== asked) return;
      show(found, facts);
      hit(found.row || "");
    } catch (problem) {
      if (turn === asked) fill(out, h("p", { class: "wrong", text: problem.body?.detail && problem.kind === "studio" ? problem.body.detail : problem.status === undefined ? problem.message : wrong(problem) }));
    }
  }

  function show(found, facts) {
    const verdict = (one) => (one.row ? say(T.try_row, one) : one.ask ? say(T.try_ask, one) : T.try_none);
    const behind = found.row ? found.fits.filter((id) => id !== found.row) : [];
    const listed = (ids) => `${ids.slice(0, 8).join("、")}${ids.length > 8 ? ` … (${ids.length})` : ""}`;
    const key = page.table.rows.find((one) => one.id === found.row)?.key;
    fill(out,
      h("p", { class: "verdict" }, h("b", { text: verdict(found) })),
      found.row ? null : found.rows.length ? h("p", { class: "mute", text: say(T.try_possible, { rows: listed(found.rows) }) }) : null,
      found.row ? h("dl", { class: "facts-said" }, found.then.map((one) => [h("dt", { text: one.title }), h("dd", { text: one.said })])) : null,
      found.text ? h("blockquote", { text: found.text }) : null,
      behind.length ? h("p", { class: "mute", text: say(T.try_also, { rows: listed(behind) }) }) : null,
      found.source ? h("p", { class: "mute", text: say(T.try_source, found) }) : null,
      found.live ? h("p", { class: "warn", text: say(T.try_live, { said: verdict(found.live) }) }) : null,
      key ? h("button", { type: "button", text: say(T.try_hit, found), on: { click: () => void keep(key, facts) } }) : null);
  }

  async function keep(key, facts) {
    await take({ do: "example", row: key, part: "hits", old: null, new: facts });
  }

  function set(facts) {
    form.set(facts);
    void look();
  }

  return { node, draw, set };
}
