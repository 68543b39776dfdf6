// One way to say a response: words with values, buttons, when it is said, and below it what a shopper would read.
import { fill, h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { findingsView } from "./diff.js";
import { R } from "./words_responses.js";

let made = 0;

// `variation`: plain data as in the file; what this form does not know stays as it is. Returns {node, value, number, mine, show, focus}.
export function variationForm(variation, place, words, { changed, remove }) {
  const kept = structuredClone(variation);
  const id = `variation-${++made}`;
  const legend = h("legend");
  const text = h("textarea", { value: String(variation.text ?? "").trim(), rows: "3", maxlength: "4000", spellcheck: "false", "aria-label": R.text, on: { input: edited } });
  const values = h("select", { "aria-label": R.insert, on: { change: insert } }, h("option", { value: "", text: R.insert_none }),
    [...words.values].sort((one, other) => other.used - one.used).map((one) => h("option", { value: one.name, text: `${one.label} {${one.name}}` })));
  const buttons = h("div", { class: "buttons" });
  const intents = h("datalist", { id: `${id}-intents` }, words.intents.map((one) => h("option", { value: `/${one.name}`, label: one.label })));
  const conditions = words.conditions.map((one) => ({
    name: one.name,
    select: h("select", { "aria-label": one.label, on: { change: edited } }, h("option", { value: "", text: `${one.label}：${R.always}` }), Object.entries(one.values).map(([value, label]) => h("option", { value, text: `${one.label}：${label}` }))),
  }));
  const date = (name, label) => {
    const value = String(variation[name] ?? "");
    // An instant stays what it is; a date picker would lose its hour.
    return h("label", {}, h("span", { text: label }), h("input", { name, type: value && value.length !== 10 ? "text" : "date", value, on: { input: edited } }));
  };
  const from = date("valid_from", R.from);
  const to = date("valid_to", R.to);
  const metadata = variation.metadata && typeof variation.metadata === "object" ? variation.metadata : {};
  const script = h("input", { name: "script", value: metadata.script ?? "", maxlength: "80", on: { input: edited } });
  const source = h("input", { name: "source", value: metadata.source ?? metadata.why ?? "", maxlength: "300", on: { input: edited } });
  const others = (Array.isArray(variation.condition) ? variation.condition : []).filter((one) => !conditions.some((each) => each.name === one?.name));
  const seen = h("div", { class: "seen", "aria-live": "polite" });
  const found = h("div");
  const drop = h("button", { type: "button", class: "quiet", text: R.remove_variation, on: { click: remove } });
  for (const one of Array.isArray(variation.condition) ? variation.condition : []) {
    const known = conditions.find((each) => each.name === one?.name);
    if (known) known.select.value = String(one.value);
  }
  for (const one of Array.isArray(variation.buttons) ? variation.buttons : []) button(one);

  const node = h("fieldset", { class: "variation" }, legend,
    h("div", { class: "words-and-seen" },
      h("div", {}, h("label", {}, h("span", { text: R.text }), text), h("div", { class: "row" }, values)),
      seen),
    found,
    h("details", { open: Boolean(variation.buttons?.length) }, h("summary", { text: R.buttons }), buttons, intents,
      h("button", { type: "button", text: R.add_button, on: { click: () => button({ title: "", payload: "/" }).querySelector("input").focus() } })),
    h("details", { open: Boolean(variation.condition || variation.valid_from || variation.valid_to) }, h("summary", { text: R.conditions }),
      h("div", { class: "row" }, conditions.map((one) => one.select), others.map((one) => h("span", { class: "tag", text: say(R.other_condition, one) })), from, to)),
    h("details", { open: !metadata.script }, h("summary", { text: `${R.script}、${R.source}` }),
      h("div", { class: "row" }, h("label", {}, h("span", { text: R.script }), script), h("label", { class: "grow" }, h("span", { text: R.source }), source))),
    h("div", { class: "row end" }, drop));

  function edited() {
    changed();
  }

  function insert() {
    if (!values.value) return;
    const written = `{${values.value}}`;
    text.setRangeText(written, text.selectionStart, text.selectionEnd, "end");
    values.value = "";
    text.focus();
    edited();
  }

  function button(one) {
    const title = h("input", { value: one.title ?? "", maxlength: "40", "aria-label": R.button_title, placeholder: R.button_title, on: { input: edited } });
    const payload = h("input", { value: one.payload ?? "", maxlength: "300", list: `${id}-intents`, "aria-label": R.button_payload, placeholder: R.button_payload, spellcheck: "false", on: { input: edited } });
    const line = h("div", { class: "row button-line" }, title, payload,
      h("button", { type: "button", class: "quiet", "aria-label": say(R.remove_button, { title: one.title || "" }), text: "×", on: { click: () => { line.remove(); edited(); } } }));
    line.read = () => ({ ...one, title: title.value.trim(), payload: payload.value.trim() });
    buttons.append(line);
    return line;
  }

  // The variation as it shall be written: what did not change is exactly what it was.
  function value() {
    const next = { ...kept };
    const words_now = text.value.replace(/\r\n/g, "\n").trim();
    put(next, "text", words_now === String(kept.text ?? "").trim() ? kept.text : words_now);
    const lines = [...buttons.children].map((line) => line.read());
    put(next, "buttons", lines.length ? lines : undefined);
    const chosen = conditions.filter((one) => one.select.value).map((one) => {
      const before = (Array.isArray(kept.condition) ? kept.condition : []).find((each) => each?.name === one.name && String(each.value) === one.select.value);
      return before || { type: "slot", name: one.name, value: one.select.value };
    });
    const all = [...chosen, ...others];
    put(next, "condition", all.length ? all : undefined);
    for (const label of [from, to]) put(next, label.lastChild.name, label.lastChild.value.trim() || undefined);
    put(next, "metadata", about());
    return next;
  }

  function about() {
    const next = { ...metadata };
    put(next, "script", script.value.trim() || undefined);
    // A wording of no script says why it has none.
    const told = "source" in metadata || !("why" in metadata) ? "source" : "why";
    put(next, told, source.value.trim() || undefined);
    if (next.script === "none" && !next.why) put(next, "why", next.source);
    return next;
  }

  return {
    node,
    value,
    number(at, of) {
      legend.textContent = say(R.variation, { n: at });
      drop.hidden = of < 2;
      place = at;
    },
    mine: (finding, at) => finding.what.startsWith(`第${at}种说法`) || (at === 1 && place === 1 && !/^第\d+种说法/.test(finding.what) && ["style", "wording", "wording-filled", "too-long", "unknown-value", "braces", "deed", "emoji", "empty"].includes(finding.code)),
    show(preview, findings) {
      fill(found, findingsView(findings));
      if (!preview) {
        fill(seen);
        return;
      }
      fill(seen,
        h("p", { class: preview.speaks ? "good" : "mute", text: preview.speaks ? R.speaks : preview.missing.length ? say(R.missing, { values: preview.missing.join("、") }) : R.silent[preview.when] }),
        preview.bubbles.map((bubble) => h("p", { class: "bubble", text: bubble })),
        preview.titles.length ? h("p", { class: "row" }, preview.titles.map((title) => h("span", { class: "tag", text: title }))) : null);
    },
    focus: () => text.focus(),
  };
}

function put(target, key, value) {
  if (value === undefined || value === null) delete target[key];
  else target[key] = value;
}
