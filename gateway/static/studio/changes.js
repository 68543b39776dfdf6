// What was changed: outside and not committed, saved and not live, and every save with its lines and the way back.
import { fill, h } from "../desk/dom.js";
import { begin, wrong } from "../desk/frame.js";
import { newest, once } from "../desk/turns.js";
import { say, W } from "../desk/words.js";
import { diffView } from "./diff.js";
import { publishNow } from "./save.js";
import { C } from "./words_save.js";

const STEP = 50;
const ctx = await begin("changes", { area: "studio", live: false });
const asked = new URLSearchParams(location.search);
const only = { path: asked.get("path") || "", key: asked.get("key") || "" };
const main = document.getElementById("main");
const standing = h("div");
const filter = h("select", { id: "file", "aria-label": C.filter, on: { change: () => show({ path: filter.value, key: "" }) } });
const list = h("ol", { class: "commits", "aria-label": C.history });
const note = h("p", { class: "mute" });
const more = h("button", { type: "button", text: C.more, hidden: true, on: { click: () => read(shown + STEP) } });
const stood = newest();
const listed = newest();
let shown = STEP;

fill(main, h("h1", { text: C.title }), h("p", { class: "intro mute", text: C.why }), standing,
  h("section", { "aria-labelledby": "history" }, h("h2", { id: "history", text: C.history }), h("div", { class: "row" }, filter, note), list, more));
ctx.keys.bind("f", C.keys.filter, () => filter.focus());
await Promise.all([stand(), read(STEP)]);
document.body.dataset.ready = "yes";

async function stand() {
  await stood("", async () => {
    const state = await ctx.api.get("/studio/state");
    return { state, diffs: state.outside.length ? (await ctx.api.get("/studio/outside")).diffs : [] };
  }, ({ state, diffs }) => fill(standing,
    state.problem ? h("p", { class: "wrong", role: "alert", text: say(C.problem, state.problem) }) : null,
    diffs.length ? outside(diffs) : null,
    state.can_publish ? null : h("p", { class: "mute", text: C.no_live }),
    state.unpublished.length ? waiting(state.unpublished) : null), refused);
}

// What an editor changed, with its lines, and the button that commits it.
function outside(diffs) {
  return h("section", { class: "card", id: "outside" }, h("h2", { text: C.outside }), h("p", { class: "mute", text: C.outside_why }),
    diffs.map((one) => diffView(one, { open: diffs.length < 3 })),
    h("button", { type: "button", text: C.adopt, on: { click: () => adopt(diffs.map((one) => one.path)) } }));
}

async function adopt(paths) {
  const reason = await why(C.adopt_title, C.adopt, "");
  if (!reason) return;
  const done = await ctx.api.post("/studio/outside", { paths, reason }).catch(refused);
  if (!done) return;
  ctx.toast(C.adopted);
  await Promise.all([stand(), read(shown)]);
}

function waiting(files) {
  const boxes = files.map((one) => h("input", { type: "checkbox", value: one.path, checked: true }));
  return h("section", { class: "card", id: "unpublished" }, h("h2", { text: C.unpublished }), h("p", { class: "mute", text: C.unpublished_why }),
    h("ul", { class: "waiting" }, files.map((one, place) =>
      h("li", {}, h("label", {}, boxes[place], one.path, " ", h("span", { class: "mute", text: one.commits.map((commit) => commit.reason.split("\n")[0]).join("；") }))))),
    h("button", { type: "button", class: "primary", text: C.publish, on: { click: () => publish(boxes.filter((one) => one.checked).map((one) => one.value)) } }));
}

async function publish(paths) {
  if (!paths.length) return;
  const reason = await why(say(C.publish_title, { n: paths.length }), C.publish, paths.join("、"), C.publish_reason);
  if (reason && (await publishNow(ctx, paths, reason))) await stand();
}

async function show(next) {
  Object.assign(only, next);
  history.replaceState(null, "", only.path ? `?${new URLSearchParams(Object.entries(only).filter(([, value]) => value))}` : location.pathname);
  await read(STEP);
}

async function read(limit) {
  shown = limit;
  await listed({ path: only.path, key: only.key, limit: limit + 1 }, (wanted) => ctx.api.get("/studio/history", wanted), (found) => draw(found, limit), refused);
}

function draw(found, limit) {
  const commits = found.commits.slice(0, limit);
  more.hidden = found.commits.length <= limit;
  fill(note, only.key ? [say(C.of_block, only), " ", h("button", { type: "button", class: "quiet", text: C.whole, on: { click: () => show({ path: "", key: "" }) } })] : null);
  const paths = [...new Set([only.path, ...[...filter.options].map((one) => one.value), ...commits.flatMap((one) => one.paths)])].filter(Boolean).sort();
  fill(filter, h("option", { value: "", text: C.all_files }), paths.map((path) => h("option", { value: path, text: path })));
  filter.value = only.path;
  fill(list, commits.length ? commits.map(row) : h("li", { class: "mute", text: C.none }));
}

function row(one) {
  const lines = h("div");
  const unfolded = once(unfold);
  const name = one.paths.length > 2 ? say(C.paths, { path: one.paths[0], n: one.paths.length }) : one.paths.join("、");
  return h("li", { class: "card", "data-commit": one.id },
    h("p", { class: "what" }, one.undoes ? h("span", { class: "tag", text: C.undoes }) : null, one.undoes ? " " : null, one.reason),
    h("p", { class: "who", text: say(C.by, { author: one.author, at: new Date(one.at).toLocaleString("zh-CN", { dateStyle: "medium", timeStyle: "short" }) }) }),
    h("p", { class: "files", text: name }),
    h("div", { class: "row" },
      h("button", { type: "button", "aria-expanded": "false", text: C.show, on: { click: (event) => unfolded(event.currentTarget, one, lines) } }),
      h("button", { type: "button", text: C.undo, "aria-label": say(C.undo_title, { reason: one.reason.split("\n")[0] }), on: { click: () => undo(one) } })),
    lines);
}

async function unfold(button, one, lines) {
  const open = button.getAttribute("aria-expanded") === "true";
  if (!open) {
    const whole = await ctx.api.get(`/studio/commits/${one.id}`).catch(refused);
    if (!whole) return;
    fill(lines, whole.files.map((file) => diffView(file)));
  } else fill(lines);
  button.setAttribute("aria-expanded", String(!open));
}

async function undo(one) {
  const reason = await why(say(C.undo_title, { reason: one.reason.split("\n")[0] }), C.undo, "", C.undo_why);
  if (!reason) return;
  try {
    const done = await ctx.api.post(`/studio/commits/${one.id}/undo`, { reason });
    if (done.findings.length) ctx.toast(say(C.undo_broken, { what: done.findings[0].what }), { kind: "warn" });
    else ctx.toast(C.undone);
    await Promise.all([stand(), read(shown)]);
  } catch (problem) {
    ctx.toast(problem.kind === "studio-conflict" ? C.undo_conflict : wrong(problem), { kind: "bad" });
  }
}

// Asks for a reason; null when nobody gives one.
async function why(title, label, proposal, question = C.undo_why) {
  const field = h("input", { name: "reason", maxlength: "500", value: proposal, autocomplete: "off" });
  const hint = h("p", { class: "wrong", role: "alert" });
  for (;;) {
    const chosen = await ctx.ask(title, h("div", {}, h("label", {}, h("span", { text: question }), field), hint), [
      { name: "go", label, kind: "primary" },
      { name: "cancel", label: C.cancel },
    ]);
    if (chosen !== "go") return null;
    if (field.value.trim()) return field.value.trim();
    hint.textContent = C.reason_missing;
  }
}

function refused(problem) {
  ctx.toast(wrong(problem), { kind: "bad" });
  if (!list.children.length) fill(list, h("li", {}, wrong(problem), " ", h("button", { type: "button", text: W.frame.again, on: { click: () => location.reload() } })));
  return null;
}
