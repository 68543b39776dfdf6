// The owner's week: solved alone, handed over and why, first reply, and the money given away per row, bot and agent, to the cent.
import { fill, h } from "../desk/dom.js";
import { begin, failure } from "../desk/frame.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { reasons, week as F } from "./words_figures.js";

const DAY = 86_400_000;
const ctx = await begin("week", { area: "studio", live: false });
const main = document.getElementById("main");
const counted = newest();
let day = new URLSearchParams(location.search).get("day") || "";
await read();
document.body.dataset.ready = "yes";

async function read() {
  main.setAttribute("aria-busy", "true");
  await counted({ day }, (wanted) => ctx.api.get("/studio/week", wanted), (found) => {
    // From here on is counted, also while the next week is on its way: who presses twice goes two weeks.
    day = found.since;
    draw(found);
    main.removeAttribute("aria-busy");
  }, (problem) => {
    fill(main, failure(problem, read));
    main.removeAttribute("aria-busy");
  });
}

function go(days) {
  day = new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
  history.replaceState(null, "", `${location.pathname}?day=${day}`);
  void read();
}

function draw(found) {
  fill(main,
    h("div", { class: "row period" },
      h("h1", { text: F.title }),
      h("button", { type: "button", text: F.earlier, on: { click: () => go(-7) } }),
      h("span", { text: say(F.span, found) }),
      h("button", { type: "button", text: F.later, disabled: found.until >= found.today, on: { click: () => go(7) } }),
      ["xlsx", "csv"].map((format) => h("a", { class: "button", download: "", href: `/api/v1/staff/studio/week/export?${new URLSearchParams({ day: found.since, format })}`, text: F.file[format] }))),
    h("ul", { class: "tiles" }, Object.entries(F.tiles).map(([name, title]) => tile(name, title, found))),
    h("div", { class: "sections" }, money(found), why(found)));
}

// A figure as it is read; — where there was no case.
function written(name, found) {
  const value = found[name];
  if (value === null || value === undefined) return F.none;
  if (name === "solved_share") return say(F.share, { n: (value * 100).toFixed(1) });
  if (name === "first_reply") return value >= 120 ? say(F.minutes, { n: (value / 60).toFixed(1) }) : say(F.seconds, { n: value.toFixed(1) });
  if (name === "stars") return value.toFixed(2);
  if (name === "money_total") return say(F.yuan, { n: value });
  return String(value);
}

function tile(name, title, found) {
  const visits = name === "solved_share" ? h("span", { class: "mute", text: say(F.of_visits, found) }) : null;
  return h("li", { "data-figure": name }, h("span", { class: "mute", text: title }), h("strong", { text: written(name, found) }), visits, h("span", { class: "change mute", text: say(F.before, { value: written(name, found.before) }) }));
}

function money(found) {
  const who = (by) => (by === "bot" ? F.bot : by === "person" ? F.person : found.members[by] || F.person);
  const row = (one) => (one.table && one.row ? h("a", { href: `/studio/tables?${new URLSearchParams({ table: one.table, row: one.row })}`, text: one.row }) : one.row || F.none);
  const lines = found.money.map((one) =>
    h("tr", {}, h("td", { text: F.what[one.what] || one.what }), h("td", {}, row(one)), h("td", { text: who(one.by) }), h("td", { class: "number", text: String(one.times) }), h("td", { class: "number", text: one.amount ?? F.none })));
  const heads = Object.entries(F.columns).map(([name, text]) => h("th", { scope: "col", class: ["times", "amount"].includes(name) ? "number" : "", text }));
  return h("section", { "data-part": "money" },
    h("h2", { text: F.money }),
    h("p", { class: "mute", text: F.money_why }),
    lines.length
      ? h("div", { class: "table", tabindex: "0", role: "region", "aria-label": F.money },
          h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, lines),
            h("tfoot", {}, h("tr", {}, h("th", { scope: "row", colspan: "4", text: F.total }), h("td", { class: "number total", text: found.money_total })))))
      : h("p", { text: F.money_none }),
    h("p", { class: "mute", text: say(F.split, { bot: found.money_bot, people: found.money_people, gifts: found.gifts }) }));
}

function why(found) {
  const lines = found.reasons.map((one) =>
    h("tr", {}, h("td", { text: reasons[one.reason] || one.reason }),
      h("td", {}, one.intent ? h("a", { href: `/studio/figures?${new URLSearchParams({ since: found.since, until: found.until, lines: "handed_over", intent: one.intent })}`, text: one.name }) : F.none),
      h("td", { class: "number", text: String(one.times) })));
  return h("section", { "data-part": "reasons" },
    h("h2", { text: F.reasons }),
    lines.length
      ? h("div", { class: "table", tabindex: "0", role: "region", "aria-label": F.reasons },
          h("table", {}, h("thead", {}, h("tr", {}, Object.entries(F.reason_columns).map(([name, text]) => h("th", { scope: "col", class: name === "times" ? "number" : "", text })))), h("tbody", {}, lines)))
      : h("p", { text: F.reasons_none }));
}
