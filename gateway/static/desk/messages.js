// One message of a talk, a note, or a deed of staff, as the talk view draws it: words, pictures, why it was said, how far it was read.
import { h } from "./dom.js";
import { say, W } from "./words.js";

const T = W.talk;
const LINK = /https?:\/\/[^\s<>"'，。；：！？、（）【】「」《》]+/gi;
const LONG = 600;

// Words with their web addresses as links; never HTML. An address with a name before its host only deceives and stays words.
export function linked(words) {
  const parts = [];
  let at = 0;
  for (const match of words.matchAll(LINK)) {
    let url;
    try {
      url = new URL(match[0]);
    } catch {
      continue;
    }
    if (url.username || url.password) continue;
    parts.push(words.slice(at, match.index), h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", text: match[0] }));
    at = match.index + match[0].length;
  }
  parts.push(words.slice(at));
  return parts;
}

export function clock(at, full = false) {
  const date = new Date(at);
  const time = date.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  return full ? `${date.toLocaleDateString("zh-CN", { year: "numeric", month: "long", day: "numeric" })} ${time}` : time;
}

// Pictures and videos of a message: [{id, url, poster, video, width, height}]. `talk`: the talk's id.
export function media(message, talk) {
  const shown = message.recalled?.card?.attachments || message.attachments || [];
  const root = `/api/v1/staff/talks/${encodeURIComponent(talk)}/attachments/`;
  const files = shown.map((file) => ({ ...file, url: root + encodeURIComponent(file.id), video: file.mime.startsWith("video/"), poster: `${root}${encodeURIComponent(file.id)}/poster` }));
  const image = message.recalled ? message.recalled.image : message.image;
  return image ? [...files, { id: `image-${message.id}`, url: image, video: false }] : files;
}

// Who says it.
export function speaker(message, state) {
  if (message.recalled || message.from === "agent") {
    const one = state.member(message.staff);
    const number = one?.number || message.number || message.staff || "";
    return one ? say(T.agent, { name: one.name, number }) : say(T.agent_number, { number });
  }
  return T.from[message.from] || message.from;
}

// The row of a message. `state`: {talk, read, here, target, mine(message), recallable(message), member(id)}; `acts`: {target, recall, view, insert}.
export function messageRow(message, state, acts) {
  const words = message.recalled ? message.recalled.text : message.text;
  const own = message.from === "agent" || message.from === "bot" || Boolean(message.recalled);
  const bubble = h("div", { class: "bubble" });
  if (message.quote) bubble.append(h("blockquote", {}, h("b", { text: `${T.from[message.quote.from] || ""}：` }), message.quote.text || T.picture));
  if (words) bubble.append(folded(words));
  const pictures = media(message, state.talk);
  if (pictures.length) bubble.append(h("div", { class: "pictures" }, pictures.map((one) => picture(one, acts))));
  if (message.card) bubble.append(card(message.card));
  if (message.buttons?.length && !message.recalled) bubble.append(h("p", { class: "offered" }, h("span", { class: "mute", text: T.buttons }), message.buttons.map((one) => h("span", { class: "tag", text: one.title }))));
  const kind = message.recalled ? "agent recalled" : message.from;
  return h(
    "li",
    { class: `message ${kind}${state.target === message.id ? " target" : ""}`, tabindex: "-1", "data-id": message.id, "data-seq": message.seq },
    h("p", { class: "by mute" }, h("span", { text: speaker(message, state) }), " ", h("time", { datetime: message.at, title: clock(message.at, true), text: clock(message.at) })),
    message.from === "system" && !message.recalled ? h("p", { class: "said", text: message.text }) : h("div", { class: "spoken" }, bubble, tools(message, state, acts, words)),
    message.recalled ? h("p", { class: "foot warn", text: say(T.recalled, { by: state.member(message.recalled.by)?.name || message.number || "", time: clock(message.recalled.at) }) }) : null,
    own && !message.recalled ? h("p", { class: "foot mute" }, h("span", { class: "receipt", text: receipt(message, state) })) : null,
    message.state === "failed" ? h("p", { class: "foot bad", text: T.failed }) : null,
    held(message, acts),
    why(message),
  );
}

// 已读, 已送达 (the shopper's window is open), 已发送 (they will see it when they come back).
export function receipt(message, { read, here }) {
  return message.seq <= (read?.shopper || 0) ? T.read : here ? T.delivered : T.sent;
}

function tools(message, state, acts, words) {
  const buttons = [];
  if (message.from === "shopper") {
    const on = state.target === message.id;
    buttons.push(h("button", { type: "button", class: "quiet", text: "?", title: T.target, "aria-label": say(T.target_which, { words: short(words) }), "aria-pressed": String(on), on: { click: () => acts.target(on ? null : message.id) } }));
  }
  if (state.recallable(message)) buttons.push(h("button", { type: "button", class: "quiet recall", text: T.recall, title: "Alt+Z", on: { click: () => acts.recall(message) } }));
  return buttons.length ? h("div", { class: "acts" }, buttons) : null;
}

// Why it was said: intent and its share, the decision row with where it stands, the script; the rest behind a touch.
function why(message) {
  const trace = message.trace;
  if (!trace || message.recalled) return null;
  const share = typeof trace.confidence === "number" ? ` ${Math.round(trace.confidence * 100)}%` : "";
  const parts = [
    trace.intent ? `${trace.intent}${share}` : null,
    trace.row ? say(T.row, trace) : null,
    trace.script && trace.script !== "none" ? say(T.script, trace) : trace.response ? say(T.response, trace) : null,
    trace.failure ? say(T.failure, trace) : null,
  ].filter(Boolean);
  if (!parts.length) return null;
  const others = (trace.ranking || []).slice(1, 4).map((one) => `${one.name} ${Math.round((one.confidence || 0) * 100)}%`);
  const heard = (trace.entities || []).map((one) => `${one.entity}：${one.value}`);
  const more = [
    [T.source, trace.source],
    [T.script_word, trace.script],
    [T.response_word, trace.response],
    [T.others, others.join("，")],
    [T.heard, heard.join("，")],
    [T.intents, (trace.intents || []).length > 1 ? trace.intents.join("，") : null],
    [T.mode, trace.mode ? W.talk.modes[trace.mode] || trace.mode : null],
  ].filter(([, value]) => value);
  const line = parts.join(" · ");
  if (!more.length) return h("p", { class: "why mute", text: line });
  return h("details", { class: "why mute" }, h("summary", { text: line }), h("dl", {}, more.map(([name, value]) => [h("dt", { text: name }), h("dd", { text: String(value) })])));
}

// What the bot was about to say when a person took over, or may not say alone: to be used with one touch.
function held(message, acts) {
  const lines = [...(message.held || []), ...(message.suggestion || []).map((one) => one.text)].filter(Boolean);
  if (!lines.length) return null;
  return h(
    "div",
    { class: "held" },
    h("p", { class: "mute", text: T.held }),
    lines.map((text) => h("p", { class: "row" }, h("span", { class: "grow", text }), h("button", { type: "button", text: T.use, on: { click: () => acts.insert(text) } }))),
  );
}

function folded(words) {
  const text = h("div", { class: "words" }, linked(words));
  if (words.length <= LONG) return text;
  text.classList.add("folded");
  const more = h("button", { type: "button", class: "quiet", "aria-expanded": "false", text: T.unfold });
  more.addEventListener("click", () => {
    const shut = text.classList.toggle("folded");
    more.textContent = shut ? T.unfold : T.fold;
    more.setAttribute("aria-expanded", String(!shut));
  });
  return h("div", {}, text, more);
}

function picture(one, acts) {
  const image = h("img", { src: one.video ? one.poster : one.url, alt: one.video ? "" : T.picture, loading: "lazy", width: one.width, height: one.height });
  image.addEventListener("error", () => {
    image.hidden = true;
    button.classList.add("bare");
  });
  const button = h("button", { type: "button", class: one.video ? "picture video" : "picture", "data-media": one.id, "aria-label": one.video ? T.open_video : T.open_picture, on: { click: () => acts.view(one.id) } }, image, one.video ? h("span", { class: "play", text: T.play }) : null);
  return button;
}

// What was drawn for the shopper, in a few words: everything on it stands beside the talk too.
function card(shown) {
  const lines = {
    product: () => [`${shown.product.name} ¥${shown.product.price}`],
    orders: () => shown.orders.map((one) => `${one.id} ${one.product} ${one.variant} ${one.state_word}`),
    sizes: () => [shown.product, shown.rows.map((one) => one.size).join(" / ")],
    timeline: () => [`${shown.courier || ""} ${shown.tracking || ""} ${shown.state_word}`.trim(), shown.scans[0] ? `${shown.scans[0].place} ${shown.scans[0].text}` : null],
    progress: () => [`${shown.ticket} ${shown.product || ""}`, shown.steps.find((one) => one.state === "current")?.title],
  }[shown.kind];
  return h("div", { class: "card-line" }, h("span", { class: "tag", text: T.cards[shown.kind] || T.card }), (lines ? lines() : []).filter(Boolean).map((line) => h("p", { text: line })));
}

// A note for colleagues.
export function noteRow(note, state) {
  const one = state.member(note.staff);
  return h("li", { class: "note" }, h("p", { class: "by" }, h("span", { class: "tag warn", text: T.note }), " ", one ? say(T.agent, one) : "", " ", h("time", { datetime: note.at, text: clock(note.at) })), h("p", { class: "words", text: note.text }));
}

// Something staff did in the talk.
export function deedRow(deed, state) {
  const one = state.member(deed.staff);
  return h("li", { class: "deed mute" }, h("span", { text: say(T.did, { who: one ? say(T.agent, one) : "", what: T.deeds[deed.kind] || W.side.deeds[deed.kind] || deed.kind, time: clock(deed.at) }) }));
}

export function timeRow(at) {
  return h("li", { class: "time mute" }, h("time", { datetime: at, text: clock(at, true) }));
}

export const short = (words) => (words.length > 16 ? `${words.slice(0, 15)}…` : words) || T.picture;
