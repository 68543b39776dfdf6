// A talk edited as a talk: the shopper says, the bot does, a slot is. Every part is offered from the domain; nothing has to be known by heart.
import { fill, h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { T } from "./words_stories.js";

const EMPTY = {
  shopper: () => ({ kind: "shopper", wishes: [{ intent: "" }], either: false }),
  bot: () => ({ kind: "bot", action: "" }),
  slot: (names) => ({ kind: "slot", slots: [{ name: names.parts.slots.find((one) => one.seen)?.name || "", value: null }] }),
  loop: (names) => ({ kind: "loop", name: names.parts.forms[0] ?? null }),
};

// The lists that the fields offer; once a page.
export function offers(names) {
  return h("div", { hidden: true },
    h("datalist", { id: "intents" }, names.parts.intents.map((one) => h("option", { value: one.name, label: one.title, text: one.title }))),
    h("datalist", { id: "actions" }, names.parts.actions.map((one) => h("option", { value: one.name, label: names.action(one.name), text: names.action(one.name) }))));
}

// An editor of `story` (as the API shows it). `changed()`: after every edit; `foretell(steps)` → a promise of what the bot would do next.
// → {host, value(), dirty(), focusStep(n), move(by)}
export function editor(story, names, { changed, foretell }) {
  const shown = structuredClone({ steps: story.steps, condition: story.condition || [], wait_for_user_input: story.wait_for_user_input !== false, conversation_start: Boolean(story.conversation_start) });
  const first = JSON.stringify(shown);
  let current = shown.steps.length - 1;
  const list = h("ol", { class: "steps", "aria-label": T.steps });
  const conditions = h("ol", { class: "steps", "aria-label": T.conditions });
  const hint = h("p", { class: "mute hint", role: "status" });
  const host = h("div", { class: "talk-editor" });

  const told = () => changed();

  function draw(focus = null) {
    fill(list, shown.steps.map((step, at) => row(step, at)));
    fill(conditions, shown.condition.map((step, at) => conditionRow(step, at)));
    if (focus !== null) focusStep(focus);
  }

  function focusStep(at) {
    list.children[at]?.querySelector("input, select")?.focus();
  }

  function row(step, at) {
    const n = at + 1;
    const item = h("li", { class: `step ${step.kind}`, "data-step": n, on: { focusin: () => select(at) } },
      h("span", { class: "who", text: T.says[step.kind] }),
      h("div", { class: "what" }, fields(step, n)),
      h("span", { class: "tools" },
        h("button", { type: "button", class: "quiet", "aria-label": say(T.up, { n }), text: "↑", disabled: at === 0, on: { click: () => move(at, -1) } }),
        h("button", { type: "button", class: "quiet", "aria-label": say(T.down, { n }), text: "↓", disabled: at === shown.steps.length - 1, on: { click: () => move(at, 1) } }),
        h("button", { type: "button", class: "quiet", "aria-label": say(T.drop, { n }), text: "×", on: { click: () => drop(at) } })));
    if (at === current) item.classList.add("current");
    return item;
  }

  function conditionRow(step, at) {
    const n = at + 1;
    return h("li", { class: `step ${step.kind}` }, h("span", { class: "who", text: T.says[step.kind] }), h("div", { class: "what" }, fields(step, n)),
      h("span", { class: "tools" }, h("button", { type: "button", class: "quiet", "aria-label": say(T.drop_condition, { n }), text: "×", on: { click: () => { shown.condition.splice(at, 1); draw(); told(); } } })));
  }

  function select(at) {
    current = at;
    for (const [place, item] of [...list.children].entries()) item.classList.toggle("current", place === at);
  }

  function move(at, by) {
    const to = at + by;
    if (to < 0 || to >= shown.steps.length) return;
    [shown.steps[at], shown.steps[to]] = [shown.steps[to], shown.steps[at]];
    current = to;
    draw(to);
    told();
  }

  function drop(at) {
    shown.steps.splice(at, 1);
    current = Math.min(at, shown.steps.length - 1);
    draw(current);
    told();
  }

  async function add(kind) {
    const at = current + 1;
    const step = EMPTY[kind](names);
    shown.steps.splice(at, 0, step);
    current = at;
    draw(at);
    told();
    hint.textContent = "";
    if (kind !== "bot") return;
    const action = await foretell(shown.steps.slice(0, at)).catch(() => undefined);
    if (action === undefined || shown.steps[at] !== step || step.action) return;
    if (action === null) hint.textContent = T.suggested_none;
    else if (action === "action_listen") hint.textContent = T.suggested_wait;
    else {
      step.action = action;
      hint.textContent = say(T.suggested, { action });
      draw(at);
      told();
    }
  }

  function fields(step, n) {
    if (step.kind === "shopper") return shopper(step, n);
    if (step.kind === "bot") return bot(step, n);
    if (step.kind === "slot") return step.slots.map((one) => slot(one, n));
    if (step.kind === "loop") return form(step, n);
    if (step.kind === "checkpoint") return h("input", { value: step.name, "aria-label": say(T.checkpoint, { n }), on: { input: (event) => { step.name = event.target.value; told(); } } });
    return [h("code", { text: JSON.stringify(step.data) }), h("p", { class: "mute", text: T.raw })];
  }

  function shopper(step, n) {
    const lines = step.wishes.map((wish, place) => {
      const title = h("span", { class: "mute title", text: wish.intent ? names.intents.get(wish.intent) || "" : "" });
      const field = h("input", { value: wish.intent || "", list: "intents", placeholder: T.says.shopper, autocomplete: "off", spellcheck: "false", "aria-label": say(T.intent, { n }), on: { input: () => {
        // A Chinese name is taken for the intent that is called so.
        const typed = field.value.trim();
        const named = [...names.intents].find(([, called]) => called === typed);
        wish.intent = named ? named[0] : typed;
        title.textContent = names.intents.get(wish.intent) || "";
        told();
      }, change: () => { field.value = wish.intent; } } });
      return h("div", { class: "wish" }, place ? h("span", { class: "mute", text: T.or }) : null, field, title,
        wish.user !== undefined ? h("input", { class: "grow", value: wish.user, "aria-label": say(T.user, { n }), on: { input: (event) => { wish.user = event.target.value; told(); } } }) : null,
        wish.entities?.length ? h("span", { class: "mute", text: say(T.entities, { names: wish.entities.map((one) => (typeof one === "string" ? one : Object.keys(one)[0])).join("、") }) }) : null,
        step.wishes.length > 1 ? h("button", { type: "button", class: "quiet", text: "×", "aria-label": say(T.remove_or, { n, name: wish.intent || "" }), on: { click: () => { step.wishes.splice(place, 1); draw(n - 1); told(); } } }) : null);
    });
    return [lines, h("button", { type: "button", class: "quiet small", text: T.add_or, "aria-label": say(T.add_or_label, { n }), on: { click: () => {
      step.wishes.push({ intent: "" });
      draw();
      list.children[n - 1]?.querySelectorAll("input")[step.wishes.length - 1]?.focus();
      told();
    } } })];
  }

  function bot(step, n) {
    const about = h("span", { class: "mute title", text: names.action(step.action) });
    return [h("input", { class: "wide", value: step.action, list: "actions", autocomplete: "off", spellcheck: "false", placeholder: T.says.bot, "aria-label": say(T.action, { n }), on: { input: (event) => {
      step.action = event.target.value.trim();
      about.textContent = names.action(step.action);
      told();
    } } }), about];
  }

  function slot(one, n) {
    const seen = names.parts.slots.filter((each) => each.seen || each.name === one.name).map((each) => each.name);
    if (one.name && !seen.includes(one.name)) seen.push(one.name);
    const select_name = h("select", { "aria-label": say(T.slot, { n }), value: one.name, on: { change: (event) => { one.name = event.target.value; one.value = null; delete one.named_only; draw(n - 1); told(); } } }, seen.map((name) => h("option", { value: name, text: name })));
    // The open question is told by the words that ask it.
    const about = h("span", { class: "mute title" });
    const tell = () => {
      about.textContent = names.asked(one) ? say(T.asked, { text: names.asked(one) }) : "";
    };
    tell();
    return [h("div", { class: "wish", on: { change: tell } }, select_name, h("span", { text: "=" }), value(one, n)), about];
  }

  function value(one, n) {
    const known = names.slots.get(one.name);
    const label = say(T.value, { n });
    const words = known?.type === "bool" ? [[true, T.yes], [false, T.no]] : known?.values.map((each) => [each, each]) || [];
    if (!words.length && one.named_only) return h("span", { class: "mute", text: T.named_only });
    if (!words.length) return h("input", { value: one.value ?? "", placeholder: T.no_value, "aria-label": label, on: { input: (event) => { one.value = event.target.value === "" ? null : event.target.value; told(); } } });
    if (one.value !== null && one.value !== undefined && !words.some(([each]) => each === one.value)) words.push([one.value, String(one.value)]);
    const options = [[null, T.no_value], ...(one.named_only ? [[undefined, T.named_only]] : []), ...words];
    const chosen = Math.max(0, options.findIndex(([each]) => (one.named_only ? each === undefined : each === one.value)));
    return h("select", { "aria-label": label, value: String(chosen), on: { change: (event) => {
      const [said] = options[Number(event.target.value)];
      if (said === undefined) return;
      delete one.named_only;
      one.value = said;
      told();
    } } }, options.map(([, text], place) => h("option", { value: String(place), text })));
  }

  function form(step, n) {
    const all = [...names.parts.forms, ...(step.name && !names.parts.forms.includes(step.name) ? [step.name] : [])];
    return h("select", { "aria-label": say(T.form, { n }), value: step.name ?? "", on: { change: (event) => { step.name = event.target.value || null; told(); } } },
      h("option", { value: "", text: T.form_ends }), all.map((name) => h("option", { value: name, text: say(T.form_fill, { name }) })));
  }

  const tick = (name, label, flipped) => h("label", { class: "tick" }, h("input", { type: "checkbox", checked: shown[name] !== flipped, on: { change: (event) => { shown[name] = event.target.checked !== flipped; told(); } } }), label);
  const extra = story.kind !== "rule" ? null : h("details", { open: Boolean(shown.condition.length || !shown.wait_for_user_input || shown.conversation_start) },
    h("summary", { text: T.options }),
    h("h3", { text: T.conditions }), conditions,
    h("div", { class: "row" }, ["slot", "loop"].map((kind) => h("button", { type: "button", text: T.add_condition[kind], on: { click: () => { shown.condition.push(EMPTY[kind](names)); draw(); told(); } } }))),
    tick("wait_for_user_input", T.no_wait, true), tick("conversation_start", T.at_start, false));
  fill(host, list,
    h("div", { class: "row adding", role: "group", "aria-label": T.add_where }, ["shopper", "bot", "slot", "loop"].map((kind) => h("button", { type: "button", text: T.add[kind], on: { click: () => add(kind) } }))),
    hint, extra);
  draw();
  return {
    host,
    value: () => structuredClone(shown),
    dirty: () => JSON.stringify(shown) !== first,
    focusStep,
    move: (by) => move(current, by),
    // The step does what the bot does now (a failing test that is right after all).
    accept(at, action) {
      shown.steps[at] = { kind: "bot", action };
      draw(at);
      told();
    },
  };
}
