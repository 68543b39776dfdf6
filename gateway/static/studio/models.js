// Which versions there are: train a candidate, read how it compares with the live one, let it go live, go back.
import { fill, h } from "../desk/dom.js";
import { begin, wrong } from "../desk/frame.js";
import { newest, once } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { moment, mountJob } from "./jobs.js";
import { readReport, share, showReport } from "./report.js";
import { M } from "./words_models.js";

const EVERY = 1_000;
const ctx = await begin("models", { area: "studio", live: false });
const main = document.getElementById("main");
const work = h("div");
const switching = h("p", { id: "switching", role: "status" });
const list = h("div", { class: "scroll", id: "list", tabindex: "0", role: "group", "aria-label": M.list });
const report = h("section", { id: "report", hidden: true, tabindex: "-1", "aria-labelledby": "report-title" });
const button = h("button", { type: "button", class: "primary", id: "train", text: M.train, on: { click: train } });
const back = h("button", { type: "button", id: "rollback", text: M.rollback, hidden: true, on: { click: rollback } });
const listed = newest({ again: true });
const opened = newest();
const compare = once(compared, (id) => id);
let known = null;
let followed = null;

fill(main, h("h1", { text: M.title }), h("p", { class: "intro mute", text: M.why }), h("div", { class: "row" }, button, back), work, switching, list, report);
const job = mountJob(work, ctx, ended);
ctx.keys.bind("t", M.keys.train, train);
await Promise.all([read(), working()]);
const asked = new URLSearchParams(location.search).get("release");
if (asked) await open(asked);
document.body.dataset.ready = "yes";

function refused(problem) {
  ctx.toast(wrong(problem), { kind: "bad" });
}

async function working() {
  const found = await ctx.api.get("/studio/jobs").catch(refused);
  const newest = found?.running || found?.jobs.find((one) => one.kind !== "check");
  if (newest) job.show(newest, Boolean(found.running));
  button.disabled = Boolean(found?.running);
}

async function ended(done) {
  button.disabled = false;
  await read();
  if (done.kind !== "check" && done.state === "done" && done.result.release) await open(done.result.release);
}

async function read() {
  await listed("", () => ctx.api.get("/studio/models"), draw, refused);
}

function draw(found) {
  known = found;
  back.hidden = !known.former || !known.can_switch;
  const columns = Object.keys(M.columns);
  const rows = known.models.map((one) => {
    const cells = cellsOf(one);
    return h("tr", { "data-state": one.state, "data-release": one.id }, columns.map((name) => h("td", { "data-name": M.columns[name], class: ["own", "real", "dialogues"].includes(name) ? "number" : "" }, cells[name])));
  });
  fill(list, rows.length
    ? h("table", { class: "releases", "aria-label": M.list }, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col", text: M.columns[name] })))), h("tbody", {}, rows))
    : h("p", { class: "mute", text: M.none }), known.can_switch ? null : h("p", { class: "mute", text: M.no_switch }));
  const pending = known.requests.find((one) => !["done", "failed"].includes(one.answer.state));
  if (pending && pending.id !== followed) void follow(pending.id, pending.release);
}

function cellsOf(one) {
  const { own, real, dialogues } = one.figures;
  const gate = one.gate;
  const verdict = !gate ? h("span", { class: "mute", text: one.model && one.state !== "live" ? M.not_compared : "" })
    : h("span", { class: `tag ${gate.passed ? "passed" : "blocked"}`, text: gate.passed ? M.passed : say(M.blocked, { n: gate.blocked.length }), title: gate.blocked.join("、") });
  const act = (label, run, kind = "") => h("button", { type: "button", class: kind, text: label, "aria-label": `${label} ${one.id}`, on: { click: run } });
  const usable = one.model && one.state !== "live";
  return {
    id: h("strong", { text: one.id }),
    made: [one.made_by, " · ", moment(one.made_at), one.why ? h("div", { class: "mute", text: M.launched[one.why] || one.why }) : null],
    commit: one.commit ? h("code", { text: one.commit.slice(0, 8) }) : "",
    state: [h("span", { class: `tag ${one.state}`, text: M.states[one.state] }), one.published.length ? h("div", { class: "mute", text: say(M.published, { n: one.published.length }) }) : null],
    own: share(own?.accuracy),
    real: share(real?.lenient),
    dialogues: dialogues?.counted ? `${dialogues.right}/${dialogues.counted}` : "",
    gate: verdict,
    act: h("div", { class: "acts" },
      one.figures.own || one.figures.refused ? act(M.report, () => open(one.id)) : null,
      usable ? act(M.compare, () => compare(one.id)) : null,
      usable && known.can_switch ? act(M.promote, () => promote(one), gate?.passed ? "primary" : "") : null,
      usable && known.can_switch ? h("a", { class: "button", href: `/studio/try?release=${encodeURIComponent(one.id)}`, text: M.try, "aria-label": `${M.try} ${one.id}` }) : null),
  };
}

// A reason, or null when it was left. `must`: an empty one is asked for again.
async function why(title, label, action, { hint = "", kind = "primary", must = true } = {}) {
  const field = h("input", { name: "reason", maxlength: "500", autocomplete: "off", required: must });
  const note = h("p", { class: "wrong", role: "alert" });
  const form = h("div", {}, h("label", {}, h("span", { text: label }), field), note, hint ? h("p", { class: "mute", text: hint }) : null);
  for (;;) {
    const chosen = await ctx.ask(title, form, [{ name: "yes", label: action, kind }, { name: "no", label: M.cancel }]);
    if (chosen !== "yes") return null;
    if (field.value.trim() || !must) return field.value.trim();
    note.textContent = M.reason_missing;
  }
}

async function train() {
  if (button.disabled) return;
  const reason = await why(M.train, M.train_why, M.start, { hint: M.train_hint });
  if (reason === null) return;
  begun(ctx.api.post("/studio/train", { why: reason }));
}

async function compared(id) {
  await begun(ctx.api.post(`/studio/releases/${encodeURIComponent(id)}/compare`));
}

async function begun(call) {
  button.disabled = true;
  try {
    job.show(await call, true);
  } catch (problem) {
    button.disabled = job.busy();
    refused(problem);
  }
}

async function promote(one) {
  const passed = one.gate?.passed || one.state === "former";
  if (!passed && !known.may_overrule) {
    ctx.toast(`${one.gate ? "" : M.never_compared}${M.overrule_role}`, { kind: "warn" });
    return;
  }
  const reason = passed
    ? await why(say(M.promote_title, one), M.promote_why, M.promote)
    : await why(say(M.overrule_title, one), M.overrule_why, M.overrule, { kind: "bad", hint: one.gate ? `${M.failing}：${one.gate.blocked.join("、")}` : M.never_compared });
  if (reason === null) return;
  const found = await ctx.api.post(`/studio/models/${encodeURIComponent(one.id)}/promote`, { reason, overrule: !passed }).catch(refused);
  if (found) await follow(found.request, one.id);
}

async function rollback() {
  const { former } = known;
  const reason = await why(say(M.rollback_title, { id: former }), M.rollback_why, M.rollback);
  if (reason === null) return;
  const found = await ctx.api.post("/studio/models/rollback", { reason }).catch(refused);
  if (found) await follow(found.request, former);
}

// Says how far the switch is until it has ended.
async function follow(request, id) {
  followed = request;
  for (;;) {
    const answer = await ctx.api.get(`/studio/models/requests/${encodeURIComponent(request)}`).catch(() => null);
    // A later switch is the one that is told of.
    if (followed !== request) return;
    if (answer) switching.textContent = say(M.switching, { id, state: say(M.request[answer.state], { detail: answer.detail }) });
    if (answer && ["done", "failed"].includes(answer.state)) {
      switching.textContent = answer.state === "done" ? M.switched : say(M.failed, { detail: answer.detail });
      break;
    }
    await new Promise((go) => setTimeout(go, EVERY));
  }
  await read();
}

async function open(id) {
  history.replaceState(null, "", `?release=${encodeURIComponent(id)}`);
  const close = () => {
    opened.drop();
    report.hidden = true;
    history.replaceState(null, "", location.pathname);
  };
  await opened(id, () => readReport(ctx, id), (told) => showReport(report, ctx, told, { close }), refused);
}
