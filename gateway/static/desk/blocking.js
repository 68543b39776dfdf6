// Blocking the shopper of a talk, and taking it back: why and for how long is asked, what holds stands above the talk.
import { fill, h } from "./dom.js";
import { wrong } from "./frame.js";
import { clock } from "./messages.js";
import { say, W } from "./words.js";

const T = W.talk;
// Hours; what agents may give is the server's to say (gateway/talk_desk.py).
const AGENTS = [1, 4, 24];
const LEADS = [...AGENTS, 24 * 7, 24 * 30, null];

export async function block(ctx, talk) {
  const reason = h("textarea", { rows: "3", maxlength: "500", name: "reason", required: true });
  const hours = h("select", { name: "hours" }, (ctx.lead ? LEADS : AGENTS).map((one) => h("option", { value: one ?? "", text: one === null ? T.block_open : one < 48 ? say(T.block_hours, { n: one }) : say(T.block_days, { n: one / 24 }) })));
  const failed = h("p", { class: "wrong", role: "alert" });
  const fields = h("div", {}, h("p", { text: T.block_what }), h("label", {}, h("span", { text: T.block_why }), reason), h("label", {}, h("span", { text: T.block_long }), hours), failed);
  for (;;) {
    const answer = await ctx.ask(T.block_title, fields, [
      { name: "block", label: T.block, kind: "bad" },
      ...(ctx.lead ? [{ name: "list", label: T.block_list }] : []),
      { name: "cancel", label: W.frame.cancel },
    ]);
    if (answer === "list") {
      await list(ctx);
      continue;
    }
    if (answer !== "block") return false;
    if (!reason.value.trim()) {
      failed.textContent = T.block_say_why;
      continue;
    }
    try {
      await ctx.api.post(`/talks/${talk}/block`, { reason: reason.value.trim(), hours: hours.value ? Number(hours.value) : null });
      ctx.toast(T.blocked_done);
      return true;
    } catch (problem) {
      failed.textContent = T.problems[problem.kind] || wrong(problem);
    }
  }
}

export async function lift(ctx, talk) {
  const answer = await ctx.ask(T.unblock, T.unblock_what, [
    { name: "lift", label: T.unblock, kind: "primary" },
    { name: "cancel", label: W.frame.cancel },
  ]);
  if (answer !== "lift") return false;
  try {
    await ctx.api.del(`/talks/${talk}/block`);
    ctx.toast(T.unblocked_done);
  } catch (problem) {
    ctx.toast(T.problems[problem.kind] || wrong(problem), { kind: "warn" });
  }
  return true;
}

// Everybody who is blocked, for leads; a click on one opens the talk, where it can be lifted.
async function list(ctx) {
  const { blocks } = await ctx.api.get("/blocks");
  const table = h("ul", { class: "blocks" });
  const name = (one) => one.customer_id || say(W.inbox.visitor, { id: (one.talk_id || "").slice(-4) });
  const row = (one) => h("li", {}, h("button", { type: "button", text: name(one), disabled: !one.talk_id, on: { click: (event) => (event.target.closest("dialog").close(), ctx.emit("open", one.talk_id)) } }), h("span", { class: "grow", text: one.reason }), h("span", { class: "mute", text: one.until ? say(T.block_until, { time: clock(one.until, true) }) : T.block_open }));
  fill(table, blocks.length ? blocks.map(row) : h("li", { class: "mute", text: T.block_nobody }));
  await ctx.ask(T.block_list, table, [{ name: "close", label: W.frame.close, kind: "primary" }]);
}

// What stands above a talk whose shopper is blocked.
export function banner(blocked, state, undo) {
  if (!blocked) return null;
  const by = state.member(blocked.staff);
  const until = blocked.until ? say(T.block_until, { time: clock(blocked.until, true) }) : T.block_open;
  return h("div", { class: "blocked" }, h("span", { class: "grow", text: say(T.blocked, { reason: blocked.reason, by: by ? say(T.agent, by) : "", until }) }), h("button", { type: "button", text: T.unblock, on: { click: undo } }));
}
