// Gradual admission: how much the bot may do alone for each wish and hour, and what agents did with its suggestions.
import { fill, h } from "./dom.js";
import { begin, failure, wrong } from "./frame.js";
import { newest } from "./turns.js";
import { say, W } from "./words.js";

const M = W.modes;
const ANY = "*";
const MODES = ["off", "suggest", "auto"];
const TONES = { off: "bad", suggest: "warn", auto: "good" };

const ctx = await begin("modes");
const main = document.getElementById("main");
const listed = newest({ again: true });
let found = null;

const search = h("input", { type: "search", "aria-label": M.search, placeholder: M.search, on: { input: () => drawTable() } });
const only = h("select", { "aria-label": M.show, on: { change: () => drawTable() } }, ["all", "offered", ...MODES].map((one) => h("option", { value: one, text: M.shows[one] })));
const host = h("div", { class: "scroll" });
fill(main, h("h1", { text: M.title }), h("p", { class: "intro mute", text: M.why }), h("div", { class: "row tools" }, search, only), host);
ctx.keys.bind("/", M.search, () => search.focus());
ctx.on("caught-up", () => read());
await read();

async function read() {
  await listed("", () => ctx.api.get("/modes"), (answer) => {
    found = answer;
    drawTable();
  }, (problem) => {
    ctx.toast(wrong(problem), { kind: "bad" });
    if (!found) fill(host, failure(problem, read));
  });
}

function span(one) {
  return one.from_hour === 0 && one.to_hour === 24 ? M.all_day : say(M.hours, one);
}

function windows(one) {
  if (!one.windows.length) return h("span", { class: "mute", text: one.intent === ANY ? M.undecided : M.as_any });
  return h("ul", { class: "windows" }, one.windows.map((window) => h("li", { class: `tag ${TONES[window.mode]}`, text: `${span(window)} ${M.names[window.mode]}` })));
}

function fits(one) {
  const words = search.value.trim().toLowerCase();
  const shown = only.value === "all" || (only.value === "offered" ? one.auto_offered && one.now !== "auto" : one.now === only.value);
  return shown && (!words || one.name.includes(words) || one.intent.includes(words) || one.group.includes(words));
}

function drawTable() {
  if (!found) return;
  const focused = document.activeElement?.dataset?.intent;
  const groups = new Map();
  for (const one of found.modes.filter(fits)) groups.set(one.group, [...(groups.get(one.group) || []), one]);
  const columns = ["intent", "now", "windows", "n", "unedited", ...(ctx.lead ? ["deed"] : [])];
  const cell = (name, ...content) => h("td", { "data-label": M.columns[name], class: ["n", "unedited"].includes(name) ? "number" : "" }, content);
  const row = (one) =>
    h("tr", { "data-row": one.intent },
      cell("intent", h("span", {}, one.intent === ANY ? M.any : one.name, h("span", { class: "id", text: one.intent === ANY ? M.any_why : one.intent }))),
      cell("now", h("span", { class: `tag ${TONES[one.now]}`, text: M.names[one.now] })),
      cell("windows", windows(one)),
      cell("n", one.intent === ANY ? "—" : say(M.sends, { n: one.n }), one.accepted === null ? null : h("span", { class: "id", text: say(M.accepted, { share: `${(one.accepted * 100).toFixed(0)}%` }) })),
      cell("unedited", one.unedited === null ? "—" : `${(one.unedited * 100).toFixed(0)}%`, one.auto_offered && one.now !== "auto" ? h("span", { class: "tag good", text: M.offered }) : null),
      ctx.lead ? cell("deed", h("button", { type: "button", "data-intent": one.intent, "aria-label": say(M.change_which, { name: one.intent === ANY ? M.any : one.name }), text: M.change, on: { click: () => change(one) } })) : null,
    );
  const parts = [...groups].map(([group, list]) => h("tbody", {}, group ? h("tr", {}, h("th", { scope: "rowgroup", colspan: columns.length, text: group })) : null, list.map(row)));
  fill(host, parts.length ? h("table", { class: "modes" }, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col", text: M.columns[name] })))), parts) : h("p", { class: "mute", text: M.none }));
  if (focused) host.querySelector(`[data-intent="${CSS.escape(focused)}"]`)?.focus();
}

// A night of two days is two windows: 22–8 becomes 22–24 and 0–8.
function split(window) {
  return window.from_hour < window.to_hour ? [window] : [{ ...window, to_hour: 24 }, ...(window.to_hour ? [{ ...window, from_hour: 0 }] : [])];
}

function overlap(list) {
  const sorted = [...list].sort((one, other) => one.from_hour - other.from_hour);
  return sorted.some((one, place) => place && one.from_hour < sorted[place - 1].to_hour);
}

// The windows being edited: a strip of the day, one line a window.
function editor(one) {
  const strip = h("div", { class: "day", role: "img" });
  const lines = h("div");
  const note = h("p", { class: "wrong", role: "alert" });
  const evidence = one.intent === ANY ? M.any_why : say(M.evidence, { days: found.days, n: one.n, unedited: one.unedited === null ? "—" : `${(one.unedited * 100).toFixed(0)}%`, sends: found.sends, share: `${Math.round(found.share * 100)}%` });
  const form = h("form", { on: { submit: (event) => event.preventDefault(), change: paint } },
    h("p", { class: "mute", text: evidence }), strip, lines,
    h("button", { type: "button", text: M.add, on: { click: () => line({ from_hour: 0, to_hour: 24, mode: "suggest" }) } }),
    h("p", { class: "mute", text: M.rest }), note);
  const hour = (name, value, from) => {
    const select = h("select", { name }, Array.from({ length: 24 }, (_, place) => place + from).map((number) => h("option", { value: String(number), text: say(M.clock, { h: String(number).padStart(2, "0") }) })));
    select.value = String(value);
    return h("label", {}, h("span", { text: M[name] }), select);
  };
  function line(window) {
    const mode = h("select", { name: "mode" }, MODES.map((name) => h("option", { value: name, text: M.names[name] })));
    mode.value = window.mode;
    const made = h("fieldset", { class: "window", "aria-label": M.window },
      hour("from_hour", window.from_hour, 0), hour("to_hour", window.to_hour, 1),
      h("label", {}, h("span", { text: M.mode }), mode),
      h("button", { type: "button", class: "quiet", "aria-label": M.remove, text: "×", on: { click: () => { made.remove(); paint(); } } }));
    lines.append(made);
    paint();
  }
  function windows_now() {
    return [...lines.children].flatMap((each) => {
      const value = (name) => each.querySelector(`[name=${name}]`).value;
      return split({ from_hour: Number(value("from_hour")), to_hour: Number(value("to_hour")), mode: value("mode") });
    });
  }
  function paint() {
    const list = windows_now();
    const of_hour = Array.from({ length: 24 }, (_, place) => list.find((each) => each.from_hour <= place && place < each.to_hour)?.mode || "");
    fill(strip, of_hour.map((mode) => h("i", { class: mode })));
    strip.setAttribute("aria-label", list.map((each) => `${span(each)} ${M.names[each.mode]}`).join("，") || M.as_any);
    note.textContent = overlap(list) ? M.overlap : "";
  }
  one.windows.forEach(line);
  paint();
  return { form, note, windows: windows_now };
}

async function change(one) {
  const edited = editor(one);
  const title = say(M.change_which, { name: one.intent === ANY ? M.any : one.name });
  let confirmed = false;
  for (;;) {
    if (!confirmed && (await ctx.ask(title, edited.form, [{ name: "save", label: M.save, kind: "primary" }, { name: "cancel", label: W.frame.cancel }])) !== "save") return;
    const windows_wanted = edited.windows();
    if (overlap(windows_wanted)) {
      edited.note.textContent = M.overlap;
      confirmed = false;
      continue;
    }
    try {
      found = await ctx.api.put(`/modes/${encodeURIComponent(one.intent)}`, { windows: windows_wanted, seen: one.windows, confirmed });
      // A reading from before knows nothing of it.
      listed.drop();
      drawTable();
      ctx.toast(M.saved);
      return;
    } catch (problem) {
      if (problem.kind === "auto-early" && !confirmed) {
        const why = say(M.early_why, { sends: found.sends, share: `${Math.round(found.share * 100)}%`, n: problem.body.n ?? 0 });
        confirmed = (await ctx.ask(M.early, why, [{ name: "back", label: M.back, kind: "primary" }, { name: "yes", label: M.early_yes, kind: "bad" }])) === "yes";
        continue;
      }
      confirmed = false;
      if (problem.kind === "modes-changed") {
        ctx.toast(M.changed, { kind: "warn" });
        await read();
        return;
      }
      edited.note.textContent = problem.kind === "windows" ? M.bad_windows : wrong(problem);
    }
  }
}
