// Examples that say the same or nearly so: side by side, the one that stays is one key away.
import { fill, h } from "../desk/dom.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { button, keep, percent, told } from "./intents_common.js";
import { I } from "./words_intents.js";

const STEP = 50;
let only = "conflict";

export async function doubles(ctx, host, page, on) {
  let limit = STEP;
  const listed = newest();
  const list = h("ul", { class: "pairs", "aria-label": I.doubles_title });
  const count = h("p", { class: "mute", role: "status" });
  const more = button("", () => { limit += STEP; void read(); });
  const choice = h("select", { "aria-label": I.doubles_title, on: { change: () => { only = choice.value; limit = STEP; void read(); } } }, Object.entries(I.doubles_only).map(([value, text]) => h("option", { value, text })));
  choice.value = only;
  fill(host, h("header", { class: "card about" }, h("button", { type: "button", class: "quiet back", text: I.to_list, on: { click: on.back } }), h("h2", { text: I.doubles_title }), h("p", { class: "mute", text: I.doubles_why }), h("div", { class: "row" }, choice, count)), list, more);
  await read();

  async function read() {
    await listed({ only, limit }, async (wanted) => {
      const pairs = [];
      for (;;) {
        const found = await ctx.api.get("/studio/examples/doubles", { only: wanted.only, limit: Math.min(200, wanted.limit - pairs.length), offset: pairs.length });
        pairs.push(...found.pairs);
        if (!found.pairs.length || pairs.length >= Math.min(wanted.limit, found.total)) return { pairs, total: found.total };
      }
    }, ({ pairs, total }) => {
      count.textContent = say(I.total, { n: total });
      fill(list, pairs.length ? pairs.map(pair) : h("li", { class: "none", text: I.doubles_none }));
      more.hidden = pairs.length >= total;
      more.textContent = say(I.more_examples, { n: Math.min(STEP, total - pairs.length) });
    }, (problem) => ctx.toast(told(problem), { kind: "bad" }));
  }

  function pair(one) {
    const side = (mine, other) => h("div", { class: "side" },
      h("span", { class: "words", text: mine.text }), " ",
      h("span", { class: "tag", text: name(mine.intent) }), mine.held_out ? h("span", { class: "tag good", text: I.kinds.held_out }) : null,
      h("span", { class: "id", text: `${mine.path}:${mine.line}` }),
      button(I.doubles_keep, () => settle(mine, other), "", { "aria-label": say(I.doubles_keep_which, mine) }));
    return h("li", { class: "card" }, side(one.one, one.other), side(one.other, one.one), h("span", { class: "mute", text: say(I.doubles_share, { share: percent(one.share) }) }));
  }

  function name(intent) {
    return page.intents.find((one) => one.intent === intent)?.name || intent;
  }

  async function settle(stays, goes) {
    const done = await keep(ctx, "/studio/examples/propose", { operation: "remove", ids: [goes.id] }, { reason: say(I.reasons.edit, { name: name(goes.intent) }) });
    if (!done) return;
    await on.refresh();
    await read();
  }
}
