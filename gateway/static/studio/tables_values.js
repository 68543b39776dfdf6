// Conditions and answers of a row in words, and the forms in which they are changed.
import { fill, h, typed } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { T } from "./words_tables.js";

const WAIT = 200;

const isRef = (value) => value !== null && typeof value === "object" && "parameter" in value;
const titleOf = (words, word) => words.find((one) => one.word === String(word))?.title ?? String(word);

// What a table knows of names: `table` is the API's view.
export function names(table) {
  const parameters = new Map([...table.numbers, ...table.parameters].map((one) => [one.name, one.title]));
  const values = new Map(table.parameters.map((one) => [one.name, one.default]));
  const spoken = (value) => (isRef(value) ? `${parameters.get(value.parameter) || value.parameter}${values.has(value.parameter) ? `(${values.get(value.parameter) ?? T.nothing})` : ""}` : String(value));
  return {
    // A condition of an input: "" is any.
    condition(input, value) {
      if (value === undefined || value === "any") return "";
      if (input.words) {
        const list = Array.isArray(value) ? value : [value];
        const others = input.words.filter((one) => !list.includes(one.word));
        if (list.length > 3 && others.length && others.length < list.length / 2) return say(T.except, { words: others.map((one) => one.title).join("、") });
        return list.map((word) => titleOf(input.words, word)).join("、");
      }
      return tests(value).map(([test, bound]) => `${T.tests[test]}${spoken(bound)}`).join(" ");
    },
    // An answer of an output; undefined: its default.
    answer(output, value) {
      if (value === undefined) return "";
      if (value === null) return T.nothing;
      if (isRef(value)) return spoken(value);
      return titleOf(output.words, value);
    },
    // Some facts: 原因＝质量问题，…
    facts(facts) {
      const inputs = new Map(table.inputs.map((one) => [one.name, one]));
      return Object.entries(facts).map(([name, value]) => `${inputs.get(name)?.title || name}＝${inputs.get(name)?.words ? titleOf(inputs.get(name).words, value) : value}`).join("，");
    },
    field: (name) => [...table.inputs, ...table.outputs].find((one) => one.name === name)?.title || name,
  };
}

// The comparisons of a number's condition as [test, bound] pairs.
function tests(value) {
  if (typeof value === "number" || isRef(value)) return [["equals", value]];
  return Object.entries(value || {}).flatMap(([test, bound]) => (test === "between" ? [["at_least", bound[0]], ["at_most", bound[1]]] : [[test, bound]]));
}

// The form of an input's condition: {node, read}; `read()` is the new value, undefined for any, and throws Error with what is wrong.
export function conditionForm(table, input, value) {
  return input.words ? wordsForm(input, value) : numberForm(table, value);
}

function wordsForm(input, value) {
  const chosen = value === undefined || value === "any" ? [] : [value].flat();
  const boxes = input.words.map((one) => h("input", { type: "checkbox", value: one.word, checked: chosen.includes(one.word) }));
  const all = (on) => boxes.forEach((box) => (box.checked = on));
  const node = h("div", {},
    h("p", { class: "mute", text: T.choose_words }),
    h("div", { class: "words" }, input.words.map((one, at) => h("label", { class: "check" }, boxes[at], one.title, h("span", { class: "id", text: one.word })))),
    h("div", { class: "row" }, h("button", { type: "button", text: T.choose_none, on: { click: () => all(false) } }), h("button", { type: "button", text: T.choose_all, on: { click: () => all(true) } })));
  const read = () => {
    const list = boxes.filter((box) => box.checked).map((box) => box.value);
    if (!list.length || list.length === boxes.length) return undefined;
    return list.length === 1 ? list[0] : list;
  };
  return { node, read };
}

function numberForm(table, value) {
  const lines = h("div", {});
  const add = (test = "at_most", bound = "") => {
    const select = h("select", { name: "test", "aria-label": T.test }, Object.entries(T.tests_said).map(([name, text]) => h("option", { value: name, text: `${text} ${T.tests[name]}` })));
    select.value = test;
    const number = h("input", { name: "bound", inputmode: "numeric", "aria-label": T.number_value, value: isRef(bound) ? "" : String(bound) });
    const parameter = h("select", { name: "parameter", "aria-label": T.number_parameter }, h("option", { value: "", text: T.number_own }), table.numbers.map((one) => h("option", { value: one.name, text: one.title })));
    parameter.value = isRef(bound) ? bound.parameter : "";
    const shown = () => (number.disabled = Boolean(parameter.value));
    parameter.addEventListener("change", shown);
    shown();
    const line = h("div", { class: "row test" }, select, number, parameter, h("button", { type: "button", class: "quiet", "aria-label": T.example_remove, text: "×", on: { click: () => line.remove() } }));
    lines.append(line);
  };
  if (value !== undefined && value !== "any") tests(value).forEach(([test, bound]) => add(test, bound));
  const node = h("div", {}, lines, h("button", { type: "button", text: T.number_add, on: { click: () => add() } }), h("p", { class: "mute", text: T.number_none }));
  const read = () => {
    const found = {};
    for (const line of lines.children) {
      const parameter = line.querySelector("[name=parameter]").value;
      const text = line.querySelector("[name=bound]").value.trim();
      if (!parameter && !/^-?\d+$/.test(text)) throw new Error(T.bad_number);
      const test = line.querySelector("[name=test]").value;
      if (test in found) throw new Error(T.test_twice);
      found[test] = parameter ? { parameter } : Number(text);
    }
    if ("equals" in found && Object.keys(found).length > 1) throw new Error(T.test_twice);
    if (!Object.keys(found).length) return undefined;
    if ("equals" in found) return found.equals;
    return found;
  };
  return { node, read };
}

// The form of an output: {node, read}; `read()` is the new value, undefined for the default.
export function answerForm(ctx, table, output, value, says) {
  if (output.kind === "response" || output.responses.length || looksLikeResponse(value)) return responseForm(ctx, output, value, says);
  const known = names(table);
  const options = [];
  if (!output.required) options.push(["default", say(T.default_value, { value: known.answer(output, output.default) || T.nothing }), undefined]);
  if (output.kind === "money" || output.kind === "int") options.push(["none", T.no_value, null]);
  for (const one of output.words) options.push([`word:${one.word}`, one.title === one.word ? one.word : `${one.title} ${one.word}`, one.word]);
  for (const one of table.numbers) if (output.kind === "money" || output.kind === "int") options.push([`parameter:${one.name}`, say(T.by_parameter, { title: one.title }), { parameter: one.name }]);
  const written = output.kind !== "words";
  if (written) options.push(["written", T.value, null]);
  if (isRef(value) && !options.some(([name]) => name === `parameter:${value.parameter}`)) options.push([`parameter:${value.parameter}`, say(T.by_parameter, { title: value.parameter }), value]);
  const now = options.find(([name, , one]) => name !== "written" && JSON.stringify(one) === JSON.stringify(value))?.[0] || (written ? "written" : options[0][0]);
  const select = h("select", { "aria-label": output.title }, options.map(([name, text]) => h("option", { value: name, text })));
  select.value = now;
  const field = h("input", { "aria-label": T.value, value: now === "written" && value !== undefined && value !== null ? String(value) : "" });
  const shown = () => (field.hidden = select.value !== "written");
  select.addEventListener("change", shown);
  shown();
  const read = () => {
    if (select.value !== "written") return options.find(([name]) => name === select.value)[2];
    const text = field.value.trim();
    if (output.kind === "text") return text;
    if (!/^-?\d+(\.\d+)?$/.test(text) || (output.kind === "int" && text.includes("."))) throw new Error(T.bad_number);
    return Number(text);
  };
  return { node: h("div", {}, h("label", {}, h("span", { text: output.title }), select), field), read };
}

const looksLikeResponse = (value) => typeof value === "string" && value.startsWith("utter_");

// A response is found by its name or its words; outputs that allow only some offer those.
function responseForm(ctx, output, value, says) {
  let chosen = value;
  const now = h("p", { class: "saying" });
  const list = h("ul", { class: "found", "aria-label": output.title });
  const search = h("input", { type: "search", "aria-label": T.response_search, placeholder: T.response_search });
  typed(search, WAIT, () => void look());
  const show = () => fill(now, T.response_now, h("b", { text: chosen === undefined ? say(T.default_value, { value: String(output.default ?? "") }) : String(chosen) }), " ", says[chosen] || "");
  const item = (name, text) =>
    h("li", {}, h("button", { type: "button", class: "quiet", "aria-pressed": String(name === chosen), on: { click: () => { chosen = name; says[name] ??= text; show(); for (const one of list.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset.name === name)); } }, "data-name": name }, h("b", { text: name }), " ", text || ""));
  let asked = 0;
  async function look() {
    const wanted = search.value.trim().toLowerCase();
    const fixed = [...output.words.map((one) => [one.word, one.title]), ...output.responses.map((name) => [name, says[name] || ""])];
    if (output.kind !== "response") {
      fill(list, fixed.filter(([name, text]) => !wanted || `${name} ${text}`.toLowerCase().includes(wanted)).map(([name, text]) => item(name, text)));
      return;
    }
    const turn = ++asked;
    const found = await ctx.api.get("/studio/says", { q: wanted, limit: 30 });
    if (turn !== asked) return;
    fill(list, found.says.map((one) => item(one.name, one.text)), found.says.length ? null : h("li", { class: "mute", text: T.response_none }), found.total > found.says.length ? h("li", { class: "mute", text: say(T.more_found, { n: found.total - found.says.length }) }) : null);
  }
  show();
  void look();
  return { node: h("div", {}, now, search, list), read: () => chosen };
}

// Facts of a case: one field an input, empty for what is not known. `read()` is the facts.
export function factsForm(table, facts, changed = () => {}) {
  const fields = table.inputs.map((input) => {
    const control = input.words
      ? h("select", { name: input.name }, h("option", { value: "", text: T.not_known }), input.words.map((one) => h("option", { value: one.word, text: one.title })))
      : h("input", { name: input.name, inputmode: "numeric", placeholder: T.not_known });
    control.value = facts[input.name] ?? "";
    control.addEventListener("change", changed);
    return [input, control];
  });
  const node = h("div", { class: "facts" }, fields.map(([input, control]) => h("label", {}, h("span", { text: input.title, title: input.name }), control)));
  const read = () => {
    const found = {};
    for (const [input, control] of fields) {
      const text = control.value.trim();
      if (!text) continue;
      if (!input.words && !/^-?\d+$/.test(text)) throw new Error(`${input.title}：${T.bad_number}`);
      found[input.name] = input.words ? text : Number(text);
    }
    return found;
  };
  const set = (next) => fields.forEach(([input, control]) => (control.value = next[input.name] ?? ""));
  return { node, read, set };
}
