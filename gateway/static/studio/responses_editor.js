// One response: its variations as forms, checked and filled in while somebody types, and its save.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { held, newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { findingsView } from "./diff.js";
import { variationForm } from "./responses_variation.js";
import { save } from "./save.js";
import { R } from "./words_responses.js";

const WAIT = 400;

// Draws `one` (as GET /studio/responses/{name} tells it) into `host`. Returns {name, dirty(), save()}.
export function editor(ctx, host, one, words, { saved, removed }) {
  const forms = h("div", { class: "variations" });
  const general = h("div", { class: "general" });
  const status = h("p", { class: "mute", role: "status" });
  const orders = h("select", { "aria-label": R.order, on: { change: () => later(0) } }, h("option", { value: "", text: R.no_order }));
  const find = h("input", { type: "search", "aria-label": R.find_order, placeholder: R.find_order, maxlength: "40", inputmode: "numeric", on: { change: () => void offered() } });
  const speaker = h("select", { "aria-label": R.speaker, on: { change: () => later(0) } },
    Object.entries(words.conditions.find((each) => each.name === "speaker")?.values || {}).map(([value, label]) => h("option", { value, text: label })));
  const day = h("input", { type: "date", "aria-label": R.day, on: { change: () => later(0) } });
  const filled = h("p", { class: "mute" });
  const keep = h("button", { type: "button", class: "primary", text: R.save, on: { click: () => void store() } });
  const drop = h("button", { type: "button", text: R.discard, on: { click: begin } });
  const gone = h("button", { type: "button", class: "bad", text: R.remove, hidden: one.base === null, on: { click: () => void remove() } });
  const own = JSON.stringify(one.base === null ? null : one.variations);
  let list = [];
  const offering = newest();
  let turn = 0;
  let timer = null;

  fill(host, h("section", { class: "card editor", "aria-label": one.name, "data-response": one.name },
    h("div", { class: "row" }, h("h2", { text: one.name }), h("span", { class: "grow" }), links()),
    uses(), general,
    h("fieldset", { class: "row preview-with" }, h("legend", { text: R.preview }), find, orders, speaker, day), filled,
    forms,
    h("div", { class: "row" }, h("button", { type: "button", text: R.add_variation, on: { click: add } }), h("span", { class: "grow" }), gone),
    h("div", { class: "row end foot" }, status, drop, keep)));

  function links() {
    if (one.base === null) return h("span", { class: "mute", text: one.path });
    const changes = `/studio/changes?${new URLSearchParams({ path: one.path, key: `response:${one.name}` })}`;
    return [h("span", { class: "mute", text: say(R.place, one) }), h("a", { href: changes, text: R.history })];
  }

  function uses() {
    if (!one.uses.length) return h("p", { class: "mute", text: R.used_nowhere });
    return h("details", { class: "uses" }, h("summary", { text: say(R.used_in, { n: one.uses.length }) }),
      h("ul", {}, one.uses.map((use) => h("li", {}, h("span", { class: "tag", text: R.kinds[use.kind] }), " ", where(use), " ", h("span", { class: "mute", text: say(R.place, use) })))));
  }

  // A rule, a story, a test or a row leads to its editor; the code is only named.
  function where(use) {
    const table = use.path.split("/").pop().replace(/\.ya?ml$/, "");
    const address = {
      rule: () => `/studio/stories?${new URLSearchParams({ path: use.path, key: use.key })}`,
      story: () => `/studio/stories?${new URLSearchParams({ path: use.path, key: use.key })}`,
      test: () => `/studio/stories?${new URLSearchParams({ path: use.path, key: use.key })}`,
      row: () => `/studio/tables?${new URLSearchParams({ table, row: use.label })}`,
      twin: () => `/studio/responses?${new URLSearchParams({ name: use.label })}`,
    }[use.kind];
    return address ? h("a", { href: address(), text: use.label }) : use.label;
  }

  function begin() {
    list = [];
    fill(forms);
    for (const variation of one.variations) append(variation);
    later(0);
  }

  function append(variation) {
    const form = variationForm(variation, list.length + 1, words, { changed: () => later(WAIT), remove: () => take(form) });
    list.push(form);
    forms.append(form.node);
    number();
    return form;
  }

  function number() {
    list.forEach((form, place) => form.number(place + 1, list.length));
  }

  // A new variation says the same deed by the same script; its words and its source are its own.
  function add() {
    const first = list[0]?.value() || {};
    const metadata = { ...(first.metadata || {}), source: say(R.own_source, { day: new Date().toLocaleDateString("sv-SE"), who: ctx.me.name }) };
    append({ text: "", ...(first.buttons ? { buttons: structuredClone(first.buttons) } : {}), metadata }).focus();
    later(WAIT);
  }

  function take(form) {
    list = list.filter((each) => each !== form);
    form.node.remove();
    number();
    ctx.toast(R.removed_variation);
    later(0);
  }

  const value = () => list.map((form) => form.value());
  const dirty = () => JSON.stringify(value()) !== own && !(one.base === null && value().every((each) => !each.text));

  function later(wait) {
    const changed = dirty();
    status.textContent = changed ? R.changed : R.clean;
    drop.disabled = !changed;
    clearTimeout(timer);
    timer = setTimeout(look, wait);
  }

  async function look() {
    const mine = ++turn;
    const body = { path: one.path, variations: value(), order: orders.value || null, circumstances: speaker.value ? { speaker: speaker.value } : {}, at: day.value ? `${day.value}T12:00:00` : null };
    let seen;
    try {
      seen = await ctx.api.post(`/studio/responses/${encodeURIComponent(one.name)}/check`, body);
    } catch (problem) {
      if (mine === turn) fill(general, h("p", { class: "wrong", role: "alert", text: wrong(problem) }));
      return;
    }
    if (mine !== turn || !host.contains(forms)) return;
    // What names its variation stands beside it, the rest above all.
    const rest = seen.findings.filter((found) => !list.some((form, place) => form.mine(found, place + 1)));
    list.forEach((form, place) => form.show(seen.preview[place], seen.findings.filter((found) => form.mine(found, place + 1))));
    fill(general, findingsView(rest));
    filled.textContent = seen.values.length ? `${R.values}：${seen.values.map((each) => `${each.label} ${each.value.split("\n")[0]}（${R.sources[each.source]}）`).join("，")}` : "";
    host.dataset.checked = String(mine);
  }

  async function offered() {
    await offering(find.value.trim(), (q) => ctx.api.get("/studio/responses/orders", { q }).catch(() => ({ orders: [] })), (found) => {
      const chosen = orders.value;
      fill(orders, h("option", { value: "", text: R.no_order }), found.orders.map((each) => h("option", { value: each.id, text: say(R.order_name, each) })));
      orders.value = found.orders.some((each) => each.id === chosen) ? chosen : find.value.trim() && found.orders.length ? found.orders[0].id : "";
      if (orders.value !== chosen) later(0);
    });
  }

  const store = held(async () => {
    if (!dirty()) {
      ctx.toast(R.clean, { kind: "warn" });
      return;
    }
    try {
      const { edits } = await ctx.api.post(`/studio/responses/${encodeURIComponent(one.name)}/propose`, { path: one.path, base: one.base, variations: value() });
      if (await save(ctx, edits, { title: say(R.save_title, one) })) await saved();
    } catch (problem) {
      ctx.toast(wrong(problem), { kind: "bad" });
    }
  });

  const remove = held(async () => {
    try {
      const { edits } = await ctx.api.post(`/studio/responses/${encodeURIComponent(one.name)}/remove`, { base: one.base });
      if (await save(ctx, edits, { title: say(R.remove_title, one) })) removed();
    } catch (problem) {
      ctx.toast(wrong(problem), { kind: "bad" });
    }
  });

  begin();
  void offered();
  return { name: one.name, dirty, save: store };
}
