// The scripts library: folders on the left, scripts on the right, the bin, those that nobody uses, and which are used most.
import { $, fill, h, typed } from "./dom.js";
import { begin, wrong } from "./frame.js";
import { row } from "./script_row.js";
import { editor } from "./script_edit.js";
import { importer } from "./script_import.js";
import { ranking } from "./script_ranking.js";
import { tree } from "./script_tree.js";
import { newest, once } from "./turns.js";
import { say, W } from "./words.js";

const S = W.scripts;
const PAGE = 100;
const WAIT = 200;

const ctx = await begin("scripts");
// What is shown: `view` is all | dead | invalid | bin | ranking, within a scope and a folder.
const shown = { view: "all", scope: null, folder: "", q: "", sort: "title", limit: PAGE };
const page = { folders: [], loose: {}, editable: false, values: [], scripts: [], total: 0, chosen: new Set(), at: -1 };
const listed = newest();
const foldered = newest();

// What went wrong in the words of this page, else in those of all.
export function told(problem) {
  const known = S.problems[problem?.kind];
  return known ? say(known, problem.body) : wrong(problem);
}

const edit = once(editor(ctx, page, told));
const bring = once(importer(ctx, page, told));
// Folders and values are there before a script is written or brought in: the buttons are seen earlier.
const begun = Promise.all([folders(), ctx.api.get("/scripts/values").then(({ values }) => { page.values = values; }, () => {})]);
const remove = once(bin, (ids) => ids.join());
const restore = once(unbin, (ids) => ids.join());

$("#folders").setAttribute("aria-label", S.folders);
const search = h("input", { type: "search", id: "search", "aria-label": S.search, placeholder: S.search_hint, maxlength: "100" });
const sort = h("select", { "aria-label": S.sort }, Object.entries(S.sorts).map(([value, text]) => h("option", { value, text })));
const heading = h("h1");
const count = h("p", { class: "mute", role: "status" });
const bulk = h("div", { class: "row bulk", hidden: true });
const list = h("ul", { class: "scripts", "aria-label": S.list });
const more = h("button", { type: "button", text: S.more, hidden: true, on: { click: () => go({ limit: shown.limit + PAGE }) } });
const ranked = h("div", { hidden: true });
fill(
  $("#library"),
  h("div", { class: "row" }, heading, h("span", { class: "grow" }), button(S.add, () => make(), "primary"), button(S.import, () => take()), button(S.export, () => give())),
  h("div", { class: "row tools" }, search, h("label", { class: "sort" }, h("span", { text: S.sort }), sort)),
  count,
  bulk,
  list,
  more,
  ranked,
);

typed(search, WAIT, () => go({ q: search.value.trim(), limit: PAGE }));
search.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || !["Enter", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  step(1);
});
sort.addEventListener("change", () => go({ sort: sort.value }));
ctx.keys.bind("/", S.keys.search, () => search.focus());
ctx.keys.bind("n", S.keys.add, () => void make());
ctx.keys.bind("j", S.keys.next, () => step(1));
ctx.keys.bind("k", S.keys.previous, () => step(-1));
ctx.keys.bind("e", S.keys.edit, () => {
  const one = page.scripts[page.at];
  if (!one?.editable) return false;
  void change(one);
});

await begun;
drawTree();
await read();
document.body.dataset.ready = "yes";

function button(text, fn, kind = "") {
  return h("button", { type: "button", class: kind, text, on: { click: fn } });
}

// Show something else.
async function go(changes) {
  Object.assign(shown, changes);
  page.chosen.clear();
  page.at = -1;
  await read();
  drawTree();
}

async function folders() {
  await foldered("", () => ctx.api.get("/scripts/folders"), (found) => Object.assign(page, found), (problem) => ctx.toast(told(problem), { kind: "bad" }));
}

// Read folders and scripts anew.
async function refresh() {
  await folders();
  drawTree();
  await read();
}

async function read() {
  listed.drop();
  heading.textContent = title();
  const ranks = shown.view === "ranking";
  for (const part of [list, count, search, sort.parentElement]) part.hidden = ranks;
  ranked.hidden = !ranks;
  bulk.hidden = more.hidden = true;
  if (ranks) return ranking(ctx, ranked, told);
  const { scope, folder, q, limit, sort: order, view } = shown;
  await listed({ scope, folder, q, limit: Math.min(limit, 500), sort: order, state: view }, (wanted) => ctx.api.get("/scripts", wanted), (found) => {
    Object.assign(page, { scripts: found.scripts, total: found.total });
    draw();
  }, (problem) => ctx.toast(told(problem), { kind: "bad" }));
}

function title() {
  if (S.views[shown.view]) return S.views[shown.view];
  const folder = page.folders.find((one) => one.id === shown.folder);
  const scope = shown.scope ? S[shown.scope] : S.all;
  return folder ? `${scope} / ${folder.name}` : shown.folder === "-" ? `${scope} / ${S.loose}` : scope;
}

function drawTree() {
  tree(ctx, $("#folders"), page, shown, { go, refresh, told });
}

function draw() {
  count.textContent = say(S.total, { n: page.total });
  const rows = page.scripts.map((one, place) =>
    row(page, one, {
      chosen: page.chosen.has(one.id),
      at: place === page.at,
      bin: shown.view === "bin",
      choose: (on) => choose(one.id, on),
      edit: () => change(one),
      remove: () => remove([one.id]),
      restore: () => restore([one.id]),
      copy: () => copy(one),
      duplicate: () => make(one),
    }),
  );
  fill(list, rows.length ? rows : h("li", { class: "none", text: shown.q ? S.none_found : S.none }));
  more.hidden = page.scripts.length >= Math.min(page.total, 500);
  drawBulk();
}

function drawBulk() {
  const some = page.scripts.filter((one) => one.editable);
  bulk.hidden = !some.length || !(page.chosen.size || ["dead", "invalid", "bin"].includes(shown.view));
  if (bulk.hidden) return;
  const all = h("input", { type: "checkbox", checked: some.every((one) => page.chosen.has(one.id)) });
  all.addEventListener("change", () => {
    for (const one of some) all.checked ? page.chosen.add(one.id) : page.chosen.delete(one.id);
    draw();
  });
  const act = shown.view === "bin" ? button(S.restore, () => restore([...page.chosen])) : button(S.remove, () => remove([...page.chosen]), "bad");
  act.disabled = !page.chosen.size;
  fill(bulk, h("label", {}, all, S.select_all), h("span", { text: say(S.selected, { n: page.chosen.size }) }), act);
}

function choose(id, on) {
  on ? page.chosen.add(id) : page.chosen.delete(id);
  drawBulk();
}

function step(by) {
  if (!page.scripts.length) return false;
  page.at = Math.max(0, Math.min(page.scripts.length - 1, page.at + by));
  draw();
  list.children[page.at]?.focus();
}

async function make(copied = null) {
  await begun;
  const scope = copied || !page.editable || shown.scope === "own" ? "own" : "public";
  const folder = copied || !shown.folder || shown.folder === "-" ? null : shown.folder;
  const text = copied ? { title: copied.title, text: copied.text, situation: copied.situation } : {};
  if (await edit({ scope, folder, ...text })) await refresh();
}

async function change(one) {
  if (await edit(one)) await refresh();
}

async function take() {
  await begun;
  if (await bring(shown.scope || "own")) await refresh();
}

async function bin(ids) {
  if (ids.length > 1) {
    const sure = await ctx.ask(S.remove, say(S.remove_sure, { n: ids.length }), [{ name: "yes", label: S.remove, kind: "bad" }, { name: "no", label: S.cancel }]);
    if (sure !== "yes") return;
  }
  await work(() => inParts(ids, (part) => ctx.api.post("/scripts/remove", { ids: part })), S.removed);
}

async function unbin(ids) {
  await work(() => inParts(ids, (part) => ctx.api.post("/scripts/restore", { ids: part })), S.restored);
}

async function inParts(ids, send) {
  for (let at = 0; at < ids.length; at += 200) await send(ids.slice(at, at + 200));
}

async function work(fn, done) {
  try {
    await fn();
    ctx.toast(done);
  } catch (problem) {
    ctx.toast(told(problem), { kind: "bad" });
  }
  page.chosen.clear();
  await refresh();
}

async function copy(one) {
  try {
    await navigator.clipboard.writeText(one.text);
    ctx.toast(S.copied);
  } catch {
    ctx.toast(one.text);
  }
}

async function give() {
  const scope = shown.scope || (page.editable ? "public" : "own");
  const form = await ctx.ask(S.export, say(S.export_which, { scope: S[scope] }), [
    { name: "xlsx", label: S.export_xlsx, kind: "primary" },
    { name: "csv", label: S.export_csv },
    { name: "no", label: S.cancel },
  ]);
  if (form === "xlsx" || form === "csv") h("a", { href: `/api/v1/staff/scripts/files/export?scope=${scope}&form=${form}`, download: "" }).click();
}
