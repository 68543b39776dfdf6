// What came out of a candidate's exam: the gate, the weakest intents, what was not understood, the dialogues that went another way.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { held, newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { findingsView } from "./diff.js";
import { editorOf, moment } from "./jobs.js";
import { save } from "./save.js";
import { M } from "./words_models.js";

const PAGE = 50;
const WEAKEST = 12;

// A share in per cent; nothing for none.
export const share = (value) => (value === null || value === undefined ? "" : say(M.percent, { n: (100 * value).toFixed(1) }));

// Reads what there is of a release's exam: {id, found, refused, names}; `names`: what staff call the intents.
export async function readReport(ctx, id) {
  const found = await part(ctx, id, 0, "").catch((problem) => {
    if (problem.status !== 404) throw problem;
  });
  const { intents } = found ? await ctx.api.get("/studio/stories/parts").catch(() => ({ intents: [] })) : { intents: [] };
  return { id, found, refused: found ? [] : await refusal(ctx, id), names: new Map(intents.map((one) => [one.name, one.title])) };
}

const part = (ctx, id, offset, label) => ctx.api.get(`/studio/releases/${encodeURIComponent(id)}/report`, { limit: PAGE, offset, label });

// Why a release could not be trained at all.
async function refusal(ctx, id) {
  const { models } = await ctx.api.get("/studio/models").catch(() => ({ models: [] }));
  return models.find((one) => one.id === id)?.figures.refused?.findings || [];
}

// Shows what was read of a release in `host` and leads there. `close`: called by its button.
export function showReport(host, ctx, { id, found, refused, names }, { close }) {
  const listed = newest();
  let label = "";
  let offset = 0;
  const title = h("h2", { id: "report-title", text: say(M.report_title, { id }) });
  const top = h("div", { class: "row" }, title, h("button", { type: "button", text: M.close, on: { click: close } }));
  const messages = h("div");
  host.hidden = false;

  if (!found) {
    fill(host, top, refused.length ? findingsView(refused, editorOf) : h("p", { class: "mute", text: M.report_none }));
    host.focus();
    return;
  }
  const accepted = held(accept);
  const said = say(found.against ? M.against : M.against_none, { id: found.against, at: moment(found.at) });
  fill(host, top, h("p", { class: "mute", text: said + (found.corpus ? "" : M.no_corpus) }), gate(found), dialogues(found), weak(found), messages);
  list(found);
  host.focus();
  host.scrollIntoView({ block: "start" });

  // An intent, or one with its topic, in words; the labels of the corpus have none.
  function called(label) {
    const [intent, ...topic] = label.split("/");
    return [names.get(intent) || intent, ...topic].join("/");
  }

  function link(label) {
    return h("a", { href: `/studio/intents?${new URLSearchParams({ intent: label.split("/")[0] })}`, title: label, text: called(label) });
  }

  function list(page) {
    const rows = page.messages.map((one) => h("tr", { "data-change": one.change },
      cell(M.messages_columns.change, h("span", { class: `tag ${one.change}`, text: M.changes[one.change] })),
      cell(M.messages_columns.text, one.text ?? h("span", { class: "mute", text: M.text_gone })),
      cell(M.messages_columns.label, one.source === "real" ? one.label : link(one.label)),
      cell(M.messages_columns.read, h("span", { title: one.read.join(" + "), text: one.read.map(called).join(" + ") })),
      cell(M.messages_columns.share, share(one.share), "number"),
      cell(M.messages_columns.source, M.sources[one.source])));
    const total = page.totals.messages;
    const step = (to, text) => h("button", { type: "button", text, on: { click: () => turn(to) } });
    fill(messages, h("section", { "aria-labelledby": "failing" }, h("h3", { id: "failing", text: say(M.messages, { n: total }) }),
      label ? h("p", {}, say(M.of_intent, { label: called(label) }), " ", h("button", { type: "button", class: "quiet", text: M.everything, on: { click: () => only("") } })) : null,
      rows.length ? scroll(h("table", { class: "failing", "aria-labelledby": "failing" }, head(Object.values(M.messages_columns)), h("tbody", {}, rows))) : h("p", { class: "mute", text: M.all_right }),
      h("div", { class: "row" }, offset ? step(offset - PAGE, M.previous) : null, offset + PAGE < total ? step(offset + PAGE, M.next) : null)));
  }

  async function turn(to) {
    offset = Math.max(0, to);
    await listed("", () => part(ctx, id, offset, label), list, (problem) => ctx.toast(wrong(problem), { kind: "bad" }));
  }

  async function only(name) {
    label = name;
    await turn(0);
    messages.querySelector("h3")?.scrollIntoView({ block: "nearest" });
  }

  function gate({ gate: judged }) {
    const number = (value, figure) => (value === null ? "" : figure.startsWith("speed") || figure.endsWith("failing") ? String(Math.round(value * 10) / 10) : share(value));
    const allowed = (one) => (one.allowed.startsWith("×") ? one.allowed : one.figure.endsWith("failing") ? one.allowed.slice(1) : share(Number(one.allowed.slice(1))));
    const rows = judged.verdicts.map((one) => h("tr", { "data-state": one.state, "data-figure": one.figure },
      h("td", {}, one.name, one.state === "blocked" ? h("span", { class: "remedy", text: one.remedy }) : null),
      h("td", { class: "number", text: number(one.candidate, one.figure) }), h("td", { class: "number", text: number(one.live, one.figure) }),
      h("td", { class: "number", text: allowed(one) }), h("td", { class: "number", text: String(one.counted) }),
      h("td", {}, h("span", { class: `tag ${one.state}`, text: M.gate_states[one.state] }))));
    return h("section", { "aria-labelledby": "gate" }, h("h3", { id: "gate", text: M.gate }),
      rows.length ? scroll(h("table", { class: "gate", "aria-labelledby": "gate" }, head(Object.values(M.gate_columns)), h("tbody", {}, rows))) : h("p", { class: "mute", text: M.gate_none }));
  }

  function weak({ intents }) {
    const body = h("tbody");
    const row = (one) => h("tr", { "data-intent": one.intent },
      h("td", {}, link(one.intent)),
      h("td", { class: "number", text: String(one.n) }), h("td", { class: "number", text: share(one.accuracy) }), h("td", { class: "number", text: share(one.before) }),
      h("td", {}, Object.entries(one.taken_for).map(([name, n]) => `${called(name)} ${n}`).join("、"),
        one.right < one.n ? [" ", h("button", { type: "button", class: "quiet", text: say(M.of_intent, { label: called(one.intent) }), on: { click: () => only(one.intent) } })] : null));
    const more = h("button", { type: "button", text: say(M.intents_more, { n: intents.length }), hidden: intents.length <= WEAKEST, on: { click: () => draw(intents.length) } });
    const draw = (n) => {
      fill(body, intents.slice(0, n).map(row));
      more.hidden = n >= intents.length;
    };
    draw(WEAKEST);
    return h("section", { "aria-labelledby": "weak" }, h("h3", { id: "weak", text: M.intents }),
      scroll(h("table", { class: "weak", "aria-labelledby": "weak" }, head(Object.values(M.intents_columns)), body)), more);
  }

  function dialogues({ dialogues: all, totals }) {
    return h("section", { "aria-labelledby": "dialogues" }, h("h3", { id: "dialogues", text: totals.dialogues ? say(M.dialogues, { n: totals.dialogues }) : M.dialogues_none }), all.map(dialogue));
  }

  function dialogue(one) {
    const steps = one.steps.map((step) => {
      const bad = step.kind === "action" && step.actual !== step.expected;
      const expected = step.expected === "action_listen" ? M.nothing : step.expected ?? M.loop_end;
      return h("tr", { class: bad ? "wrong" : "" }, h("td", { class: "kind", text: M.kinds[step.kind] }), h("td", { class: "expected", text: expected }),
        h("td", { class: "actual", text: bad ? (step.actual === "action_listen" ? M.nothing : step.actual) : "" }));
    });
    return h("details", { class: "dialogue", open: one.change !== "still", "data-story": one.story },
      h("summary", {}, h("span", { class: `tag ${one.change}`, text: M.changes[one.change] }), " ", h("strong", { text: one.story || one.file }), " ", h("span", { class: "mute", text: one.path })),
      one.error ? h("p", { class: "wrong", text: say(M.cannot, one) }) : h("table", {}, head(Object.values(M.dialogue_columns)), h("tbody", {}, steps)),
      h("div", { class: "row" }, one.error ? null : h("button", { type: "button", text: M.accept, on: { click: () => accepted(one) } }),
        h("a", { href: editorOf({ path: one.path, key: `story:${one.story}` }), text: M.open })));
  }

  async function accept(one) {
    try {
      const { edits } = await ctx.api.post(`/studio/releases/${encodeURIComponent(id)}/accept`, { path: one.path, story: one.story });
      if (await save(ctx, edits, { title: say(M.accept_title, one), publish: false })) ctx.toast(M.accepted);
    } catch (problem) {
      ctx.toast(wrong(problem), { kind: "bad" });
    }
  }
}

// A table that may be wider than a phone: it is scrolled, with keys too.
const scroll = (table) => h("div", { class: "scroll", tabindex: "0", role: "group", "aria-labelledby": table.getAttribute("aria-labelledby") }, table);
const head = (names) => h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", text: name }))));
const cell = (name, content, kind = "") => h("td", { "data-name": name, class: kind }, content);
