// Steps of a talk in words, and the two paths of a contradiction side by side.
import { h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { T } from "./words_stories.js";

// What the editor knows of names: titles of intents, texts of responses, after which intents an action comes.
export class Names {
  constructor(parts) {
    this.parts = parts;
    this.intents = new Map(parts.intents.map((one) => [one.name, one.title]));
    this.actions = new Map(parts.actions.map((one) => [one.name, one]));
    this.slots = new Map(parts.slots.map((one) => [one.name, one]));
  }

  // What staff call an intent.
  intent(name) {
    return this.intents.get(name) || name;
  }

  // The words that leave this question open, when the slot holds one.
  asked(slot) {
    return this.slots.get(slot.name)?.asked?.[slot.value] || "";
  }

  // What an action does, as far as it is known: a response's words, else after which intents it comes.
  action(name) {
    const one = this.actions.get(name);
    if (!one) return "";
    if (one.text) return one.text;
    return one.after.length ? say(T.after, { names: one.after.map((each) => this.intent(each)).join("、") }) : "";
  }
}

const valued = (slot) => (slot.named_only ? T.named_only : slot.value === null ? T.no_value : slot.value === true ? T.yes : slot.value === false ? T.no : String(slot.value));

// One step in words.
export function inWords(step, names) {
  if (step.kind === "shopper") return step.wishes.map((one) => (one.intent ? names.intent(one.intent) : one.user)).join(` ${T.or} `);
  if (step.kind === "bot") return step.action;
  if (step.kind === "slot") return step.slots.map((one) => `${one.name} = ${valued(one)}`).join("，");
  if (step.kind === "loop") return step.name === null ? T.form_ends : say(T.form_fill, step);
  if (step.kind === "checkpoint") return step.name;
  if (step.kind === "condition") return step.steps.map((one) => inWords(one, names)).join("，");
  return JSON.stringify(step.data);
}

// What is done at a step, for the sentence that compares two: null is a fallback.
export const doing = (action) => (action === "action_listen" ? T.waits : action === null || action === "action_default_fallback" ? T.falls : `「${action}」`);

// The address of a talk on this page.
export const address = (one) => `/studio/stories?${new URLSearchParams({ path: one.path, key: one.key })}`;

// A contradiction: both paths as columns, the step where they part marked in each. `open(path)`: shows a talk.
export function pathsView(one, names, open) {
  const columns = [one.here, ...one.there.slice(0, 2)];
  return h("section", { class: `clash ${one.refused || one.sort === "stories" ? "hard" : ""}`, "data-sort": one.sort },
    h("p", {}, h("span", { class: `tag ${one.refused ? "bad" : "warn"}`, text: one.refused ? T.refused : T.never }), " ", one.what),
    h("p", { class: "mute", text: say(T.remedy, one) }),
    h("div", { class: "paths" }, columns.map((path, place) => column(path, place ? T.path_there : T.path_here, names, open))));
}

function column(path, title, names, open) {
  const steps = path.steps.map((step, at) => line(step, at, names, at === path.step));
  // A path that waits parts behind its last step.
  if (path.step >= path.steps.length) steps.push(h("li", { class: "parts", "data-parts": "yes" }, h("b", { text: T.waits }), mark()));
  return h("div", { class: "path" },
    h("h3", {}, h("span", { class: "mute", text: `${title} · ${T.kinds[path.kind]}` }), " ",
      h("a", { href: address(path), text: path.name, "aria-label": say(T.open_path, path), on: { click: (event) => { event.preventDefault(); open(path); } } })),
    h("ol", {}, steps));
}

const mark = () => h("span", { class: "tag bad", text: T.parts_at });

function line(step, at, names, parts) {
  return h("li", { class: `${step.kind}${parts ? " parts" : ""}`, "data-parts": parts ? "yes" : null },
    h("span", { class: "who", text: T.says[step.kind] }), " ", h("span", { text: inWords(step, names) }), parts ? mark() : null);
}
