// One talk on the page: its editor, what was found while it is edited, its flow; and the views of all contradictions and of an intent.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { held, newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { findingsView } from "./diff.js";
import { flowView } from "./flow.js";
import { editor } from "./story_editor.js";
import { doing, pathsView } from "./story_steps.js";
import { T } from "./words_stories.js";

const PAUSE = 350;
const NEW = "+";
const FILE = /^[a-z][a-z0-9_]*$/;

// Shows a talk as the API told it ({story, base, findings, contradictions}; `base` null: a new one). → what the page may do with it.
export function showStory(ctx, host, names, told, tools) {
  const { story, base } = told;
  const old = base === null ? null : { path: story.path, key: story.key, base };
  const name = h("input", { class: "wide", value: story.name, maxlength: "200", autocomplete: "off", spellcheck: "false", on: { input: () => changed() } });
  const file = h("select", { on: { change: pick } });
  const checks = h("section", { class: "checks", "aria-live": "polite", "aria-label": T.checks });
  const drawing = h("section", { hidden: true });
  const saving = h("button", { type: "button", class: "primary", text: T.save, on: { click: () => keep() } });
  let due = null;
  const drawn = newest();
  let latest = 0;
  let seen = null;
  let touched = Boolean(told.changed);

  const body = (steps) => ({ path: file.value, kind: story.kind, name: name.value, ...steps, old });
  const made = editor(story, names, { changed: () => changed(), foretell: async (steps) => (await ctx.api.post("/studio/stories/next", { steps })).action });
  const tabs = h("div", { class: "row" },
    ["edit", "draw"].map((one) => h("button", { type: "button", "aria-pressed": String(one === "edit"), "data-tab": one, text: T[one], on: { click: () => turn(one) } })),
    old ? h("a", { class: "button", href: `/studio/changes?${new URLSearchParams({ path: story.path, key: story.key })}`, text: T.history }) : null);
  const writing = h("div", {},
    h("label", {}, h("span", { text: T.name }), name),
    h("label", {}, h("span", { text: T.in_file }), file),
    made.host, checks,
    h("div", { class: "row end" },
      old ? h("button", { type: "button", class: "quiet", text: T.remove, on: { click: () => remove() } }) : null,
      old ? h("button", { type: "button", text: T.copy, on: { click: () => tools.again(current(), story.kind, say(T.copy_name, { name: name.value })) } }) : null,
      story.kind !== "test" ? h("button", { type: "button", text: T.as_test, on: { click: () => tools.again(current(), "test", name.value && say(T.test_name, { name: name.value }), !old) } }) : null,
      saving));
  files(story.path);
  fill(host, h("div", { class: "card story", "data-kind": story.kind },
    h("h2", {}, h("span", { class: `tag ${story.kind}`, text: T.kinds[story.kind] }), " ", story.name || T.make[story.kind]),
    (told.notes || []).map((note) => h("p", { class: "note", text: note })), tabs, writing, drawing));
  if (old && !told.findings.length && !told.contradictions.length) fill(checks, h("p", { class: "good", text: T.fine }));
  else if (old) results({ findings: told.findings, contradictions: told.contradictions, would: null });
  else if (told.changed) void look();
  if (!old) name.focus();

  function current() {
    return { ...story, ...made.value() };
  }

  function files(chosen) {
    const known = names.parts.files[story.kind];
    const all = known.includes(chosen) ? known : [...known, chosen];
    fill(file, all.filter(Boolean).map((path) => h("option", { value: path, text: path })), h("option", { value: NEW, text: T.new_file }));
    file.value = chosen;
  }

  async function pick() {
    if (file.value === NEW) files((await newFile(ctx, story.kind)) || story.path);
    changed();
  }

  function changed() {
    touched = true;
    clearTimeout(due);
    due = setTimeout(() => void look(), PAUSE);
  }

  // What saving it now would mean; an older answer that comes late is thrown away.
  async function look() {
    const mine = ++latest;
    try {
      const answer = await ctx.api.post("/studio/stories/propose", body(made.value()));
      if (mine !== latest) return null;
      results(answer);
      return answer;
    } catch (problem) {
      if (mine !== latest) return null;
      seen = null;
      fill(checks, h("p", { class: problem.kind === "studio" ? "mute" : "wrong", text: problem.kind === "studio" ? say(T.incomplete, { detail: problem.body.detail }) : wrong(problem) }));
      return null;
    }
  }

  function results(answer) {
    seen = answer;
    const told_apart = answer.findings.filter((one) => !one.code.startsWith("contradiction-") && one.code !== "test-would-fail");
    const would = answer.would || null;
    fill(checks,
      answer.contradictions.map((one) => pathsView(one, names, tools.go)),
      findingsView(told_apart),
      would && !answer.contradictions.length ? foretold(would) : null,
      !answer.contradictions.length && !told_apart.length && !would ? h("p", { class: "good", text: T.fine }) : null);
  }

  // Where the bot does otherwise today: of a test a failure, which may be right after all; of a story what it will change.
  function foretold(would) {
    const values = { n: would.step + 1, expected: doing(would.expected), would: doing(would.would) };
    const swap = story.kind === "test" && made.value().steps[would.step]?.kind === "bot" && would.would !== "action_listen";
    return h("p", { class: story.kind === "test" ? "warn" : "mute", "data-would": would.would }, say(story.kind === "test" ? T.would_test : T.would, values),
      swap ? [" ", h("button", { type: "button", text: T.accept, on: { click: () => made.accept(would.step, would.would) } })] : null);
  }

  const keep = held(async () => {
    clearTimeout(due);
    const answer = await look();
    if (!answer) {
      checks.querySelector("p")?.setAttribute("role", "alert");
      return;
    }
    const said = name.value.trim();
    const reason = say(old ? T.saved_reason.change : T.saved_reason.new, { name: said });
    const word = story.kind === "rule" ? "rule" : "story";
    await tools.save(answer.edits, { title: T.save_title[story.kind], reason, publish: false }, { path: file.value, key: `${word}:${said}` });
  });

  async function remove() {
    const edits = [{ path: story.path, key: story.key, base, new: null, after: null }];
    await tools.save(edits, { title: say(T.remove_title, story), reason: say(T.remove_reason, story), publish: false }, null);
  }

  async function turn(tab) {
    for (const button of tabs.querySelectorAll("[data-tab]")) button.setAttribute("aria-pressed", String(button.dataset.tab === tab));
    writing.hidden = tab !== "edit";
    drawing.hidden = tab !== "draw";
    if (tab !== "draw") return;
    const first = made.value().steps.find((step) => step.kind === "shopper")?.wishes[0]?.intent;
    await drawn(old ? { path: story.path, key: story.key } : { intent: first || "-" }, (wanted) => ctx.api.get("/studio/stories/flow", wanted),
      (flow) => fill(drawing, flow.nodes.length ? flowView(flow, names, old ? [story.path, story.key] : null, tools.go) : h("p", { class: "mute", text: T.flow_alone })),
      (problem) => fill(drawing, h("p", { class: "wrong", role: "alert", text: wrong(problem) })));
  }

  return {
    name: () => name.value || T.make[story.kind],
    dirty: () => touched && (made.dirty() || name.value !== story.name || file.value !== story.path || Boolean(told.changed)),
    save: keep,
    move: made.move,
    seen: () => seen,
  };
}

// Asks for the name of a file that does not exist yet; null when it was left.
async function newFile(ctx, kind) {
  const [folder, before] = { rule: ["data/rules", ""], story: ["data/stories", ""], test: ["tests/stories", "test_"] }[kind];
  const field = h("input", { maxlength: "40", autocomplete: "off", spellcheck: "false" });
  const note = h("p", { class: "wrong", role: "alert" });
  const form = h("div", {}, h("label", {}, h("span", { text: say(T.new_file_why, { example: `${folder}/${before}gifts.yml` }) }), field), note);
  for (;;) {
    if ((await ctx.ask(T.new_file_ask, form, [{ name: "ok", label: T.new_file_ask, kind: "primary" }, { name: "no", label: T.cancel }])) !== "ok") return null;
    const word = field.value.trim().replace(/\.ya?ml$/, "").replace(/^test_/, "");
    if (FILE.test(word)) return `${folder}/${before}${word}.yml`;
    note.textContent = T.new_file_bad;
  }
}

// All contradictions with both paths.
export function showClashes(host, names, contradictions, go) {
  fill(host, h("div", { class: "card" }, h("h2", { text: T.clash_title }),
    contradictions.length ? contradictions.map((one) => pathsView(one, names, go)) : h("p", { class: "good", text: T.clash_none })));
  return null;
}

// The flow of everything that begins with an intent.
export function showFlow(host, names, intent, flow, go) {
  fill(host, h("div", { class: "card" }, h("h2", { text: say(T.flow_of, { intent: names.intent(intent) }) }),
    flow.nodes.length ? flowView(flow, names, null, go) : h("p", { class: "mute", text: T.none })));
  return null;
}
