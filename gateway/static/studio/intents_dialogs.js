// The dialogs of whole intents: create, call otherwise, rename, merge, delete; and where an intent is used.
import { fill, h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { form, keep, labelled, lines, picker, told } from "./intents_common.js";
import { I } from "./words_intents.js";

const F = I.form;
const ID = /^[a-z][a-z0-9_]{1,59}$/;
let choices = null;

// Fields of a new intent: `base` is the intent that it comes from (a split) or null.
export function newIntent(page, base = null) {
  const name = h("input", { name: "name", maxlength: "30", required: true, autocomplete: "off" });
  const id = h("input", { name: "intent", maxlength: "60", required: true, autocomplete: "off", spellcheck: "false", placeholder: F.id_hint });
  const groups = [...new Set(page.intents.map((one) => one.group).filter(Boolean))];
  const group = h("input", { name: "group", list: "intent-groups", maxlength: "30", value: base?.group || "" });
  const kinds = base ? ["same", "action", "none"] : ["action", "none"];
  const kind = h("select", { name: "answer" }, kinds.map((one) => h("option", { value: one, text: say(F.answers[one], { name: base?.name || "" }) })));
  const action = h("input", { name: "action", list: "intent-answers", maxlength: "200", autocomplete: "off", spellcheck: "false" });
  const actions = h("datalist", { id: "intent-answers" });
  const which = labelled(F.action, action);
  const turn = () => { which.hidden = kind.value !== "action"; };
  kind.addEventListener("change", turn);
  turn();
  const node = h("div", { class: "two" },
    labelled(F.name, name), labelled(F.id, id),
    labelled(F.group, group), labelled(F.answer, kind), which,
    h("datalist", { id: "intent-groups" }, groups.map((one) => h("option", { value: one }))), actions);
  return {
    node,
    async offer(ctx) {
      choices ??= (await ctx.api.get("/studio/intents/answers").catch(() => ({ answers: [] }))).answers;
      fill(actions, choices.map((one) => h("option", { value: one.action, text: one.text })));
    },
    check() {
      if (!name.value.trim()) return F.need_name;
      if (!ID.test(id.value.trim())) return F.need_id;
      return kind.value === "action" && !action.value.trim() ? F.need_action : "";
    },
    value: () => ({
      intent: id.value.trim(),
      name: name.value.trim(),
      group: group.value.trim() || null,
      answer: kind.value === "same" ? null : kind.value === "action" ? { action: action.value.trim() } : {},
    }),
  };
}

export async function create(ctx, page) {
  const made = newIntent(page);
  const texts = h("textarea", { rows: "5", maxlength: "40000" });
  const tests = h("textarea", { rows: "3", maxlength: "40000" });
  const like = picker(page.intents, { label: F.like });
  void made.offer(ctx);
  const content = [made.node, labelled(F.texts, texts), labelled(F.tests, tests), labelled(F.like, like.node)];
  const check = () => made.check() || (lines(texts).length ? "" : F.need_examples);
  const done = await form(ctx, I.create_title, content, I.create_do, check, (tell) => {
    const said = made.value();
    const body = { ...said, answer: said.answer || {}, like: like.value(), texts: lines(texts), held_out: lines(tests) };
    return keep(ctx, "/studio/intents/create", body, { reason: say(I.reasons.create, said), tell });
  });
  return done ? made.value().intent : null;
}

const deed = (ctx, one, body, reason) => keep(ctx, `/studio/intents/${encodeURIComponent(one.intent)}/propose`, body, { reason });

export async function call(ctx, page, one) {
  const name = h("input", { maxlength: "30", value: one.name, required: true });
  const group = h("input", { maxlength: "30", value: one.group, list: "intent-groups" });
  const groups = [...new Set(page.intents.map((each) => each.group).filter(Boolean))];
  const content = [labelled(F.name, name), labelled(F.group, group), h("datalist", { id: "intent-groups" }, groups.map((each) => h("option", { value: each })))];
  if (!(await form(ctx, say(I.call_title, one), content, I.create_do, () => (name.value.trim() ? "" : F.need_name)))) return null;
  const said = name.value.trim();
  return deed(ctx, one, { operation: "call", name: said, group: group.value.trim() || null }, say(I.reasons.call, { name: one.name, other: said }));
}

// Resolves to the new identifier, or null.
export async function rename(ctx, one) {
  const id = h("input", { maxlength: "60", value: one.intent, required: true, autocomplete: "off", spellcheck: "false" });
  const check = () => (ID.test(id.value.trim()) ? "" : F.need_id);
  if (!(await form(ctx, say(I.rename_title, one), [h("p", { text: I.rename_why }), labelled(F.id, id)], I.create_do, check))) return null;
  const said = id.value.trim();
  const done = await deed(ctx, one, { operation: "rename", new: said }, say(I.reasons.rename, { name: one.name, other: said }));
  return done ? said : null;
}

// Resolves to the intent that took the other in, or null.
export async function merge(ctx, page, one) {
  const into = picker(page.intents, { label: F.into, except: [one.intent] });
  const topic = h("select");
  const which = labelled(F.into_topic, topic);
  const turn = () => {
    const topics = page.intents.find((each) => each.intent === into.value())?.topics || [];
    which.hidden = !topics.length;
    fill(topic, [...(one.topics.length ? [""] : []), ...topics].map((each) => h("option", { value: each, text: each || I.no_topic })));
  };
  into.field.addEventListener("input", turn);
  turn();
  const content = [h("p", { text: I.merge_why }), labelled(F.into, into.node), which];
  if (!(await form(ctx, say(I.merge_title, one), content, I.create_do, () => (into.value() ? "" : F.need_target)))) return null;
  const said = into.value();
  const other = page.intents.find((each) => each.intent === said);
  const body = { operation: "merge", into: said, topic: which.hidden ? null : topic.value || null };
  return (await deed(ctx, one, body, say(I.reasons.merge, { name: one.name, other: other.name }))) ? said : null;
}

export async function remove(ctx, one) {
  const sure = await ctx.ask(say(I.delete_title, one), I.delete_why, [{ name: "yes", label: I.remove, kind: "bad" }, { name: "no", label: I.cancel }]);
  return sure === "yes" ? deed(ctx, one, { operation: "delete" }, say(I.reasons.delete, one)) : null;
}

// Where examples go: resolves to {intent, topic}, or null.
export async function target(ctx, page, count, from) {
  const into = picker(page.intents, { label: F.target, except: from ? [from] : [] });
  const topic = h("select");
  const which = labelled(I.topic, topic);
  const turn = () => {
    const topics = page.intents.find((each) => each.intent === into.value())?.topics || [];
    which.hidden = !topics.length;
    fill(topic, topics.map((each) => h("option", { value: each, text: each })));
  };
  into.field.addEventListener("input", turn);
  turn();
  const check = () => (into.value() ? "" : F.need_target);
  if (!(await form(ctx, say(I.move_title, { n: count }), [labelled(F.target, into.node), which], I.create_do, check))) return null;
  return { intent: into.value(), topic: which.hidden ? null : topic.value || null };
}

// Every mention of an intent, by use, with the way to where it is edited.
export async function where(ctx, one) {
  let found;
  try {
    found = await ctx.api.get(`/studio/intents/${encodeURIComponent(one.intent)}/references`);
  } catch (problem) {
    ctx.toast(told(problem), { kind: "bad" });
    return;
  }
  const uses = [...new Set(found.references.map((each) => each.use))];
  const parts = uses.map((use) => {
    const those = found.references.filter((each) => each.use === use);
    return h("details", { open: use !== "program" && use !== "code" },
      h("summary", { text: `${I.use_names[use] || use}（${those.length}）` }),
      h("ul", { class: "uses" }, those.map((each) => h("li", {}, place(each), " ", h("code", { text: each.text })))));
  });
  const answer = ctx.ask(say(I.where_title, one), h("div", { class: "scroll" }, parts), [{ name: "close", label: I.understood, kind: "primary" }]);
  document.querySelector("dialog[open]")?.classList.add("wide");
  await answer;
}

// Pages that edit what mentions an intent; the address names file and block.
const PAGES = { story: "stories", button: "responses", table: "tables" };

function place(one) {
  const text = `${one.path}:${one.line}`;
  const page = PAGES[one.use];
  if (!page || !one.key || one.path.startsWith("tests/")) return h("span", { class: "mute", text });
  const asked = new URLSearchParams({ path: one.path, key: one.key });
  return h("a", { href: `/studio/${page}?${asked}`, text });
}
