// The desk's figures: tiles, charts and tables of a period, files of them, and the suggestions from which trainers learn.
import { bars, lines } from "./charts.js";
import { fill, h } from "./dom.js";
import { begin, failure, wrong } from "./frame.js";
import { lessons } from "./lessons.js";
import { newest } from "./turns.js";
import { say, W } from "./words.js";

const F = W.figures;
const TILES = ["acceptance", "unedited", "coverage", "first_reply", "solve_rate", "satisfaction", "answers", "saved"];
// Less is better.
const LESS = new Set(["first_reply", "reply", "silent"]);
const DAY = 86_400_000;

const ctx = await begin("figures");
const main = document.getElementById("main");
const teaches = ctx.me.role !== "agent";
const asked = new URLSearchParams(location.search);
const state = { since: asked.get("since") || "", until: asked.get("until") || "", staff: asked.get("staff") || "", table: asked.get("table") || "days", sort: null, found: null };

const counted = newest();
const head = h("div", { class: "row period" });
const body = h("div");
fill(main, head, body);
await read();

async function read() {
  main.setAttribute("aria-busy", "true");
  await counted({ since: state.since, until: state.until, staff: state.staff }, (query) => ctx.api.get("/figures", query), (found) => {
    Object.assign(state, { found, since: found.since, until: found.until });
    if (!found.tables[state.table] && state.table !== "lessons") state.table = "days";
    keep();
    draw();
    main.removeAttribute("aria-busy");
  }, (problem) => {
    // What is shown stays; the period that was refused stands in the fields and can be mended.
    ctx.toast(problem.kind === "period" ? F.bad_period : wrong(problem), { kind: "bad" });
    if (!state.found) fill(body, failure(problem, read));
    if (!head.children.length) drawHead();
    main.removeAttribute("aria-busy");
  });
}

function keep() {
  const query = new URLSearchParams(Object.entries({ since: state.since, until: state.until, staff: state.staff, table: state.table }).filter(([, value]) => value));
  history.replaceState(null, "", `${location.pathname}?${query}`);
}

// A number as it is written: 12, 91.2%, 6.5 秒, 4.6 分; — where there was no case.
function written(name, value) {
  if (value === null || value === undefined) return "—";
  const kind = state.found.columns[name]?.kind;
  if (kind === "share") return `${(value * 100).toFixed(1)}%`;
  if (kind === "seconds") return value >= 3600 ? say(F.hours, { n: (value / 3600).toFixed(1) }) : value >= 120 ? say(F.minutes, { n: (value / 60).toFixed(1) }) : say(F.seconds, { n: value.toFixed(1) });
  if (kind === "minutes") return say(F.minutes, { n: value });
  if (kind === "stars") return say(F.stars, { n: value.toFixed(2) });
  return String(value);
}

function draw() {
  drawHead();
  const { tables } = state.found;
  fill(body, tiles(), charts(), tabs(), state.table === "lessons" ? lessons(ctx) : table(tables[state.table]), meaning());
}

function drawHead() {
  const back = (days) => {
    state.until = today();
    state.since = new Date(Date.parse(state.until) - (days - 1) * DAY).toISOString().slice(0, 10);
    void read();
  };
  const day = (name) =>
    h("label", {}, h("span", { text: F[name] }), h("input", { type: "date", value: state[name], max: today(), on: { change: (event) => change(name, event.target.value) } }));
  const members = state.found?.members || [];
  const whose = h("select", { "aria-label": F.staff, on: { change: (event) => change("staff", event.target.value) } }, [
    h("option", { value: "", text: F.everybody }),
    members.map((one) => h("option", { value: one.id, text: `${one.number} ${one.name}` })),
  ]);
  whose.value = state.staff;
  const file = (format) => {
    const query = new URLSearchParams({ since: state.since, until: state.until, staff: state.staff, format });
    return h("a", { class: "button", href: `/api/v1/staff/figures/export?${query}`, download: "", text: F[format] });
  };
  fill(head,
    h("h1", { text: F.title }),
    [1, 7, 30].map((days) => h("button", { type: "button", text: F[`days_${days}`], "aria-pressed": String(isLast(days)), on: { click: () => back(days) } })),
    day("since"), day("until"),
    members.length ? whose : null,
    file("xlsx"), file("csv"),
  );
}

// The shop's day as the server says it; before its first word by this machine's clock.
function today() {
  return state.found?.today || new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
}

function isLast(days) {
  return state.until === today() && (Date.parse(state.until) - Date.parse(state.since)) / DAY === days - 1;
}

function change(name, value) {
  state[name] = value;
  void read();
}

function tiles() {
  const { total, before, columns } = state.found;
  return h("ul", { class: "tiles" }, TILES.map((name) =>
    h("li", { "data-figure": name }, h("span", { class: "mute", text: columns[name].title }), h("strong", { text: written(name, total[name]) }), changed(name, total[name], before[name])),
  ));
}

// Against the period before: up or down, and whether that is for the better.
function changed(name, now, before) {
  if (now === null || before === null || now === before) return h("span", { class: "change mute", text: before === null ? F.no_before : F.same });
  const better = now > before !== LESS.has(name);
  return h("span", { class: `change ${better ? "good" : "bad"}`, text: say(now > before ? F.up : F.down, { before: written(name, before) }) });
}

function charts() {
  const rows = state.found.tables.days.rows;
  const days = rows.map((row) => row.day);
  const { columns } = state.found;
  const of = (kind, name) => ({ kind, title: columns[name].title, values: rows.map((row) => row[name]) });
  const share = (value) => `${Math.round(value * 100)}%`;
  const whole = (value) => String(Math.round(value * 10) / 10);
  return h("div", { class: "charts" },
    bars(F.chart_uses, days, [of("one", "sent"), of("two", "edited"), of("three", "ignored")]),
    lines(F.chart_shares, days, [of("one", "acceptance"), of("two", "coverage"), of("three", "solve_rate")], share, { most: 1 }),
    lines(F.chart_reply, days, [of("one", "first_reply"), of("two", "reply")], whole, { guides: [{ value: 6, title: F.ideal }, { value: 15, title: F.latest }] }),
    lines(F.chart_stars, days, [of("one", "satisfaction")], whole, { most: 5, least: 1 }),
  );
}

function tabs() {
  const names = [...Object.keys(state.found.tables), ...(teaches ? ["lessons"] : [])];
  return h("div", { class: "row tabs", role: "group", "aria-label": F.tables }, names.map((name) =>
    h("button", { type: "button", "data-table": name, "aria-pressed": String(name === state.table), text: state.found.tables[name]?.title || F.lessons, on: { click: () => show(name) } }),
  ));
}

function show(name) {
  Object.assign(state, { table: name, sort: null });
  keep();
  draw();
  body.querySelector(`[data-table=${name}]`).focus();
}

function table({ title, heads, columns, rows }) {
  if (!rows.length) return h("p", { class: "mute", text: F.nothing });
  const all = [...Object.keys(heads), ...columns];
  const [by, down] = state.sort || [null, false];
  const ordered = by === null ? rows : [...rows].sort((one, other) => compare(one[by], other[by]) * (down ? -1 : 1));
  const head_of = (name) =>
    h("th", { scope: "col", class: heads[name] ? "" : "number", "aria-sort": by === name ? (down ? "descending" : "ascending") : null },
      h("button", { type: "button", "data-sort": name, text: heads[name] || state.found.columns[name].title, on: { click: () => sort(name, name !== by ? !heads[name] : !down) } }));
  const line = (row) => h("tr", {}, all.map((name) => (heads[name] ? h("td", { text: row[name] ?? "" }) : h("td", { class: "number", text: written(name, row[name]) }))));
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": title },
    h("table", {}, h("thead", {}, h("tr", {}, all.map(head_of))), h("tbody", {}, ordered.map(line))));
}

// Nothing counts as least.
function compare(one, other) {
  if (one === other) return 0;
  if (one === null || one === undefined) return -1;
  if (other === null || other === undefined) return 1;
  return typeof one === "number" ? one - other : String(one).localeCompare(String(other), "zh");
}

function sort(name, down) {
  state.sort = [name, down];
  draw();
  body.querySelector(`[data-sort=${name}]`).focus();
}

function meaning() {
  const { columns } = state.found;
  const lines_of = Object.entries(F.meanings).map(([name, text]) => [h("dt", { text: columns[name]?.title || name }), h("dd", { text })]);
  return h("details", { class: "meaning" }, h("summary", { text: F.meaning }), h("dl", {}, lines_of));
}
