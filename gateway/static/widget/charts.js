// Drawn beside a text: a parcel's journey, the steps of a return, a size table. Lists and tables to whoever cannot see them.
import { fold } from "./bubbles.js";
import { el } from "./dom.js";
import { WORDS } from "./words.js";

const FIRST = 3;

export function timeline(card) {
  const list = el("ol", { class: "line" });
  card.scans.forEach((scan, at) => {
    const current = at === 0;
    const item = el("li", { class: current ? "now" : "done" },
      current ? el("span", { class: "sr" }, `${WORDS.newest}：`) : null,
      el("time", { datetime: scan.at }, moment(scan.at)), el("div", {}, scan.place ? el("b", {}, scan.place) : null, scan.place ? " " : "", scan.text));
    if (current) item.setAttribute("aria-current", "step");
    list.append(item);
  });
  const { length } = card.scans;
  const more = length > FIRST ? fold(WORDS.allScans(length), (folded) => [...list.children].slice(FIRST).forEach((item) => (item.hidden = folded))) : null;
  const number = [card.courier, card.tracking].filter(Boolean).join(" ");
  return box(WORDS.journey, card.product, card.state_word, number ? el("p", { class: "sub" }, number) : null, list, more);
}

export function progress(card) {
  const list = el("ol", { class: "line steps" });
  for (const step of card.steps) {
    const item = el("li", { class: step.state === "current" ? "now" : step.state },
      el("div", {}, step.title, el("span", { class: "sr" }, `，${WORDS.steps[step.state]}`)),
      step.at ? el("time", { datetime: step.at }, moment(step.at)) : step.state === "current" && card.due_at ? el("time", { datetime: card.due_at }, WORDS.until(moment(card.due_at))) : null);
    if (step.state === "current") item.setAttribute("aria-current", "step");
    list.append(item);
  }
  return box(card.remedy_word || WORDS.progress, card.product, null, el("p", { class: "sub" }, WORDS.ticket(card.ticket)), list);
}

export function sizes(card) {
  const head = el("tr", {}, el("th", { scope: "col" }, WORDS.size), ...card.columns.map((column) => el("th", { scope: "col" }, column.title, el("small", {}, column.unit))));
  const rows = card.rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row.size), ...row.cells.map((cell) => el("td", {}, cell || "—"))));
  const table = el("table", {}, el("caption", {}, WORDS.sizesOf(card.product)), el("thead", {}, head), el("tbody", {}, ...rows));
  // Wider than the window it is moved sideways, with the keyboard too.
  return el("div", { class: "card" }, el("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": WORDS.sizesOf(card.product) }, table));
}

export function box(title, product, state, ...rest) {
  const head = el("div", { class: "head" }, el("b", {}, title), state ? el("span", { class: "mark" }, state) : null);
  return el("div", { class: "card", role: "group", "aria-label": product ? `${title}，${product}` : title }, head, product ? el("p", { class: "sub" }, product) : null, ...rest.filter(Boolean));
}

function moment(iso) {
  const date = new Date(iso);
  const day = date.toLocaleDateString("zh-CN", { month: "numeric", day: "numeric" });
  return `${day} ${date.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false })}`;
}
