// The other views of the inbox: what was labelled, what was dropped, and the tests that came of it.
import { fill, h } from "../desk/dom.js";
import { once } from "../desk/turns.js";
import { join } from "./inbox_saving.js";
import { I } from "./words_inbox.js";

const PAGE = 100;

// What was labelled or dropped (`state`), the newest first, each with the way back as long as it is in no file. `changed()`: read anew;
// `turn`: the place's, of desk/turns.js.
export async function judgedList(ctx, host, state, told, changed, turn, shown = []) {
  const bad = (problem) => ctx.toast(told(problem), { kind: "bad" });
  await turn({ state, limit: PAGE, offset: shown.length }, (wanted) => ctx.api.get("/studio/inbox/judged", wanted), (found) => drawJudged(ctx, host, state, told, changed, turn, [...shown, ...found.messages], found.total), bad);
}

function drawJudged(ctx, host, state, told, changed, turn, all, total) {
  const back = once(async (one) => {
    await ctx.api.post("/studio/inbox/reopen", { ids: [one.id] }).catch((problem) => ctx.toast(told(problem), { kind: "bad" }));
    changed();
  }, (one) => one.id);
  const row = (one) => h("li", { "data-message": one.id },
    h("q", { class: "grow", text: one.text }),
    one.label ? h("span", { class: "tag good", text: one.label_name }) : h("span", { class: "tag", text: I.because[one.why] || one.why }),
    one.train ? h("span", { class: "tag", text: I.train_tag }) : null,
    one.state === "labelled" ? h("span", { class: `tag ${one.saved ? "" : "warn"}`, text: one.saved ? I.in_files : I.not_in_files }) : null,
    one.saved ? null : h("button", { type: "button", "aria-label": `${I.reopen}：${one.text}`, text: I.reopen, on: { click: () => void back(one) } }));
  fill(host, all.length ? h("ul", { class: "judged", "aria-label": I.views[state] }, all.map(row)) : h("p", { class: "mute", text: I.list_none }),
    all.length < total ? h("button", { type: "button", text: I.list_more, on: { click: () => void judgedList(ctx, host, state, told, changed, turn, all) } }) : null);
}

// The inbox's tests, those that shall be taught first; chosen ones join the training data.
export async function testsList(ctx, host, _view, told, changed, turn, limit = PAGE) {
  const bad = (problem) => ctx.toast(told(problem), { kind: "bad" });
  await turn({ limit: Math.min(limit, 200) }, (wanted) => ctx.api.get("/studio/inbox/tests", wanted), (found) => drawTests(ctx, host, told, changed, turn, limit, found), bad);
}

function drawTests(ctx, host, told, changed, turn, limit, found) {
  const boxes = found.tests.map((one) => h("input", { type: "checkbox", checked: one.train, value: one.text, "aria-label": one.text }));
  const teach = once(async () => {
    const texts = boxes.filter((one) => one.checked).map((one) => one.value);
    if (texts.length && (await join(ctx, texts).catch((problem) => { ctx.toast(told(problem), { kind: "bad" }); }))) changed();
  });
  const every = h("input", { type: "checkbox", on: { change: (event) => { for (const one of boxes) one.checked = event.target.checked; } } });
  fill(host, h("p", { class: "mute", text: I.tests_why }),
    found.tests.length
      ? [h("div", { class: "row" }, h("label", {}, every, I.choose_all), h("button", { type: "button", class: "primary", text: I.join_now, on: { click: () => void teach() } })),
        h("ul", { class: "judged", "aria-label": I.views.tests }, found.tests.map((one, place) => h("li", {}, boxes[place], h("span", { class: "grow", text: one.line }), h("span", { class: "tag good", text: one.name }), one.train ? h("span", { class: "tag", text: I.wants_training }) : null))),
        found.tests.length < found.total && limit < 200 ? h("button", { type: "button", text: I.list_more, on: { click: () => void testsList(ctx, host, "", told, changed, turn, limit + PAGE) } }) : null]
      : h("p", { class: "mute", text: I.tests_none }));
}
