// A table as a grid: one row a row, a column an input or output; moved in by the arrow keys, changed by Enter.
import { fill, h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { names } from "./tables_values.js";
import { T } from "./words_tables.js";

// `on`: {edit(row, column), open(row), clear(row, column), move(row, by)}. Returns {node, draw(state), focus(key, column)}; state: {table,
// rows (those shown), base (rows by key as their file has them), wrong (keys), hit (ids of the tried row), every (all input columns), open (key)}.
export function makeGrid(on) {
  const node = h("div", { class: "grid-host" });
  let at = { key: "", column: "row" };
  let cells = new Map();

  function draw(state) {
    const known = names(state.table);
    const inputs = state.table.inputs.filter((one) => state.every || one.used);
    const columns = [["row", T.row], ...inputs.map((one) => [`when:${one.name}`, one.title, one]), ...state.table.outputs.map((one) => [`then:${one.name}`, one.title, one])];
    const had = node.contains(document.activeElement);
    cells = new Map();
    const head = h("tr", { role: "row" }, columns.map(([name, title, one]) => h("th", { role: "columnheader", scope: "col", class: name.startsWith("then:") ? "answer" : "", title: one?.name || "", text: title })));
    const rows = state.rows.map((row, place) => {
      const line = h("tr", { role: "row", "data-key": row.key, class: [state.wrong.has(row.key) ? "faulty" : "", state.hit === row.id ? "hit" : "", state.open === row.key ? "open" : ""].filter(Boolean).join(" "), "aria-selected": String(state.open === row.key) });
      columns.forEach(([name, title, one], column) => {
        const [part, field] = name.split(":");
        const value = part === "row" ? null : row[part][field];
        const before = part === "row" ? null : state.base.get(row.key)?.[part][field];
        const edited = part !== "row" && state.base.has(row.key) && JSON.stringify(value) !== JSON.stringify(before);
        const text = part === "when" ? known.condition(one, value) : part === "then" ? known.answer(one, value) : "";
        const cell = h(part === "row" ? "th" : "td", {
          role: part === "row" ? "rowheader" : "gridcell", tabindex: "-1", "data-column": name, "data-label": title,
          class: [part === "then" ? "answer" : "", state.table.says[value] === undefined ? "" : "saying", edited ? "edited" : "", text ? "" : "any"].filter(Boolean).join(" "), title: text,
          "aria-label": part === "row" ? null : `${title}：${text || (part === "when" ? T.any : say(T.default_value, { value: known.answer(one, one.default) || T.nothing }))}`,
        });
        if (part === "row") fill(cell, h("span", { class: "number", text: String(place + 1) }), " ", row.id, state.base.has(row.key) ? null : h("span", { class: "tag warn", text: T.new_row }), dates(row), state.wrong.has(row.key) ? h("span", { class: "tag bad", text: T.severities.error }) : null);
        else cell.textContent = short(state.table, value) || text || (part === "when" ? "" : "·");
        cells.set(`${row.key} ${column}`, { cell, key: row.key, name, column, place });
        line.append(cell);
      });
      return line;
    });
    fill(node, h("table", { class: "grid", role: "grid", "aria-label": say(T.grid, { name: state.table.name, rows: state.rows.length }), "aria-describedby": "grid-keys" }, h("thead", { role: "rowgroup" }, head), h("tbody", { role: "rowgroup" }, rows)), h("p", { id: "grid-keys", class: "mute", text: T.grid_keys }));
    const wanted = find(at.key, at.column) || cells.values().next().value;
    if (wanted) {
      at = { key: wanted.key, column: wanted.name };
      wanted.cell.tabIndex = 0;
      if (had) wanted.cell.focus({ preventScroll: true });
    }
  }

  const find = (key, name) => [...cells.values()].find((one) => one.key === key && one.name === name);

  function step(key, name) {
    const old = find(at.key, at.column);
    const next = find(key, name);
    if (!next) return;
    if (old) old.cell.tabIndex = -1;
    at = { key, column: name };
    next.cell.tabIndex = 0;
    next.cell.focus();
  }

  function act() {
    if (at.column === "row") on.open(at.key);
    else on.edit(at.key, at.column);
  }

  const cellOf = (event) => event.target.closest?.("tbody [data-column]");

  node.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    step(cell.parentElement.dataset.key, cell.dataset.column);
    act();
  });

  // However a cell got the focus, the keys mean that one.
  node.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (!cell || (cell.parentElement.dataset.key === at.key && cell.dataset.column === at.column)) return;
    const old = find(at.key, at.column);
    if (old) old.cell.tabIndex = -1;
    at = { key: cell.parentElement.dataset.key, column: cell.dataset.column };
    cell.tabIndex = 0;
  });

  node.addEventListener("keydown", (event) => {
    const here = find(at.key, at.column);
    if (!here || !here.cell.contains(event.target) || event.ctrlKey && !["Home", "End"].includes(event.key)) return;
    const table = [...cells.values()];
    const last = table.at(-1);
    const places = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) on.move(at.key, places[event.key][0]);
    else if (event.altKey) return;
    else if (places[event.key]) go(here.place + places[event.key][0], here.column + places[event.key][1]);
    else if (event.key === "Home") go(event.ctrlKey ? 0 : here.place, 0);
    else if (event.key === "End") go(event.ctrlKey ? last.place : here.place, last.column);
    else if (event.key === "PageDown") go(Math.min(last.place, here.place + 10), here.column);
    else if (event.key === "PageUp") go(Math.max(0, here.place - 10), here.column);
    else if (event.key === "Enter" || event.key === " " || event.key === "F2") act();
    else if (event.key === "Delete" && at.column !== "row") on.clear(at.key, at.column);
    else return;
    event.preventDefault();
    event.stopPropagation();
    function go(place, column) {
      const next = table.find((one) => one.place === place && one.column === column);
      if (next) step(next.key, next.name);
    }
  });

  return { node, draw, focus: (key, column = "row") => step(key, column) };
}

// What a response says, in short; its name is in the cell's label.
function short(table, value) {
  const text = table.says[value];
  return text && (text.length > 30 ? `${text.slice(0, 30)}…` : text);
}

export function dates(row) {
  if (!row.valid_from && !row.valid_to) return null;
  return h("span", { class: "tag", text: say(T.dated_mark, { from: row.valid_from || "…", to: row.valid_to || "…" }) });
}
