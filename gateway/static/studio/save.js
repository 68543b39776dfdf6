// The one way in which a page of the studio saves: what will change, what speaks against it, why, and, when somebody else was quicker,
// both versions. Nothing that was typed is lost: the dialog can be left and the page still has its edits.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { held } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { diffView, findingsView, linesView } from "./diff.js";
import { S } from "./words_save.js";

// Shows the difference and the findings of `edits` ([{path, key, base, new, after}]) and saves them with a reason. `title`: what is done;
// `reason`: a proposal for it; `findings`: what the page knows beside the checks; `publish`: ask whether wording and rows shall go live now (true by default).
// Resolves to the commit, or null when it was cancelled or nothing changed. Until then nothing else on the page can be changed or saved.
export const save = held(async (ctx, edits, { title = S.title, reason = "", publish = true, findings = [] } = {}) => {
  let wanted = edits;
  let why = reason;
  for (;;) {
    let seen;
    try {
      seen = await ctx.api.post("/studio/preview", { edits: wanted });
    } catch (problem) {
      ctx.toast(wrong(problem), { kind: "bad" });
      return null;
    }
    if (seen.conflicts.length) {
      wanted = await settle(ctx, wanted, seen.conflicts);
      if (!wanted) return null;
      continue;
    }
    if (!seen.diffs.length) {
      ctx.toast(S.nothing, { kind: "warn" });
      return null;
    }
    const said = await look(ctx, title, why, { ...seen, findings: [...findings, ...seen.findings] });
    if (said === null) return null;
    why = said;
    try {
      const done = await ctx.api.post("/studio/save", { edits: wanted, reason: why });
      ctx.toast(say(S.saved_by, { reason: why }));
      ctx.emit("saved", done.commit);
      if (publish && done.publishable.length) await offer(ctx, done.publishable, why);
      return done.commit;
    } catch (problem) {
      // Somebody was quicker between the look and the save, or a check found more: look again, the reason is kept.
      if (problem.kind === "studio-conflict" || problem.kind === "studio-refused") continue;
      ctx.toast(wrong(problem), { kind: "bad" });
      return null;
    }
  }
});

// The dialog of a save. Resolves to the reason, or null.
async function look(ctx, title, reason, seen) {
  const errors = seen.findings.some((one) => one.severity === "error");
  const warned = seen.findings.some((one) => one.severity === "warning");
  const added = seen.diffs.reduce((sum, one) => sum + one.added, 0);
  const removed = seen.diffs.reduce((sum, one) => sum + one.removed, 0);
  const field = h("input", { name: "reason", maxlength: "500", value: reason, required: true, autocomplete: "off" });
  const note = h("p", { class: "wrong", role: "alert", text: errors ? S.errors : "" });
  const form = h("div", { class: "save" },
    errors ? null : h("label", {}, h("span", { text: S.reason }), field),
    note,
    seen.merged ? h("p", { class: "warn", text: S.merged }) : null,
    findingsView(seen.findings),
    h("p", { class: "mute", text: say(S.changes, { files: seen.diffs.length, added, removed }) }),
    seen.diffs.map((one, place) => diffView(one, { open: place < 5 })));
  const actions = [
    ...(errors ? [] : [{ name: "save", label: warned ? S.save_anyway : S.save, kind: "primary" }]),
    { name: "cancel", label: S.cancel },
  ];
  for (;;) {
    const chosen = await asked(ctx, title, form, actions);
    if (chosen !== "save") return null;
    if (field.value.trim()) return field.value.trim();
    note.textContent = S.reason_missing;
  }
}

// ctx.ask in the wide dialog.
function asked(ctx, title, content, actions) {
  const answer = ctx.ask(title, content, actions);
  content.closest("dialog")?.classList.add("wide");
  return answer;
}

// Both versions of every block that two people changed; resolves to the edits that go on from theirs, or null.
async function settle(ctx, edits, conflicts) {
  let wanted = edits;
  for (const one of conflicts) {
    const own = h("textarea", { value: one.both ?? one.mine ?? "", spellcheck: "false" });
    const versions = h("div", {},
      h("p", { text: say(S.conflict_why, one) }),
      h("div", { class: "versions diff" },
        h("div", {}, h("h3", { text: S.theirs }), one.theirs === null ? h("p", { text: S.gone }) : linesView(one.theirs_lines, S.theirs)),
        h("div", {}, h("h3", { text: S.mine }), one.mine === null ? h("p", { text: S.removed }) : linesView(one.mine_lines, S.mine)),
        h("label", {}, h("span", { text: S.edited }), own)));
    const chosen = await asked(ctx, S.conflict, versions, [
      { name: "theirs", label: S.take_theirs },
      { name: "mine", label: S.take_mine },
      { name: "edit", label: S.edit, kind: "primary" },
      { name: "cancel", label: S.cancel },
    ]);
    if (chosen === null || chosen === "cancel") return null;
    const rest = wanted.filter((edit) => edit.path !== one.path || edit.key !== one.key);
    const before = wanted.find((edit) => edit.path === one.path && edit.key === one.key);
    const text = { theirs: one.theirs, mine: one.mine, edit: own.value.trim() ? `${own.value.trimEnd()}\n` : null }[chosen];
    // Theirs stands already; what goes on is an edit upon it.
    wanted = chosen === "theirs" ? rest : [...rest, { ...before, base: one.theirs, new: text }];
  }
  if (!wanted.length) ctx.toast(S.nothing, { kind: "warn" });
  return wanted.length ? wanted : null;
}

// Whether what was saved shall go live now.
async function offer(ctx, paths, reason) {
  const chosen = await ctx.ask(S.publish_ask, say(S.publish_why, { paths: paths.join("、") }), [
    { name: "publish", label: S.publish, kind: "primary" },
    { name: "later", label: S.later },
  ]);
  if (chosen === "publish") await publishNow(ctx, paths, reason);
}

// Puts committed files into the live release; says what went wrong. Resolves to the new state, or null.
export async function publishNow(ctx, paths, reason) {
  try {
    const state = await ctx.api.post("/studio/publish", { paths, reason });
    ctx.toast(S.published);
    ctx.emit("published", { paths });
    return state;
  } catch (problem) {
    const found = problem.body?.findings;
    if (found?.length) await asked(ctx, S.publish_title, fill(h("div"), findingsView(found)), [{ name: "cancel", label: S.cancel, kind: "primary" }]);
    else ctx.toast(wrong(problem), { kind: "bad" });
    return null;
  }
}
