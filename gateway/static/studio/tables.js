// Decision tables: the list of all tables, one table as a grid, and the parameters. Which one, the address says (?table=…).
import { fill, h } from "../desk/dom.js";
import { begin, wrong } from "../desk/frame.js";
import { say } from "../desk/words.js";
import { showParameters } from "./tables_params.js";
import { showTable } from "./tables_table.js";
import { T } from "./words_tables.js";

const ctx = await begin("tables", { area: "studio", live: false });
const main = document.getElementById("main");
const topic = new URLSearchParams(location.search).get("table");

if (topic === "parameters") await showParameters(ctx, main);
else if (topic) await showTable(ctx, main, topic);
else await showList();
document.body.dataset.ready = "yes";

async function showList() {
  const search = h("input", { type: "search", "aria-label": T.search, placeholder: T.search, on: { input: () => draw() } });
  const host = h("div", { class: "scroll" }, h("p", { class: "mute", text: T.reading }));
  fill(main, h("h1", { text: T.title }), h("p", { class: "mute", text: T.intro }), h("div", { class: "row tools" }, search, h("a", { class: "button", href: "/studio/tables?table=parameters", text: T.parameters })), host);
  ctx.keys.bind("/", T.search, () => search.focus());
  let tables = [];
  try {
    ({ tables } = await ctx.api.get("/studio/tables"));
  } catch (problem) {
    fill(host, h("p", { class: "wrong", role: "alert", text: say(T.not_read, { why: wrong(problem) }) }));
    return;
  }
  draw();

  function draw() {
    const words = search.value.trim().toLowerCase();
    const shown = tables.filter((one) => !words || `${one.name} ${one.topic} ${one.about}`.toLowerCase().includes(words));
    const cell = (name, ...content) => h("td", { "data-label": T.columns[name] }, content);
    const state = (one) => [
      one.errors ? h("span", { class: "tag bad", text: say(T.errors, { n: one.errors }) }) : null,
      one.warnings ? h("span", { class: "tag warn", text: say(T.warnings, { n: one.warnings }) }) : null,
      one.errors || one.warnings ? null : h("span", { class: "tag good", text: T.ok }),
    ];
    const rows = shown.map((one) =>
      h("tr", {},
        cell("name", h("a", { href: `/studio/tables?table=${one.topic}`, text: one.name }), h("span", { class: "id", text: one.topic })),
        cell("rows", String(one.rows)), cell("dated", one.dated ? String(one.dated) : T.empty), cell("state", state(one)), cell("file", h("span", { class: "mute", text: one.path }))),
    );
    const head = h("thead", {}, h("tr", {}, Object.values(T.columns).map((text) => h("th", { scope: "col", text }))));
    fill(host, rows.length ? h("table", { class: "listed" }, head, h("tbody", {}, rows)) : h("p", { class: "mute", text: T.none_found }));
  }
}
