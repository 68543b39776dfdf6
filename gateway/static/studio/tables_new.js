// The question for a new row: its id, whose answer it has, where it stands. Everything else is changed in the grid afterwards.
import { h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { T } from "./words_tables.js";

// `wish`: {after: key of the open row, like: key to copy, gap: {when, facts} to close, dated: true for another text of the same row in a time}.
// `take(step, tell)`: takes the step or tells why not; then the question stands as it was. Resolves to the step, or null.
export async function newRow(ctx, table, { after = "", like = "", gap = null, dated = false }, take) {
  const rows = table.rows;
  const model = rows.find((one) => one.key === (like || after)) || rows.at(-1);
  const options = rows.map((one) => h("option", { value: one.key, text: one.id }));
  const id = h("input", { name: "id", value: dated ? model.id : "", readOnly: dated, placeholder: say(T.id_hint, { example: `${model.id.split("_")[0]}_new_1` }) });
  const source = h("input", { name: "source" });
  const answer = h("select", { name: "like" }, options);
  const place = h("select", { name: "after" }, h("option", { value: "", text: T.move_first }), rows.map((one) => h("option", { value: one.key, text: one.id })));
  const from = h("input", { name: "from", placeholder: T.valid_hint });
  const to = h("input", { name: "to", placeholder: T.valid_hint });
  answer.value = model.key;
  // A row that closes a gap shares no case with any other: at the end it takes nothing away.
  place.value = dated || like ? model.key : after || rows.at(-1).key;
  const problem = h("p", { class: "wrong", role: "alert" });
  const field = (text, control) => h("label", {}, h("span", { text }), control);
  const body = h("div", {}, gap ? h("p", { text: gap.said }) : null, dated ? h("p", { class: "mute", text: T.date_why }) : null, field(T.id, id), field(T.source, source),
    dated ? [field(T.valid_from, from), field(T.valid_to, to)] : [field(T.then_like, answer), field(T.put_after, place)], problem);
  for (;;) {
    if ((await ctx.ask(dated ? T.date_it : gap ? T.gap_close : T.new_title, body, [{ name: "ok", label: T.ok_words, kind: "primary" }, { name: "no", label: T.cancel }])) !== "ok") return null;
    problem.textContent = !id.value.trim() ? T.need_id : !source.value.trim() ? T.need_source : dated && !from.value.trim() && !to.value.trim() ? T.valid_hint : "";
    if (problem.textContent) continue;
    const as = rows.find((one) => one.key === answer.value) || model;
    const own = dated || like ? { when: model.when, hits: model.hits, misses: model.misses } : { when: gap?.when || {}, hits: gap ? [gap.facts] : [], misses: missFor(rows, place.value) };
    const fields = { id: id.value.trim(), ...own, then: as.then, source: source.value.trim(), status: "proposed" };
    if (dated && from.value.trim()) fields.valid_from = from.value.trim();
    if (dated && to.value.trim()) fields.valid_to = to.value.trim();
    const step = { do: "add", fields, after: place.value };
    if (await take(step, (text) => { problem.textContent = text; })) return step;
  }
}

// An example of what the new row leaves to others: one that a row before it answers, and goes on answering.
function missFor(rows, after) {
  const place = rows.findIndex((one) => one.key === after);
  const before = rows.slice(0, place + 1).reverse().find((one) => one.hits.length) || rows.find((one) => one.hits.length);
  return before ? [before.hits[0]] : [];
}
