// Why an answer is as it is: words, reading, entities, rows, scripts, what was noted, steps. The same for a try and a replay.
import { h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { T } from "./words_try.js";

const percent = (share) => (typeof share === "number" ? `${Math.round(share * 100)}%` : "—");
const shown = (value) => (value === null || value === undefined || value === "" ? T.none : typeof value === "object" ? JSON.stringify(value) : String(value));

// `turn` as POST /studio/try answers it; `titles`: Map of intent → what staff call it.
export function traceView(turn, titles = new Map(), { open = false } = {}) {
  const name = (intent) => titles.get(intent) || intent;
  const head = turn.wishes.map((one) => `${name(one.intent)} ${percent(one.confidence)}`).join("，");
  const rows = [...new Set(turn.replies.map((one) => one.row).filter(Boolean))];
  const parts = [
    part(T.tokens, turn.tokens?.length ? h("span", { class: "chips" }, turn.tokens.map((word) => h("span", { class: "tag", text: word }))) : null),
    ...turn.wishes.flatMap((one) => [
      part(T.read_as, `${name(one.intent)}（${one.intent}） ${percent(one.confidence)}`),
      part(T.ranking, ranking(one, name)),
      part(T.entities, one.entities?.length ? h("span", { class: "chips" }, one.entities.map((each) => h("span", { class: "tag", text: `${each.entity}=${shown(each.value)}` }))) : null),
    ]),
    part(T.decided, turn.decisions?.length ? turn.decisions.map(decision) : null),
    part(T.spoke, turn.spoken?.length ? turn.spoken.map(spoken) : null),
    part(T.slots, pairs(turn.changed, ([before, after]) => say(T.changed, { before: shown(before), after: shown(after) }))),
    part(T.known, pairs(turn.slots, shown)),
    part(T.state, state(turn.state)),
    part(T.events, turn.events?.length ? h("ol", { class: "steps" }, turn.events.map(step)) : null),
  ];
  return h("details", { class: "trace", open },
    h("summary", {}, h("span", { class: "hidden-text", text: `${T.trace}：` }), head || T.nothing, rows.map((row) => h("span", { class: "tag", text: row })), h("span", { class: "mute", text: say(T.took, { ms: Math.round(turn.took_ms || 0) }) })),
    h("dl", {}, parts));
}

function part(label, content) {
  return content === null || content === "" ? null : [h("dt", { text: label }), h("dd", {}, content)];
}

function ranking(wish, name) {
  const others = (wish.ranking || []).filter((one) => one.name !== wish.intent).slice(0, 5);
  if (!others.length) return null;
  return h("ul", { class: "ranking" }, others.map((one) =>
    h("li", {}, h("meter", { min: "0", max: "1", value: one.confidence || 0, "aria-label": name(one.name) }), ` ${percent(one.confidence)} ${name(one.name)}`)));
}

function decision(one) {
  const facts = Object.entries(one.facts || {}).map(([fact, value]) => `${fact}=${shown(value)}`).join("，");
  const where = one.row ? `${one.table} ${one.row}` : `${one.table}：${say(T.asks, { ask: one.ask })}`;
  const address = `/studio/tables?${new URLSearchParams({ table: one.table, ...(one.row ? { row: one.row } : {}) })}`;
  return h("div", {}, h("a", { href: address, text: where }), facts ? h("span", { class: "mute", text: `　${T.facts}：${facts}` }) : null);
}

function spoken(one) {
  const values = Object.entries(one.values || {}).map(([name, value]) => `${name}=${shown(value)}`).join("，");
  return h("div", {}, h("a", { href: `/studio/responses?name=${encodeURIComponent(one.response)}`, text: one.response }), values ? h("span", { class: "mute", text: `　${T.filled}：${values}` }) : null);
}

function pairs(values, tell) {
  const entries = Object.entries(values || {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length ? entries.map(([name, value]) => h("div", { text: `${name}：${tell(value)}` })) : null;
}

function state(now) {
  if (now?.active_loop) return say(T.form, { form: now.active_loop, slot: now.requested_slot || "—" });
  return now?.open_question && now.open_question !== "none" ? say(T.open, { question: now.open_question }) : null;
}

function step(one) {
  const more = one.event === "action" ? [one.policy, one.confidence === null || one.confidence === undefined ? null : percent(one.confidence)].filter(Boolean).join(" ") : "value" in one ? `= ${shown(one.value)}` : "";
  return h("li", {}, `${T.event[one.event] || one.event} ${one.name ?? T.none} `, more ? h("span", { class: "mute", text: more }) : null);
}
