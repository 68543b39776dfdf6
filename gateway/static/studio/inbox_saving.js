// Labels on their way into the files: the batch with its lines, what of it joins the training data, and a new intent.
import { h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { diffView, findingsView } from "./diff.js";
import { save } from "./save.js";
import { I } from "./words_inbox.js";

// Shows what the labels would write and writes them. Resolves to whether anything was saved.
export async function write(ctx, told) {
  let everyone = false;
  for (;;) {
    const seen = await ctx.api.post("/studio/inbox/propose", { everyone });
    if (!seen.labels && everyone) {
      ctx.toast(I.save_none, { kind: "warn" });
      return false;
    }
    if (!seen.labels) {
      // One's own are all written: perhaps somebody else's are left.
      everyone = true;
      continue;
    }
    const reason = h("input", { name: "reason", maxlength: "500", value: say(I.save_default, { n: seen.labels }), required: true, autocomplete: "off" });
    const box = h("input", { type: "checkbox", checked: everyone });
    const note = h("p", { class: "wrong", role: "alert" });
    const form = h("div", { class: "save" }, h("p", { class: "mute", text: say(I.save_note, seen) }), h("label", {}, h("span", { text: I.save_reason }), reason), note, findingsView(seen.findings),
      seen.diffs.map((one) => diffView(one)), h("label", {}, box, I.everyone));
    const answer = ctx.ask(I.save_title, form, [{ name: "save", label: I.save_ok, kind: "primary" }, { name: "cancel", label: I.cancel }]);
    form.closest("dialog")?.classList.add("wide");
    // Another choice of whose is another difference.
    let again = false;
    box.addEventListener("change", () => { again = true; form.closest("dialog").close(); });
    const chosen = await answer;
    if (again) {
      everyone = box.checked;
      continue;
    }
    if (chosen !== "save") return false;
    if (!reason.value.trim()) {
      ctx.toast(I.reason_missing, { kind: "warn" });
      continue;
    }
    try {
      const done = await ctx.api.post("/studio/inbox/save", { everyone, reason: reason.value.trim() });
      ctx.toast(say(I.saved, { n: done.saved }));
      if (seen.train) await offer(ctx);
      return true;
    } catch (problem) {
      ctx.toast(told(problem), { kind: "bad" });
      return false;
    }
  }
}

// Whether those that were meant for training as well shall be taught now.
async function offer(ctx) {
  const { tests } = await ctx.api.get("/studio/inbox/tests", { limit: 200 });
  const texts = tests.filter((one) => one.train).map((one) => one.text);
  if (!texts.length) return;
  const chosen = await ctx.ask(I.join_ask, say(I.join_why, { n: texts.length }), [{ name: "join", label: I.join_now, kind: "primary" }, { name: "later", label: I.later }]);
  if (chosen === "join") await join(ctx, texts);
}

// Teaches these tests; resolves to the commit, or null.
export async function join(ctx, texts) {
  const { edits } = await ctx.api.post("/studio/inbox/join", { texts });
  const commit = await save(ctx, edits, { title: I.join_title, reason: say(I.join_reason, { n: texts.length }), publish: false });
  if (commit) ctx.toast(I.joined);
  return commit;
}

// Asks for a new intent and saves it. Resolves to its identifier, or null.
export async function createIntent(ctx, name, wishes, near) {
  const groups = [...new Set(wishes.map((one) => one.group).filter(Boolean))];
  const heads = [...new Map(wishes.map((one) => [one.intent, one.name.split(" · ")[0]]))];
  const field = (label, input) => h("label", {}, h("span", { text: label }), input);
  const title = h("input", { name: "name", value: name, maxlength: "30", required: true });
  const id = h("input", { name: "intent", maxlength: "64", required: true, spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const group = h("select", { name: "group", value: wishes.find((one) => one.intent === near)?.group || groups[0] }, groups.map((one) => h("option", { value: one, text: one })));
  const like = h("select", { name: "like" }, h("option", { value: "", text: I.new_like_none }), heads.map(([value, text]) => h("option", { value, text })));
  const note = h("p", { class: "wrong", role: "alert" });
  const form = h("div", {}, field(I.new_name, title), field(I.new_id, id), field(I.new_group, group), field(I.new_like, like), note);
  for (;;) {
    if ((await ctx.ask(I.new_title, form, [{ name: "ok", label: I.new_ok, kind: "primary" }, { name: "cancel", label: I.cancel }])) !== "ok") return null;
    const intent = id.value.trim();
    if (!title.value.trim() || !/^[a-z][a-z0-9_]*$/.test(intent)) {
      note.textContent = I.new_missing;
      continue;
    }
    try {
      const { edits } = await ctx.api.post("/studio/intents/create", { intent, name: title.value.trim(), group: group.value, answer: { like: like.value || null } });
      return (await save(ctx, edits, { title: I.new_title, reason: say(I.new_reason, { name: title.value.trim() }), publish: false })) ? intent : null;
    } catch (problem) {
      note.textContent = problem.message;
    }
  }
}
