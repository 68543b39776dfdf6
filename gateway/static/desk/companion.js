// The companion: a narrow page beside another chat (千牛 and its like). Paste the shopper's words, press a number, paste the reply there.
import { Problem } from "./api.js";
import { fill, h } from "./dom.js";
import { begin } from "./frame.js";
import { composing } from "./keys.js";
import { say } from "./words.js";

// So long after the last letter the words count as written (milliseconds).
const PAUSE = 350;
// What chat programs put in front of copied words: a name and a time on a line of their own.
const HEADER = /^.{0,60}\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?\s+\d{1,2}:\d{2}(:\d{2})?\s*[)）\]】]?\s*[:：]?$/;

const ctx = await begin("companion", { live: false });
const C = ctx.words.companion;

const words = h("textarea", { id: "companion-words", rows: "3", maxlength: "1000", placeholder: C.words_hint });
const order = h("input", { id: "companion-order", maxlength: "64", autocomplete: "off", inputmode: "text", spellcheck: "false", "aria-describedby": "companion-about" });
const keep = h("input", { type: "checkbox" });
const about = h("p", { id: "companion-about", class: "companion-about mute", role: "status" });
const status = h("p", { class: "companion-status", role: "status", "aria-live": "polite" });
const found = h("ol", { id: "companion-found", tabindex: "-1", "aria-label": C.list });

let asked = 0; // number of the newest question: an older one's answer is none
let timer = 0;
let shown = []; // suggestions on the page
let mentioned = null; // an order that the words name
let answered = false; // one was copied: what is pasted next is a new question

fill(
  document.querySelector("#main"),
  h("label", {}, h("span", { text: C.words }), words),
  h("div", { class: "companion-order" }, h("label", {}, h("span", { text: C.order }), order), h("button", { type: "button", text: C.next, on: { click: next } })),
  h("label", { class: "companion-keep" }, keep, C.keep),
  about,
  status,
  found,
  h("p", { class: "companion-hint", text: C.hint }),
);
document.body.dataset.ready = "yes";
words.focus();

// What stood above the words in the other chat is none of them.
export function plain(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const said = lines.filter((line) => !HEADER.test(line.trim()));
  return (said.some((line) => line.trim()) ? said : lines).join("\n").trim();
}

function next() {
  clearTimeout(timer);
  asked += 1;
  words.value = order.value = "";
  keep.checked = answered = false;
  forget();
  fill(status);
  words.focus();
}

function forget() {
  shown = [];
  mentioned = null;
  fill(found);
  fill(about);
  order.removeAttribute("aria-invalid");
}

// Ask for what stands in the fields. Only the newest question's answer is shown.
async function ask() {
  clearTimeout(timer);
  const text = words.value.trim();
  const number = (asked += 1);
  answered = false;
  // A digit that is pressed too early copies nothing: the replies before were somebody else's.
  forget();
  fill(status, text ? C.asking : "");
  if (!text) return;
  let unknown = false;
  try {
    let offer;
    try {
      offer = await ctx.api.post("/companion/suggestions", { text, order_id: order.value.trim() || null });
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.kind !== "order") throw problem;
      unknown = true;
      offer = await ctx.api.post("/companion/suggestions", { text });
    }
    if (number === asked) show(offer, unknown);
  } catch (problem) {
    if (number !== asked) return;
    fill(status, h("span", { class: "bad", text: ctx.wrong(problem) }));
  }
}

function show(offer, unknown) {
  shown = offer.suggestions;
  mentioned = offer.mentioned[0] || null;
  order.toggleAttribute("aria-invalid", false);
  if (unknown) order.setAttribute("aria-invalid", "true");
  fill(
    about,
    unknown ? h("span", { class: "bad", text: C.unknown_order }) : offer.order ? say(C.about, offer.order) : null,
    mentioned ? [" ", say(C.mentioned, mentioned), " ", h("button", { type: "button", text: C.use_order, on: { click: useMentioned } })] : null,
  );
  fill(status, shown.length ? say(C.found, { count: shown.length }) : C.none[offer.reason] || C.none.error);
  fill(found, shown.map((one, place) => card(one, place)));
}

function card(one, place) {
  const share = one.confidence === null ? null : say(C.share, { share: Math.round(one.confidence * 100) });
  const button = h("button", { type: "button", on: { click: () => copy(place) } }, h("kbd", { text: String(place + 1) }), h("span", { class: "said" }, withGaps(spoken(one))));
  const from = [one.script, one.row, one.source, share].filter(Boolean).map((text) => h("span", { class: "tag", text }));
  const picture = one.image ? h("a", { href: one.image, target: "_blank", rel: "noreferrer noopener" }, h("img", { src: one.image, alt: C.image })) : null;
  return h("li", {}, button, h("div", { class: "from" }, from, picture));
}

// A value that only a deed gives is a gap to be seen: 【缺工单号】.
const named = (gap) => C.gaps[gap] || gap;
const withGaps = (text) => text.split(/\{(\w+)\}/).map((part, place) => (place % 2 ? h("mark", { text: `【${C.gap}${named(part)}】` }) : part));

// Bubbles stand apart in our own window; in one message of another chat an empty line between them only takes room.
const spoken = (one) => one.text.replace(/\n{2,}/g, "\n").trim();

async function copy(place) {
  const one = shown[place];
  if (!one) return false;
  if (one.missing.length) {
    fill(status, h("span", { class: "warn", text: say(C.has_gap, { place: place + 1, names: one.missing.map(named).join("、") }) }));
    return true;
  }
  const button = found.querySelectorAll("li > button")[place];
  if (await put(spoken(one))) {
    for (const other of found.querySelectorAll(".copied")) other.classList.remove("copied");
    button.classList.add("copied");
    fill(status, h("span", { class: "good", text: say(one.image ? C.copied_image : C.copied, { place: place + 1 }) }));
    answered = true;
  } else {
    getSelection().selectAllChildren(button.querySelector(".said"));
    fill(status, h("span", { class: "warn", text: C.not_copied }));
  }
  return true;
}

// Into the clipboard; without TLS browsers offer only the old way.
async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const before = document.activeElement;
    const field = h("textarea", { class: "hidden-text", readOnly: true, value: text, "aria-hidden": "true" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus?.();
    return done;
  }
}

function useMentioned() {
  if (!mentioned) return false;
  order.value = mentioned.id;
  found.focus();
  void ask();
  return true;
}

// Words that come in from elsewhere are a new question, unless they are put into words that are being written.
document.addEventListener("paste", (event) => {
  if (event.target === order || document.querySelector("dialog[open]")) return;
  const text = plain(event.clipboardData?.getData("text/plain") || "");
  if (!text) return;
  event.preventDefault();
  if (event.target === words && words.value.trim() && !answered) {
    words.setRangeText(text, words.selectionStart, words.selectionEnd, "end");
  } else {
    // A reply is never filled in with the order of the shopper before.
    if (words.value.trim() && !keep.checked) order.value = "";
    words.value = text.slice(0, words.maxLength);
  }
  found.focus();
  void ask();
});
words.addEventListener("input", (event) => {
  clearTimeout(timer);
  if (!event.isComposing) timer = setTimeout(ask, PAUSE);
});
words.addEventListener("compositionend", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});
for (const field of [words, order]) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
    event.preventDefault();
    // Leaving the order's field asks by itself when it was changed.
    found.focus();
    if (field === words) void ask();
  });
}
order.addEventListener("change", () => words.value.trim() && void ask());

for (const place of [0, 1, 2, 3]) {
  const label = say(C.keys.copy, { place: place + 1 });
  const press = () => (shown[place] ? void copy(place) : false);
  ctx.keys.bind(String(place + 1), label, press);
  ctx.keys.bind(`alt+${place + 1}`, null, press, { typing: true });
}
ctx.keys.bind("t", C.keys.words, () => words.focus());
ctx.keys.bind("o", C.keys.order, () => order.focus());
ctx.keys.bind("u", C.keys.use, useMentioned);
ctx.keys.bind("k", C.keys.keep, () => keep.click());
ctx.keys.bind("n", C.keys.next, next);
ctx.keys.bind("escape", C.keys.leave, () => found.focus(), { typing: true });
