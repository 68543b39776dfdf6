// One suggested reply: its words, where they come from, and how sure the assistant is.
import { h } from "./dom.js";
import { GAP } from "./editor.js";
import { say } from "./words.js";

const LONGEST_ABOUT = 60;

// `one` as the API says it; `text` in the tone that is chosen; `act`: {send, edit, locked}.
export function card(one, place, text, S, act) {
  const number = place + 1;
  const gaps = gapsOf(text);
  return h(
    "li",
    { class: "offer", "data-place": place },
    h("kbd", { class: "number", text: number, "aria-hidden": "true" }),
    h(
      "div",
      { class: "grow" },
      one.image ? h("img", { class: "thumb", src: one.image, alt: S.picture, loading: "lazy" }) : null,
      h("p", { class: "words", id: `offer-${place}` }, gaps.length ? marked(text) : text),
      h("p", { class: "origin mute" }, origin(one, S).map((part) => h("span", { text: part, title: part }))),
    ),
    h(
      "div",
      { class: "acts" },
      gaps.length ? null : h("button", { type: "button", class: "primary", "aria-describedby": `offer-${place}`, "aria-label": say(S.send_number, { number }), text: S.send, disabled: act.locked, on: { click: act.send } }),
      h("button", { type: "button", "aria-describedby": `offer-${place}`, "aria-label": say(S.edit_number, { number }), title: `Shift+${number}`, text: S.edit, on: { click: act.edit } }),
    ),
  );
}

// What is still missing in a text, as it stands there: ["{工单号}"].
export const gapsOf = (text) => text.match(GAP) || [];

function marked(text) {
  const gaps = gapsOf(text);
  return text.split(GAP).flatMap((part, place) => (place < gaps.length ? [part, h("mark", { class: "gap", text: gaps[place] })] : [part]));
}

// The share of confidence, the script, the decision row and its source in the handbook, as far as there are any.
function origin(one, S) {
  const row = one.table && one.row ? say(S.row, one) : "";
  const share = typeof one.confidence === "number" ? say(S.confidence, { share: Math.round(one.confidence * 100) }) : "";
  return [share, one.script && say(S.script, one), row, one.source].filter(Boolean);
}

// The message that is answered, in a few words.
export function sourceLine(message, S) {
  const text = message.text || (message.attachments?.length ? S.picture : S.no_words);
  return text.length > LONGEST_ABOUT ? `${text.slice(0, LONGEST_ABOUT)}…` : text;
}
