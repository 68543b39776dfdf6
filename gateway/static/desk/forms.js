// A modal form that sends what was filled in. What the API refuses is said in it, and nothing that was typed is lost.
import { fill, h } from "./dom.js";
import { wrong } from "./frame.js";
import { once } from "./turns.js";
import { say, W } from "./words.js";

const F = W.forms;

// `fields`: [{name, label, type: text | textarea | number | date | datetime-local | select | choice | checkbox, value, options: [{value, label}],
// required, max, min, step, hint}]. `send(values, confirmed)` posts; resolves to true when it went, false when it was left.
// Wording findings are shown with a second button that sends all the same (`confirmed`).
export function form({ title, intro, fields, submit, kind = "primary", send }) {
  return new Promise((done) => {
    const before = document.activeElement;
    let sent = false;
    const inputs = new Map(fields.map((field) => [field.name, control(field)]));
    const problem = h("div", { class: "wrong", role: "alert" });
    const go = h("button", { type: "submit", class: kind, text: submit });
    const anyway = h("button", { type: "button", class: "bad", text: F.anyway, hidden: true, on: { click: () => void post(true) } });
    const body = h(
      "form",
      { novalidate: true },
      h("h2", { id: "form-title", text: title }),
      intro ? h("p", { class: "mute", text: intro }) : null,
      fields.map((field) => row(field, inputs.get(field.name))),
      problem,
      h("div", { class: "row end" }, h("button", { type: "button", text: W.frame.cancel, on: { click: () => dialog.close() } }), anyway, go),
    );
    const dialog = h("dialog", { class: "form", "aria-labelledby": "form-title" }, body);
    const values = () => Object.fromEntries([...inputs].map(([name, input]) => [name, read(input)]));
    // Ctrl+Enter sends as well, also while the button waits.
    const post = once(async (confirmed) => {
      const lacking = fields.find((field) => field.required && !String(read(inputs.get(field.name)) ?? "").trim());
      if (lacking) {
        fill(problem, say(F.required, { field: lacking.label }));
        focusable(inputs.get(lacking.name)).focus();
        return;
      }
      go.disabled = anyway.disabled = true;
      fill(problem);
      try {
        await send(values(), confirmed);
        sent = true;
        dialog.close();
      } catch (error) {
        show(error);
      } finally {
        go.disabled = anyway.disabled = false;
      }
    });
    function show(error) {
      const findings = error.body?.findings;
      anyway.hidden = !findings;
      if (findings) fill(problem, h("p", { text: F.findings }), h("ul", {}, findings.map((one) => h("li", {}, h("b", { text: one.found }), " ", one.why, one.instead ? say(F.instead, one) : ""))));
      else fill(problem, told(error));
    }
    body.addEventListener("submit", (event) => {
      event.preventDefault();
      void post(false);
    });
    body.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      void post(false);
    });
    // What was refused was refused for these words: other ones are looked at anew.
    body.addEventListener("input", () => {
      anyway.hidden = true;
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.isConnected && before.focus?.();
      done(sent);
    });
    document.body.append(dialog);
    dialog.showModal();
    const first = fields.length ? focusable(inputs.get(fields[0].name)) : go;
    first.focus();
  });
}

// A problem of these deeds: what is missing by the table, else the frame's words.
export function told(problem) {
  const need = problem.body?.need;
  return need && F.needs[need] ? F.needs[need] : F.problems[problem.kind] || wrong(problem);
}

function control(field) {
  const common = { name: field.name, required: Boolean(field.required), "aria-describedby": field.hint ? `hint-${field.name}` : null };
  if (field.type === "select") return h("select", { ...common, value: field.value }, field.options.map((one) => h("option", { value: one.value, text: one.label })));
  if (field.type === "choice") {
    const radios = field.options.map((one) =>
      h("label", { class: "choice" }, h("input", { type: "radio", name: field.name, value: one.value, checked: one.value === field.value }), one.sign || null, one.label),
    );
    return h("div", { class: "choices", role: "radiogroup", "aria-label": field.label }, radios);
  }
  if (field.type === "textarea") return h("textarea", { ...common, rows: 3, maxlength: field.max, value: field.value });
  if (field.type === "checkbox") return h("input", { ...common, type: "checkbox", checked: Boolean(field.value) });
  const plain = { type: field.type || "text", maxlength: field.max, min: field.min, step: field.step, inputmode: field.type === "number" ? "decimal" : null };
  return h("input", { ...common, ...plain, value: field.value });
}

function row(field, input) {
  const hint = field.hint ? h("small", { id: `hint-${field.name}`, class: "mute", text: field.hint }) : null;
  if (field.type === "choice") return h("div", { class: "field" }, h("span", { class: "mute", text: field.label }), input, hint);
  if (field.type === "checkbox") return h("label", { class: "check" }, input, field.label, hint);
  return h("label", {}, h("span", { text: field.label }), input, hint);
}

const focusable = (input) => (input.matches(".choices") ? input.querySelector("input:checked") || input.querySelector("input") : input);

function read(input) {
  if (input.matches(".choices")) return input.querySelector("input:checked")?.value ?? null;
  return input.type === "checkbox" ? input.checked : input.value;
}

// Times of the shop are Shanghai's, wherever the page is opened.
const DAY = { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric" };
export const day = (text) => (text ? new Intl.DateTimeFormat("zh-CN", DAY).format(new Date(text)) : "");
export const moment = (text) => (text ? new Intl.DateTimeFormat("zh-CN", { ...DAY, hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(text)) : "");
// The value of a datetime-local field in Shanghai so many hours from `now`, and the instant that such a value means.
export const localIn = (now, hours) => new Date(Date.parse(now) + (8 + hours) * 3_600_000).toISOString().slice(0, 16);
export const instantOf = (local) => `${local}:00+08:00`;
