// The form of a quality review: its lines, what was marked, and the score as the server will count it (policy/review_form.py).
import { h } from "./dom.js";
import { say, W } from "./words.js";

const V = W.review;
const MARKS = ["2", "1", "0", ""];

// An empty form, or one filled in as `before`. node, value(), missing(), touched(), focus(id).
export function blank(form, before = null) {
  let touched = false;
  const lines = form.criteria.map((one) => {
    const marks = MARKS.map((mark) => {
      const kept = before && String(before.marks[one.id] ?? "") === mark;
      return h("label", {}, h("input", { type: "radio", name: `mark-${one.id}`, value: mark, checked: Boolean(kept) }), V.marks[mark || "none"]);
    });
    return h("fieldset", { class: "criterion", "data-criterion": one.id },
      h("legend", { text: say(V.points, one) }), h("p", { class: "ask", text: one.ask, title: one.source }), h("div", { class: "marks" }, marks));
  });
  const faults = form.faults.map((one) =>
    h("label", { class: "fault", title: one.source }, h("input", { type: "checkbox", name: "fault", value: one.id, checked: Boolean(before?.faults.includes(one.id)) }), h("span", { class: "bad", text: one.name }), " ", h("span", { class: "mute", text: one.ask })),
  );
  const node = h("div", { on: { change: () => { touched = true; } } }, lines, h("h3", { text: V.faults }), faults);
  const marked = (id) => node.querySelector(`[name="mark-${id}"]:checked`);
  return {
    node,
    touched: () => touched,
    value: () => ({
      marks: Object.fromEntries(form.criteria.filter((one) => marked(one.id)).map((one) => [one.id, marked(one.id).value === "" ? null : Number(marked(one.id).value)])),
      faults: [...node.querySelectorAll("[name=fault]:checked")].map((box) => box.value),
    }),
    missing: () => form.criteria.find((one) => !marked(one.id)),
    focus: (id) => node.querySelector(`[name="mark-${id}"]`).focus(),
  };
}

// 0 to 100 of what was marked so far and applies; null while there is nothing. A fault makes it 0.
export function score(form, { marks, faults }) {
  const applied = form.criteria.filter((one) => marks[one.id] !== undefined && marks[one.id] !== null);
  if (!applied.length) return null;
  if (faults.length) return 0;
  const most = applied.reduce((sum, one) => sum + 2 * one.points, 0);
  return Math.round((100 * applied.reduce((sum, one) => sum + marks[one.id] * one.points, 0)) / most);
}

// A finished form, what was missed first.
export function given(form, review) {
  const worst = (one) => review.marks[one.id] ?? 3;
  const rows = [...form.criteria].sort((one, other) => worst(one) - worst(other));
  return h("dl", { class: "given" },
    form.faults.filter((one) => review.faults.includes(one.id)).map((one) => [h("dt", { class: "bad", text: one.name }), h("dd", { class: "bad", text: V.failed })]),
    rows.map((one) => [h("dt", { text: one.name, title: one.ask }), h("dd", { class: { 0: "bad", 1: "warn", 2: "good" }[review.marks[one.id]] || "mute", text: V.marks[review.marks[one.id] ?? "none"] })]),
  );
}
