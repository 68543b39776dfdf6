// Parting an intent: its examples in groups of the likest, chosen group by group or one by one, and the new intent they make.
import { fill, h } from "../desk/dom.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { button, form, keep, labelled, told } from "./intents_common.js";
import { newIntent } from "./intents_dialogs.js";
import { I } from "./words_intents.js";

// `chosen`: ids that are to go already. Resolves to the new intent's identifier, or null.
export async function parts(ctx, page, one, chosen) {
  const out = new Set(chosen);
  const made = newIntent(page, one);
  void made.offer(ctx);
  const groups = h("select", {}, [2, 3, 4, 5, 6].map((n) => h("option", { value: String(n), text: String(n) })));
  const count = h("p", { class: "mute", role: "status" });
  const host = h("div", { class: "groups" });
  let total = 0;
  const grouped = newest();
  const sum = () => { count.textContent = say(I.split_count, { out: out.size, left: total - out.size }); };

  async function read() {
    await grouped({ groups: Number(groups.value) }, (wanted) => ctx.api.post(`/studio/intents/${encodeURIComponent(one.intent)}/groups`, wanted), ({ groups: found }) => {
      total = found.reduce((all, group) => all + group.examples.length, 0);
      fill(host, found.map(drawn));
      sum();
    }, (problem) => ctx.toast(told(problem), { kind: "bad" }));
  }

  function drawn(group, place) {
    const ticks = group.examples.map((each) => {
      const tick = h("input", { type: "checkbox", checked: out.has(each.id) });
      tick.addEventListener("change", () => {
        tick.checked ? out.add(each.id) : out.delete(each.id);
        sum();
      });
      return { each, tick };
    });
    const pick = button(I.split_pick, () => {
      const on = ticks.some(({ tick }) => !tick.checked);
      for (const { each, tick } of ticks) {
        tick.checked = on;
        on ? out.add(each.id) : out.delete(each.id);
      }
      sum();
    });
    return h("details", { class: "card", open: place < 3 },
      h("summary", { text: say(I.split_group, { n: place + 1, count: group.examples.length, words: group.words.join("、") }) }),
      pick,
      h("ul", { class: "examples" }, ticks.map(({ each, tick }) => h("li", {}, h("label", { class: "check" }, tick, each.text), each.held_out ? h("span", { class: "tag good", text: I.kinds.held_out }) : null))));
  }

  groups.addEventListener("change", read);
  await read();
  const content = [h("p", { text: I.split_why }), made.node, h("div", { class: "row" }, labelled(I.split_groups, groups), count), host];
  const check = () => made.check() || (out.size ? "" : I.form.need_examples);
  const done = await form(ctx, say(I.split_title, one), content, I.create_do, check, (tell) => {
    const { intent, name, group, answer } = made.value();
    const body = { operation: "split", new: intent, name, group, ids: [...out], answer };
    return keep(ctx, `/studio/intents/${encodeURIComponent(one.intent)}/propose`, body, { reason: say(I.reasons.split, { name: one.name, other: name }), tell });
  });
  return done ? made.value().intent : null;
}
