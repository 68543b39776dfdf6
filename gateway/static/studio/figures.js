// What shoppers ask, is understood, handed over, solved and rated, with trends by intent; every number leads to the messages behind it.
import { bars, lines as curves } from "../desk/charts.js";
import { fill, h, s } from "../desk/dom.js";
import { begin, failure, wrong } from "../desk/frame.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { figures as F, reasons } from "./words_figures.js";

const DAY = 86_400_000;
// Of a rating the messages behind it are those of bad ones.
const BEHIND = { asked: "asked", understood: "understood", handed_over: "handed_over", failed: "failed", solved: "solved", stars: "bad" };
const TITLES = { ...F.tiles, unclear: F.unclear, bad: F.bad };
const COUNTED = ["asked", "understood", "handed_over", "failed", "solved"];

const ctx = await begin("figures", { area: "studio", live: false });
const main = document.getElementById("main");
const given = new URLSearchParams(location.search);
const state = { since: given.get("since") || "", until: given.get("until") || "", lines: given.get("lines") || "", intent: given.get("intent") || "", sort: "asked", found: null };
const counted = newest();
const shown = newest();
const head = h("div", { class: "row period" });
const body = h("div");
const behind = h("div", { "aria-live": "polite" });
fill(main, head, behind, body);
await read();
document.body.dataset.ready = "yes";

async function read() {
  main.setAttribute("aria-busy", "true");
  await counted({ since: state.since, until: state.until }, (wanted) => ctx.api.get("/studio/figures", wanted), async (found) => {
    Object.assign(state, { found, since: found.since, until: found.until });
    draw();
    main.removeAttribute("aria-busy");
    if (state.lines) await show(state.lines, state.intent);
  }, (problem) => {
    ctx.toast(problem.kind === "period" ? F.bad_period : wrong(problem), { kind: "bad" });
    if (!state.found) fill(body, failure(problem, read));
    if (!head.children.length) drawHead();
    main.removeAttribute("aria-busy");
  });
}

function keep() {
  const query = new URLSearchParams(Object.entries({ since: state.since, until: state.until, lines: state.lines, intent: state.intent }).filter(([, value]) => value));
  history.replaceState(null, "", `${location.pathname}?${query}`);
}

function drawHead() {
  const today = state.found?.today || new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
  const span = (Date.parse(state.until) - Date.parse(state.since)) / DAY + 1;
  const last = (days) => {
    state.until = today;
    state.since = new Date(Date.parse(today) - (days - 1) * DAY).toISOString().slice(0, 10);
    void read();
  };
  const day = (name) =>
    h("label", {}, h("span", { text: F[name] }), h("input", { type: "date", value: state[name], max: today, on: { change: (event) => {
      state[name] = event.target.value;
      void read();
    } } }));
  fill(head,
    h("h1", { text: F.title }),
    [7, 14, 30].map((days) => h("button", { type: "button", text: F[`days_${days}`], "aria-pressed": String(state.until === today && span === days), on: { click: () => last(days) } })),
    day("since"), day("until"),
    ["xlsx", "csv"].map((format) => h("a", { class: "button", download: "", href: `/api/v1/staff/studio/figures/export?${new URLSearchParams({ since: state.since, until: state.until, format })}`, text: F.file[format] })));
}

function draw() {
  drawHead();
  keep();
  const { whole, before, days } = state.found;
  const tiles = Object.entries(F.tiles).map(([name, title]) =>
    h("li", { "data-figure": name }, h("span", { class: "mute", text: title }), h("strong", {}, number(name, "", written(name, whole), whole[BEHIND[name]] || 0)),
      h("span", { class: "change mute", text: before.asked ? say(F.before, { value: written(name, before) }) : F.no_before })));
  const names = days.map((one) => one.day);
  const share = (part, all) => days.map((one) => (one[all] ? one[part] / one[all] : null));
  fill(body,
    h("ul", { class: "tiles" }, tiles),
    h("div", { class: "charts" },
      bars(F.chart_asked, names, [
        { kind: "one", title: F.tiles.understood, values: days.map((one) => one.understood) },
        { kind: "two", title: F.unclear, values: days.map((one) => one.unclear) },
      ]),
      curves(F.chart_shares, names, [
        { kind: "one", title: F.share_understood, values: share("understood", "asked") },
        { kind: "two", title: F.share_solved, values: share("solved", "visits") },
      ], (value) => `${Math.round(value * 100)}%`, { most: 1 })),
    table(),
    h("details", { class: "meaning" }, h("summary", { text: F.meaning }), h("dl", {}, Object.entries(F.meanings).map(([name, text]) => [h("dt", { text: F.tiles[name] }), h("dd", { text })]))));
}

function written(name, counts) {
  if (name === "stars") return counts.rated ? say(F.stars, { n: (counts.stars / counts.rated).toFixed(2) }) : "—";
  const all = { understood: counts.asked, solved: counts.visits }[name];
  return all ? `${counts[name]} (${((counts[name] / all) * 100).toFixed(0)}%)` : String(counts[name]);
}

// A number that leads to the messages behind it.
function number(name, intent, text, count) {
  return h("button", { type: "button", class: "figure", "data-lines": name, "data-intent": intent || null, disabled: !count, text, on: { click: () => void show(BEHIND[name], intent) } });
}

function table() {
  const { intents, whole } = state.found;
  if (!intents.length) return h("p", { class: "mute", text: F.nothing });
  const rows = [...intents].sort((one, other) => (state.sort === "name" ? one.name.localeCompare(other.name, "zh") : other[state.sort] - one[state.sort]));
  const heads = Object.entries(F.columns).map(([name, text]) => {
    const sorts = ["name", ...COUNTED].includes(name);
    return h("th", { scope: "col", class: ["name", "trend"].includes(name) ? "" : "number", "aria-sort": state.sort === name ? (name === "name" ? "ascending" : "descending") : null },
      sorts ? h("button", { type: "button", "data-sort": name, text, on: { click: () => sort(name) } }) : text);
  });
  const line = (one) =>
    h("tr", { "data-intent": one.intent },
      h("th", { scope: "row" }, h("a", { href: `/studio/intents?${new URLSearchParams({ intent: one.intent })}`, text: one.name })),
      h("td", { class: "number" }, number("asked", one.intent, String(one.asked), one.asked)),
      h("td", { class: "number", text: whole.asked ? `${((one.asked / whole.asked) * 100).toFixed(1)}%` : "" }),
      ["understood", "handed_over", "failed", "solved"].map((name) => h("td", { class: "number" }, number(name, one.intent, String(one[name]), one[name]))),
      h("td", { class: "number" }, one.rated ? number("stars", one.intent, (one.stars / one.rated).toFixed(2), one.bad) : "—"),
      h("td", {}, spark(one)));
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": F.title }, h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows.map(line))));
}

function sort(name) {
  state.sort = name;
  draw();
  body.querySelector(`[data-sort=${name}]`).focus();
}

function spark({ name, trend }) {
  const most = Math.max(1, ...trend);
  const step = trend.length > 1 ? 92 / (trend.length - 1) : 0;
  const path = trend.map((value, place) => `${place ? "L" : "M"}${(2 + place * step).toFixed(1)} ${(22 - (20 * value) / most).toFixed(1)}`).join("");
  return s("svg", { class: "spark", viewBox: "0 0 96 24", role: "img", "aria-label": say(F.trend_of, { name, values: trend.join("、") }) }, s("path", { d: path }));
}

async function show(kind, intent) {
  await shown({ kind, intent, since: state.since, until: state.until }, (wanted) => ctx.api.get("/studio/figures/lines", wanted), (found) => drawLines(kind, intent, found), (problem) => ctx.toast(wrong(problem), { kind: "bad" }));
}

function drawLines(kind, intent, found) {
  Object.assign(state, { lines: kind, intent });
  keep();
  const name = intent ? state.found.intents.find((one) => one.intent === intent)?.name || intent : F.lines_all;
  const title = h("h2", { tabindex: "-1", text: say(F.lines, { what: TITLES[kind], name }) });
  const close = h("button", { type: "button", text: F.close, on: { click: () => {
    shown.drop();
    Object.assign(state, { lines: "", intent: "" });
    keep();
    fill(behind);
  } } });
  fill(behind, h("section", { class: "behind", "data-kind": kind }, h("div", { class: "row" }, title, close),
    found.lines.length ? h("ul", { tabindex: "0", "aria-label": TITLES[kind] }, found.lines.map(line)) : h("p", { class: "mute", text: F.lines_none }),
    found.lines.length >= found.most ? h("p", { class: "mute", text: say(F.lines_most, { n: found.most }) }) : null));
  title.focus();
}

function line(one) {
  return h("li", {}, h("span", { class: "mute", text: new Date(one.at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai" }) }), h("q", { text: one.text }),
    one.name ? h("span", { class: "mute", text: one.name }) : null, one.hand_over ? h("span", { class: "mute", text: reasons[one.hand_over] || one.hand_over }) : null,
    one.talk ? h("a", { href: `/desk?talk=${encodeURIComponent(one.talk)}`, text: F.open_talk }) : null);
}
