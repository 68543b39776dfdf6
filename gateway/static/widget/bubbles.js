// What a bubble is made of: text with safe links, folded when it is long, and its menu (copy, quote).
import { ICONS, el, icon } from "./dom.js";
import { WORDS } from "./words.js";

const LINK = /https?:\/\/[^\s<>"'，。；：！？、（）【】「」《》]+/gi;
const LONG = 480;
const LINES = 14;
const PRESS = 500; // a long press (ms)

// Text with its web addresses as links; the host stands in front, so that nobody is sent anywhere unseen. Never HTML.
export function text(words) {
  const parts = [];
  let at = 0;
  for (const match of words.matchAll(LINK)) {
    const address = match[0].replace(/[.,;:!?)\]}]+$/, "");
    let url;
    try {
      url = new URL(address);
    } catch {
      continue;
    }
    // A name before the host ("https://shop.example@elsewhere") only deceives: such an address stays text.
    if (!/^https?:$/.test(url.protocol) || url.username || url.password) continue;
    const rest = address.replace(/^\w+:\/\/[^/?#]*/, "");
    parts.push(words.slice(at, match.index));
    parts.push(el("a", { class: "link", href: url.href, target: "_blank", rel: "noopener noreferrer" }, el("b", {}, url.host), rest.length > 1 ? shortened(rest) : "", el("span", { class: "sr" }, WORDS.newWindow)));
    at = match.index + address.length;
  }
  parts.push(words.slice(at));
  return parts.filter((part) => part !== "");
}

// A bubble; a long one is folded, with a button that tells its state.
export function bubble(words, ...beside) {
  const body = el("div", { class: "bubble" }, ...text(words));
  const said = el("div", { class: "said" }, body, ...beside);
  const long = words.length > LONG || words.split("\n").length > LINES;
  return long ? [said, fold(WORDS.unfold, (folded) => body.classList.toggle("folded", folded))] : [said];
}

// A button that shows the rest of something and hides it again.
export function fold(words, hide) {
  const more = el("button", { class: "fold", type: "button", onclick: () => turn(more.ariaExpanded === "true") });
  const turn = (folded) => {
    hide(folded);
    more.textContent = folded ? words : WORDS.fold;
    more.ariaExpanded = String(!folded);
  };
  turn(true);
  return more;
}

// The menu of a bubble: a button of its own for keyboard and mouse, a long press for fingers.
export function tools(row, message, { quote, say }) {
  const open = el("button", { class: "tool", type: "button", "aria-label": WORDS.tools(message.text.slice(0, 12)), "aria-expanded": "false", onclick: () => show(menu.hidden) }, icon(...ICONS.more));
  const item = (words, act) => el("button", { type: "button", onclick: () => (show(false), act()) }, words);
  const menu = el("div", { class: "tools", hidden: true },
    item(WORDS.copyText, () => copy(message.text).then(() => say(WORDS.textCopied), () => say(WORDS.copyFailed, true))),
    quote ? item(WORDS.quote, () => quote(message)) : null);
  function show(on) {
    menu.hidden = !on;
    open.ariaExpanded = String(on);
    if (on) {
      menu.querySelector("button").focus();
      menu.scrollIntoView({ block: "nearest" });
    } else open.focus();
  }
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget) && event.relatedTarget !== open) {
      menu.hidden = true;
      open.ariaExpanded = "false";
    }
  });
  let timer;
  const still = () => clearTimeout(timer);
  row.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" && event.target.closest(".bubble")) timer = setTimeout(() => show(true), PRESS);
  });
  for (const end of ["pointerup", "pointercancel", "pointermove"]) row.addEventListener(end, still);
  return [open, menu];
}

// The words of a quoted message, above the ones that quote it.
export function quoted({ from, text: words }) {
  return el("div", { class: "quote" }, el("span", { class: "sr" }, `${WORDS.quote}：`), el("b", {}, from === "shopper" ? WORDS.me : WORDS.them[from]), ` ${words || WORDS.picture}`);
}

// A page without https has no clipboard to write to: the shopper is told to select the text.
async function copy(words) {
  await navigator.clipboard.writeText(words);
}

function shortened(path) {
  return path.length > 42 ? `${path.slice(0, 30)}…${path.slice(-10)}` : path;
}
