// Quality reviews: a lead draws a sample, reads a talk beside the form and scores it; an agent reads their own and answers.
import { fill, h } from "./dom.js";
import { begin, failure, wrong } from "./frame.js";
import { at, drawWords, intentNames } from "./reading.js";
import { blank, given, score } from "./review_form.js";
import { held, newest } from "./turns.js";
import { say, W } from "./words.js";

const V = W.review;
const FOCUSES = ["any", "unhappy", "slow", "overruled", "handwritten"];
const LOW = 60;
const HIGH = 85;

const ctx = await begin("review");
const main = document.getElementById("main");
const sheet = h("div");
const list = h("div", { "aria-live": "polite" });
const state = { tab: ctx.lead ? "sample" : "reviews", form: null, names: new Map(), draft: null };
const listed = newest({ again: true });
const opened = newest();
let intents = new Map();
const tools = h("div", { class: "row tools" });
const whose = h("select", { "aria-label": V.staff, on: { change: () => read() } });
const focus = h("select", { "aria-label": V.focus, on: { change: () => read() } }, FOCUSES.map((one) => h("option", { value: one, text: V.focuses[one] })));
const each = h("select", { "aria-label": V.each, on: { change: () => read() } }, [1, 3, 5, 10].map((one) => h("option", { value: String(one), text: say(V.each_n, { n: one }) })));
const days = h("select", { "aria-label": V.days, on: { change: () => read() } }, [1, 7, 30].map((one) => h("option", { value: String(one), text: say(V.days_n, { n: one }) })));
each.value = "3";
days.value = "7";

fill(main, h("h1", { text: ctx.lead ? V.title : V.mine }), tools, list, sheet);
ctx.on("frame", (frame) => {
  if (frame.type === "review" && (ctx.lead || frame.staff === ctx.me.id) && state.tab === "reviews") void read();
});
intents = await intentNames(ctx);
await read();

async function read() {
  const sample = state.tab === "sample";
  const wanted = sample ? { focus: focus.value, each: each.value, days: days.value, staff: whose.value } : { staff: whose.value };
  const failed = (problem) => {
    ctx.toast(wrong(problem), { kind: "bad" });
    if (!list.children.length) fill(list, failure(problem, read));
  };
  if (state.form) drawTools();
  await listed([state.tab, wanted], async () => {
    if (!state.form) {
      state.form = await ctx.api.get("/reviews/form");
      drawTools();
    }
    return ctx.api.get(sample ? "/reviews/sample" : "/reviews", wanted);
  }, sample ? drawSample : drawReviews, failed);
}

function drawTools() {
  if (!ctx.lead) return;
  const tab = (name) => h("button", { type: "button", "data-tab": name, "aria-pressed": String(state.tab === name), text: V.tabs[name], on: { click: () => show(name) } });
  fill(tools, tab("sample"), tab("reviews"), whose, state.tab === "sample" ? [focus, each, days] : null);
}

function show(name) {
  state.tab = name;
  fill(list);
  void read();
  tools.querySelector(`[data-tab=${name}]`).focus();
}

function remember(members) {
  state.names = new Map([...intents, ...members.map((one) => [one.id, `${one.name} ${one.number}`])]);
  const chosen = whose.value;
  fill(whose, h("option", { value: "", text: V.everybody }), members.map((one) => h("option", { value: one.id, text: `${one.number} ${one.name}` })));
  whose.value = chosen;
}

function drawSample(found) {
  remember(found.members);
  const row = (part) =>
    h("li", {}, h("button", { type: "button", "data-talk": part.talk_id, on: { click: () => open(part.talk_id, part.staff_id) } },
      h("strong", { text: state.names.get(part.staff_id) || part.staff_id }),
      h("span", {}, facts(part)),
      h("span", { class: "mute", text: at(part.ended) })));
  fill(list, h("p", { class: "mute", text: V.sample_why }), found.sample.length ? h("ul", { class: "reviews" }, found.sample.map(row)) : h("p", { class: "mute", text: V.no_sample }));
}

// What was measured, worst first to see.
function facts(part) {
  const seconds = (value) => (value === null ? "—" : say(W.figures.seconds, { n: Math.round(value) }));
  const tags = [
    ["", say(V.facts.answers, { n: part.answers, helped: part.helped })],
    [part.first_reply > 15 ? "warn" : "", say(V.facts.first_reply, { time: seconds(part.first_reply) })],
    [part.longest > 180 ? "bad" : "", say(V.facts.longest, { time: seconds(part.longest) })],
    ...(part.rating ? [[part.rating <= 2 ? "bad" : "good", say(V.facts.rating, { n: part.rating })]] : []),
    ...(part.overruled ? [["bad", say(V.facts.overruled, { n: part.overruled })]] : []),
    ...(part.findings?.length ? [["warn", say(V.facts.findings, { n: part.findings.length })]] : []),
  ];
  return h("ul", { class: "facts" }, tags.map(([kind, text]) => h("li", { class: `tag ${kind}`, text })));
}

function drawReviews(found) {
  remember(found.members);
  const row = (one) =>
    h("li", {}, h("button", { type: "button", "data-review": one.id, on: { click: () => openReview(one) } },
      h("span", { class: tone(one.score), text: String(one.score) }),
      h("span", {}, h("strong", { text: state.names.get(one.staff_id) || one.staff_id }), " ", h("span", { class: `tag ${one.agrees === false ? "bad" : one.agrees ? "good" : "warn"}`, text: V.answers[String(one.agrees)] })),
      h("span", { class: "mute", text: at(one.at) }),
      h("span", { class: "remark", text: one.comment || "" })));
  fill(list, found.reviews.length ? h("ul", { class: "reviews" }, found.reviews.map(row)) : h("p", { class: "mute", text: V.no_reviews }));
}

function tone(value) {
  return `score ${value < LOW ? "low" : value >= HIGH ? "high" : ""}`;
}

async function talk_of(id, findings = []) {
  const words = h("ol", { class: "words", tabindex: "0", "aria-label": V.talk });
  try {
    const view = await ctx.api.get(`/talks/${encodeURIComponent(id)}`, { limit: 200 });
    drawWords(words, view, state.names, new Map(findings.map((one) => [one.message_id, say(V.finding, one)])));
    words.scrollTop = 0;
    return words;
  } catch (problem) {
    return h("p", { class: "mute", text: problem.status === 404 ? V.erased : wrong(problem) });
  }
}

// Whether what was marked and not sent may go.
async function mayLeave() {
  return !state.draft?.changed() || (await ctx.ask(V.leave, V.leave_why, [{ name: "stay", label: V.stay, kind: "primary" }, { name: "go", label: V.go, kind: "bad" }])) === "go";
}

// A talk and its empty form; `before`: the review that is corrected. Marked is asked for when the other talk is there: until then it stays.
async function open(talk, staff, before = null) {
  await opened(talk, async () => {
    let part = null;
    try {
      part = talk ? (await ctx.api.get(`/reviews/talks/${encodeURIComponent(talk)}`)).parts.find((one) => one.staff_id === staff) : null;
    } catch (problem) {
      if (problem.status !== 404) ctx.toast(wrong(problem), { kind: "bad" });
    }
    return { part, words: talk ? await talk_of(talk, part?.findings) : h("p", { class: "mute", text: V.erased }) };
  }, async (found) => (await mayLeave()) && drawForm(talk, staff, before, found));
}

function drawForm(talk, staff, before, { part, words }) {
  const draft = blank(state.form, before);
  const note = h("p", { class: "wrong", role: "alert" });
  const sum = h("output", { class: "score", "aria-label": V.score });
  const comment = h("textarea", { maxlength: "2000", value: before?.comment || "", "aria-label": V.comment, placeholder: V.comment });
  const paint = () => {
    const reached = score(state.form, draft.value());
    sum.textContent = reached === null ? "—" : String(reached);
    sum.className = reached === null ? "score" : tone(reached);
  };
  draft.node.addEventListener("change", paint);
  paint();
  const save = h("button", { type: "submit", class: "primary", text: before ? V.correct : V.save });
  const form = h("form", { on: { submit: (event) => { event.preventDefault(); void send(); } } }, draft.node, comment, note, h("div", { class: "row end" }, sum, save));
  fill(sheet, h("div", { class: "sheet" },
    h("section", { "aria-label": V.talk }, h("h2", { text: state.names.get(staff) || "" }), part ? facts(part) : null, words),
    h("section", { "aria-label": V.form }, h("h2", { text: V.form }), form)));
  state.draft = { changed: () => form.isConnected && (draft.touched() || comment.value !== (before?.comment || "")) };
  sheet.scrollIntoView({ block: "start" });
  form.querySelector("input").focus({ preventScroll: true });

  async function send() {
    const value = draft.value();
    const missing = draft.missing();
    if (missing) {
      note.textContent = say(V.missing, { name: missing.name });
      draft.focus(missing.id);
      return;
    }
    const body = { ...value, comment: comment.value.trim() || null };
    if (!(await sent(body))) return;
    (list.querySelector("button") || tools.querySelector("button"))?.focus();
  }

  const sent = held(async (body) => {
    try {
      const made = before ? await ctx.api.put(`/reviews/${before.id}`, { ...body, version: before.version }) : await ctx.api.post("/reviews", { ...body, talk_id: talk, staff_id: staff });
      opened.drop();
      state.draft = null;
      fill(sheet);
      ctx.toast(say(V.saved, { score: made.score }));
      await read();
      return true;
    } catch (problem) {
      note.textContent = V.problems[problem.kind] || wrong(problem);
      return false;
    }
  });
}

// A finished review: marks, words, and what the member says to it.
async function openReview(one) {
  await opened(one.id, () => (one.talk_id ? talk_of(one.talk_id) : h("p", { class: "mute", text: V.erased })), async (words) => (await mayLeave()) && drawReview(one, words));
}

function drawReview(one, words) {
  state.draft = null;
  const mine = one.staff_id === ctx.me.id;
  const answered = one.agrees !== null || one.answer ? h("p", {}, h("strong", { text: `${V.answers[String(one.agrees)]} ` }), one.answer || "") : null;
  fill(sheet, h("div", { class: "sheet" },
    h("section", { "aria-label": V.talk }, words),
    h("section", { "aria-label": V.result },
      h("div", { class: "row" }, h("h2", { class: "grow", text: say(V.by, { who: state.names.get(one.reviewer_id) || "", at: at(one.at) }) }), h("span", { class: tone(one.score), text: String(one.score) })),
      given(state.form, one),
      one.comment ? h("p", { text: one.comment }) : null,
      answered,
      mine && one.agrees === null ? reply(one) : null,
      ctx.lead && !mine ? h("div", { class: "row end" }, h("button", { type: "button", text: V.correct, on: { click: () => open(one.talk_id, one.staff_id, one) } })) : null)));
  sheet.scrollIntoView({ block: "start" });
}

function reply(one) {
  const text = h("textarea", { maxlength: "2000", "aria-label": V.answer, placeholder: V.answer });
  const note = h("p", { class: "wrong", role: "alert" });
  const send = held(async (agrees) => {
    if (!agrees && !text.value.trim()) {
      note.textContent = V.say_why;
      text.focus();
      return;
    }
    try {
      const made = await ctx.api.post(`/reviews/${one.id}/answer`, { version: one.version, agrees, answer: text.value.trim() || null });
      await read();
      await openReview(made);
      ctx.toast(V.sent);
    } catch (problem) {
      note.textContent = V.problems[problem.kind] || wrong(problem);
    }
  });
  return h("div", {}, text, note, h("div", { class: "row end" },
    h("button", { type: "button", text: V.object, on: { click: () => send(false) } }),
    h("button", { type: "button", class: "primary", text: V.agree, on: { click: () => send(true) } })));
}
