// What the parts of the page of intents share: proposals that become saves, choosing an intent, and forms in a dialog.
import { fill, h } from "../desk/dom.js";
import { wrong } from "../desk/frame.js";
import { held, once } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { findingsView } from "./diff.js";
import { save } from "./save.js";
import { I } from "./words_intents.js";

// What went wrong in the words of this page, else in those of all.
export function told(problem) {
  const known = I.problems[problem?.kind];
  return known ? say(known, problem.body) : wrong(problem);
}

// Asks the server for the edits of an operation, shows what it says of them, and saves them. Resolves to the commit, or null. The page is
// drawn anew afterwards: what somebody changed on it in between would be lost, so nothing can be. `tell(text)`: where a refusal is said.
export const keep = held(async (ctx, path, body, { title, reason, tell = (text) => ctx.toast(text, { kind: "bad" }) }) => {
  let proposal;
  try {
    proposal = await ctx.api.post(path, body);
  } catch (problem) {
    const found = problem.body?.findings;
    if (found?.length) await ctx.ask(I.refused, fill(h("div"), findingsView(found)), [{ name: "no", label: I.understood, kind: "primary" }]);
    else tell(told(problem));
    return null;
  }
  return save(ctx, proposal.edits, { title: title || reason, reason, publish: false, findings: proposal.findings });
});

// A field with a choice of all intents: by Chinese name or identifier. `value()` is the identifier, or null.
let lists = 0;
export function picker(intents, { value = "", label, except = [] } = {}) {
  const id = `intents-${++lists}`;
  const shown = intents.filter((one) => one.known && !except.includes(one.intent));
  const title = (one) => `${one.name}（${one.intent}）`;
  const start = intents.find((one) => one.intent === value);
  const field = h("input", { type: "text", list: id, autocomplete: "off", "aria-label": label, value: start ? title(start) : "", maxlength: "120" });
  const list = h("datalist", { id }, shown.map((one) => h("option", { value: title(one) })));
  return {
    node: h("span", { class: "picker" }, field, list),
    field,
    value() {
      const said = field.value.trim();
      const found = shown.find((one) => title(one) === said || one.intent === said || one.name === said);
      return found ? found.intent : null;
    },
  };
}

// A form in a dialog that stays until it is right or left. `check()` says what is missing (an empty text: nothing). `deed(tell)`: what is
// done then; where it comes to nothing (refused, or the save was left) the form stands again as it was filled in. Resolves to what the
// deed came to, or false.
export async function form(ctx, title, content, label, check, deed = () => true) {
  const note = h("p", { class: "wrong", role: "alert" });
  const whole = h("form", { class: "intent-form", on: { submit: (event) => event.preventDefault() } }, content, note);
  for (;;) {
    const answer = ctx.ask(title, whole, [{ name: "yes", label, kind: "primary" }, { name: "no", label: I.cancel }]);
    whole.closest("dialog")?.classList.add("wide");
    if ((await answer) !== "yes") return false;
    note.textContent = check();
    if (note.textContent) continue;
    const done = await deed((text) => { note.textContent = text; });
    if (done) return done;
  }
}

export const labelled = (text, field) => h("label", {}, h("span", { text }), field);

export const lines = (field) => field.value.split("\n").map((one) => one.trim()).filter(Boolean);

// A deed pressed twice is done once: most ask the server something before their dialog opens.
export const button = (text, fn, kind = "", more = {}) => h("button", { type: "button", class: kind, text, on: { click: once(() => fn()) }, ...more });

export const percent = (share) => `${Math.round(share * 100)}%`;
