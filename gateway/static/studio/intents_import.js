// Examples from a shop's table: every line is judged before anything is kept, gets its intent here, and is chosen one by one.
import { openDialog } from "../desk/dialogs.js";
import { fill, h } from "../desk/dom.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { button, keep, told } from "./intents_common.js";
import { I } from "./words_intents.js";

const TONES = { new: "good", near: "warn", unknown: "warn", personal: "warn", conflict: "bad", invalid: "bad" };
const CAN = ["new", "near", "unknown", "personal"];
const MOST = 500;

// Resolves to whether something was taken over.
export function importer(ctx, page) {
  return new Promise((done) => open(ctx, page, done));
}

function open(ctx, page, done) {
  let lines = [];
  let kept = false;
  const previewed = newest();
  const file = h("input", { type: "file", accept: ".csv,.xlsx,.tsv,.txt" });
  const status = h("p", { role: "status" });
  const problem = h("p", { class: "wrong", role: "alert" });
  const only = h("input", { type: "checkbox" });
  const filter = h("label", { class: "check", hidden: true }, only, I.import_only);
  const list = h("ul", { class: "lines", "aria-label": I.import_title });
  const take = button("", () => keepLines(), "primary", { disabled: true });
  const dialog = h("dialog", { class: "wide", "aria-labelledby": "import-title" },
    h("h2", { id: "import-title", text: I.import_title }), h("p", { text: I.import_how }),
    h("label", {}, h("span", { text: I.import_file }), file), status, problem, filter, list,
    h("div", { class: "row end" }, button(I.cancel, end), take));
  const known = page.intents.filter((one) => one.known);
  const name = (intent) => known.find((one) => one.intent === intent)?.name || intent;
  file.addEventListener("change", read);
  only.addEventListener("change", draw);
  count();
  openDialog(dialog, end, file);

  async function read() {
    lines = [];
    fill(problem);
    draw();
    previewed.drop();
    if (!file.files[0]) return;
    status.textContent = I.import_reading;
    const sent = new FormData();
    sent.append("file", file.files[0]);
    await previewed("", () => ctx.api.upload("/studio/examples/files/preview", sent), (found) => {
      // What is clean is chosen already; what asks for something is for somebody to choose.
      lines = found.lines.map((line) => ({ ...line, chosen: line.state === "new", intent: line.intent || null, guess: line.state === "unknown" ? line.other?.intent : null }));
      fill(problem, found.cut ? I.import_cut : "", found.answered ? say(I.import_answers, { n: found.answered }) : "");
      draw();
    }, (refused) => {
      status.textContent = "";
      fill(problem, told(refused));
      file.value = "";
      draw();
    });
  }

  function draw() {
    filter.hidden = !lines.length;
    const seen = only.checked ? lines.filter((line) => !["new", "same"].includes(line.state)) : lines;
    fill(list, seen.slice(0, MOST).map(drawn), seen.length > MOST ? h("li", { class: "mute", text: say(I.total, { n: seen.length }) }) : null);
    count();
  }

  function count() {
    const of = (state) => lines.filter((line) => line.state === state).length;
    const sums = Object.fromEntries(Object.keys(I.import_states).map((state) => [state === "new" ? "fresh" : state, of(state)]));
    if (lines.length) status.textContent = say(I.import_sum, { all: lines.length, ...sums });
    const n = lines.filter((line) => line.chosen && line.intent).length;
    take.textContent = say(I.import_take, { n });
    take.disabled = !n;
  }

  function drawn(line) {
    const can = CAN.includes(line.state);
    const tick = h("input", { type: "checkbox", checked: line.chosen, disabled: !can || !line.intent, "aria-label": say(I.import_line, line) + line.text });
    tick.addEventListener("change", () => {
      line.chosen = tick.checked;
      count();
    });
    const choice = line.state === "unknown" ? chooser(line, tick) : h("span", { class: "tag", text: line.intent ? name(line.intent) : line.wanted });
    const said = [
      line.fault,
      line.other && line.state !== "unknown" ? say(I.import_other, { name: name(line.other.intent), text: line.other.text }) : null,
      line.shown ? say(I.import_masked, line) : null,
    ].filter(Boolean);
    return h("li", { "data-state": line.state },
      h("div", { class: "row" }, tick, h("span", { class: "mute", text: say(I.import_line, line) }), h("span", { class: "words grow", text: line.text }),
        choice, line.held_out ? h("span", { class: "tag good", text: I.kinds.held_out }) : null, h("span", { class: `tag state ${TONES[line.state] || ""}`, text: I.import_states[line.state] })),
      said.length ? h("p", { class: "mute", text: said.join("；") }) : null);
  }

  // Which intent a line of an unknown one belongs to; the likest example's is offered first.
  function chooser(line, tick) {
    const first = known.filter((one) => one.intent === line.guess);
    const rest = known.filter((one) => one.intent !== line.guess);
    const select = h("select", { "aria-label": say(I.import_intent, line) }, h("option", { value: "", text: line.wanted ? `${line.wanted}？` : I.import_choose }), [...first, ...rest].map((one) => h("option", { value: one.intent, text: one.name })));
    select.value = line.intent || "";
    select.addEventListener("change", () => {
      line.intent = select.value || null;
      line.chosen = tick.checked = Boolean(line.intent);
      tick.disabled = !line.intent;
      count();
    });
    return select;
  }

  async function keepLines() {
    const chosen = lines.filter((line) => line.chosen && line.intent);
    const rows = chosen.map((line) => ({ text: line.shown || line.text, intent: line.intent, topic: line.topic, held_out: line.held_out }));
    // The dialog of the save stands above this one; left there, everything here is as it was.
    const saved = await keep(ctx, "/studio/examples/propose", { operation: "import", rows }, { reason: say(I.reasons.import, { n: rows.length }) });
    if (!saved) return;
    kept = true;
    end();
  }

  function end() {
    dialog.close();
    dialog.remove();
    done(kept);
  }
}
