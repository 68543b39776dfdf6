// Taking over an agent's own phrases: every line is judged before anything is kept, can be mended here, and is chosen one by one.
import { openDialog } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { findings } from "./script_edit.js";
import { marked } from "./script_row.js";
import { newest, once } from "./turns.js";
import { say, W } from "./words.js";

const S = W.scripts;
const STATES = ["new", "ask", "block", "code", "invalid", "same"];
const FIELDS = ["title", "text", "code", "folder", "situation", "valid_from", "valid_to"];
const WAIT = 350;

export function importer(ctx, page, told) {
  // Resolves to whether something was taken over.
  return (scope) => new Promise((done) => open(ctx, page, told, scope, done));
}

function open(ctx, page, told, wanted, done) {
  let lines = [];
  let kept = false;
  const previewed = newest();
  const scope = h("select", {}, (page.editable ? ["own", "public"] : ["own"]).map((value) => h("option", { value, text: S[value] })));
  scope.value = page.editable ? wanted : "own";
  const file = h("input", { type: "file", accept: ".csv,.xlsx,.tsv,.txt" });
  const status = h("p", { role: "status" });
  const problem = h("p", { class: "wrong", role: "alert" });
  const wrongOnly = h("input", { type: "checkbox" });
  const filter = h("label", { hidden: true }, wrongOnly, S.import_only_wrong);
  const list = h("ul", { class: "lines", "aria-label": S.import_lines });
  const take = h("button", { type: "button", class: "primary", disabled: true });
  const dialog = h(
    "dialog",
    { class: "script-import", "aria-labelledby": "import-title" },
    h("h2", { id: "import-title", text: S.import_title }),
    h("p", { text: S.import_how }),
    h("div", { class: "two" }, h("label", {}, h("span", { text: S.import_to }), scope), h("label", {}, h("span", { text: S.import_file }), file)),
    status,
    problem,
    filter,
    list,
    h("div", { class: "row end" }, h("button", { type: "button", text: S.close, on: { click: end } }), take),
  );
  file.addEventListener("change", read);
  scope.addEventListener("change", read);
  wrongOnly.addEventListener("change", draw);
  const takeOver = once(keep);
  take.addEventListener("click", () => void takeOver());
  count();
  openDialog(dialog, end, file);

  async function read() {
    lines = [];
    fill(problem);
    draw();
    previewed.drop();
    if (!file.files[0]) return;
    status.textContent = S.import_reading;
    const sent = new FormData();
    sent.append("file", file.files[0]);
    await previewed(scope.value, (wanted) => ctx.api.upload(`/scripts/files/preview?scope=${wanted}`, sent), (found) => {
      lines = found.lines;
      // What only asks is for somebody to choose; what is clean is chosen already.
      for (const line of lines) Object.assign(line, { first: line.state, chosen: line.state === "new" });
      draw();
    }, (refused) => {
      fill(problem, told(refused));
      // The same file, mended, can be chosen again.
      file.value = "";
      draw();
    });
  }

  function draw() {
    const seen = wrongOnly.checked ? lines.filter((line) => line.first !== "new" && line.first !== "same") : lines;
    filter.hidden = !lines.length;
    fill(list, seen.map((line) => (line.node = drawn(line))));
    count();
  }

  function count() {
    const of = (state) => lines.filter((line) => line.state === state).length;
    const sums = Object.fromEntries(STATES.map((state) => [state === "new" ? "fresh" : state, of(state)]));
    status.textContent = lines.length ? say(S.import_sum, { all: lines.length, ...sums }) : "";
    const n = lines.filter((line) => line.chosen).length;
    take.textContent = say(S.import_take, { n });
    take.disabled = !n;
  }

  function drawn(line) {
    const can = line.state === "new" || line.state === "ask";
    const tick = h("input", { type: "checkbox", checked: line.chosen, disabled: !can, "aria-label": say(S.import_line, line) });
    tick.addEventListener("change", () => {
      line.chosen = tick.checked;
      count();
    });
    const kind = { new: "good", ask: "warn", block: "bad", code: "bad", invalid: "bad" }[line.state] || "";
    const known = h("div", { class: "findings-of" }, about(line));
    const mend = line.first !== "same" && line.first !== "new" ? mender(line) : h("p", { class: "words" }, marked(line.text, page.values));
    return h(
      "li",
      { class: line.state, "data-line": String(line.line) },
      h("div", { class: "row head" }, tick, h("span", { class: "mute", text: say(S.import_line, line) }), h("strong", { text: line.title }), line.code ? h("kbd", { text: `/${line.code}` }) : null, line.folder.length ? h("span", { class: "tag", text: line.folder.join(" / ") }) : null, h("span", { class: `tag ${kind} state`, text: S.states[line.state] })),
      mend,
      known,
    );
  }

  function about(line) {
    const said = [
      line.problem ? S.problems[line.problem.kind] || line.problem.detail : null,
      line.state === "code" ? say(S.code_taken, { title: line.taken_by || "" }) : null,
      line.cleaned ? S.cleaned : null,
      line.gaps.length ? say(S.unknown_values, { names: line.gaps.join("、") }) : null,
    ].filter(Boolean);
    return [line.findings.length ? h("ul", { class: "findings" }, findings(line.findings)) : null, said.length ? h("p", { class: "mute", text: said.join("；") }) : null];
  }

  // Text and code of a line that does not go in as it is: mended here, judged again.
  function mender(line) {
    const text = h("textarea", { value: line.text, rows: "2", "aria-label": `${S.form.text}（${say(S.import_line, line)}）` });
    const code = h("input", { value: line.code, maxlength: "21", "aria-label": `${S.form.code}（${say(S.import_line, line)}）` });
    let timer = null;
    const again = (event) => {
      if (event.isComposing) return;
      line.text = text.value;
      line.code = code.value.trim();
      clearTimeout(timer);
      timer = setTimeout(() => judge(line), WAIT);
    };
    for (const field of [text, code]) {
      field.addEventListener("input", again);
      field.addEventListener("compositionend", again);
    }
    return h("div", { class: "row mend" }, text, code);
  }

  async function judge(line) {
    const asked = line.text;
    const said = await ctx.api.post("/scripts/check", { text: asked.slice(0, 4000) }).catch(() => null);
    if (!said || asked !== line.text) return;
    const doubled = line.code && lines.some((one) => one !== line && one.code?.toLowerCase() === line.code.toLowerCase());
    const broken = !line.text.trim() || [...line.text].length > 1000 ? "script-length" : /[\s/{}]/.test(line.code) || line.code.length > 20 ? "script-code" : null;
    line.findings = said.findings;
    line.problem = broken ? { kind: broken } : null;
    line.state = broken ? "invalid" : said.findings.some((one) => one.severity === "block") ? "block" : doubled ? "code" : said.findings.some((one) => one.severity === "ask") ? "ask" : "new";
    line.chosen = line.state === "new";
    // The field somebody writes in stays; only what is said about it is drawn anew.
    const tick = line.node.querySelector("input[type=checkbox]");
    Object.assign(tick, { disabled: !["new", "ask"].includes(line.state), checked: line.chosen });
    const tag = line.node.querySelector(".state");
    tag.textContent = S.states[line.state];
    tag.className = `tag state ${{ new: "good", ask: "warn" }[line.state] || "bad"}`;
    fill(line.node.querySelector(".findings-of"), about(line));
    count();
  }

  async function keep() {
    const chosen = lines.filter((line) => line.chosen);
    fill(problem);
    take.disabled = true;
    try {
      const rows = chosen.map((line) => Object.fromEntries(FIELDS.map((name) => [name, line[name] || (name === "folder" ? [] : name.startsWith("valid") ? null : "")])));
      const { count: n } = await ctx.api.post("/scripts/files/import", { scope: scope.value, rows, confirmed: chosen.some((line) => line.state === "ask") });
      kept = true;
      ctx.toast(say(S.import_done, { n }));
      end();
    } catch (refused) {
      take.disabled = false;
      const line = chosen[refused.body?.row];
      fill(problem, line ? `${say(S.import_line, line)}：` : "", told(refused));
      line?.node?.scrollIntoView({ block: "center" });
    }
  }

  function end() {
    dialog.close();
    dialog.remove();
    done(kept);
  }
}
