// One script in the list: what it says with its values marked, when to use it, how it does, and what can be done with it.
import { h } from "./dom.js";
import { say, W } from "./words.js";

const S = W.scripts;
export const VALUE = /\{([\p{L}\p{N}_]{1,24})\}/gu;
const DAY = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric" });

// A text with its {values} marked; `values` as GET /scripts/values lists them.
export function marked(text, values) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(VALUE)) {
    const known = values.find((one) => one.name === found[1] || one.label === found[1]);
    parts.push(text.slice(last, found.index), h("mark", { class: known?.source ? "value" : "gap", text: `{${known?.label || found[1]}}` }));
    last = found.index + found[0].length;
  }
  return [...parts, text.slice(last)];
}

export function row(page, one, { chosen, at, bin, choose, edit, remove, restore, copy, duplicate }) {
  const name = one.title;
  const tick = one.editable ? h("input", { type: "checkbox", checked: chosen, "aria-label": say(S.select, { title: name }), on: { change: (event) => choose(event.target.checked) } }) : null;
  const deed = (text, fn) => h("button", { type: "button", class: "quiet", text, "aria-label": `${text}：${name}`, on: { click: fn } });
  const deeds = bin
    ? [one.editable ? deed(S.restore, restore) : null]
    : [deed(S.copy, copy), one.scope === "public" ? deed(S.duplicate, duplicate) : null, one.editable ? deed(S.edit, edit) : null, one.editable ? deed(S.remove, remove) : null];
  return h(
    "li",
    { class: at ? "script at" : "script", tabindex: "-1", "data-script": one.id },
    h("div", { class: "row head" }, tick, h("h2", { text: name }), one.code ? h("kbd", { text: `/${one.code}` }) : null, tags(one), h("span", { class: "grow" }), h("div", { class: "row deeds" }, deeds)),
    h("p", { class: "words" }, marked(one.text, page.values)),
    one.image ? h("img", { src: one.image, alt: say(S.image, { title: name }), loading: "lazy" }) : null,
    h("p", { class: "mute about" }, about(one)),
  );
}

function tags(one) {
  const tag = (text, kind = "") => h("span", { class: `tag ${kind}`, text });
  return [
    one.scope === "own" ? tag(S.tags.own, "good") : null,
    one.dead ? tag(S.tags.dead, "warn") : null,
    one.valid ? null : tag(S.tags.invalid, "warn"),
    one.image ? tag(S.tags.image) : null,
  ];
}

function about(one) {
  const said = [
    one.situation,
    one.must_say.length ? `${S.must_say}：${one.must_say.join("、")}` : null,
    one.must_not.length ? `${S.must_not}：${one.must_not.join("、")}` : null,
    one.valid_from || one.valid_to ? say(S.valid, { from: one.valid_from || S.open_end, to: one.valid_to || S.open_end }) : null,
    one.uses ? say(S.uses, { n: one.uses }) : S.never,
    one.unedited === null ? null : say(S.unedited, { share: `${Math.round(100 * one.unedited)}%` }),
    one.used_at ? say(S.used_at, { day: DAY.format(new Date(one.used_at)) }) : null,
    one.source ? `${S.source} ${one.source}` : null,
  ];
  return said.filter(Boolean).join(" · ");
}
