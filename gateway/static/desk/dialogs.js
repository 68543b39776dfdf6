// Short news at the edge of the page, and questions that must be answered first.
import { $, fill, h } from "./dom.js";

const STAYS = 5_000;

// `kind`: info | warn | bad; what went wrong stays twice as long.
export function toast(text, { kind = "info" } = {}) {
  const host = $("#toasts") || document.body.appendChild(h("div", { id: "toasts", role: "status", "aria-live": "polite" }));
  const note = h("p", { class: `toast ${kind}`, text, role: kind === "bad" ? "alert" : null });
  host.append(note);
  setTimeout(() => note.remove(), kind === "info" ? STAYS : 2 * STAYS);
}

// A modal question. `text`: a string, or an element (a form's fields). `actions`: [{name, label, kind: "primary"|"bad"|undefined, key}].
// Resolves to the name of the action, or null (Escape). The first primary action has the focus, so Enter means it.
export function ask(title, text, actions) {
  return new Promise((done) => {
    const before = document.activeElement;
    let chosen = null;
    const buttons = actions.map((action) =>
      h("button", { type: "button", class: action.kind || "", text: action.label, "data-name": action.name, on: { click: () => end(action.name) } }),
    );
    const dialog = h(
      "dialog",
      { "aria-labelledby": "ask-title" },
      h("h2", { id: "ask-title", text: title }),
      text instanceof Node ? text : h("p", { text: text || "" }),
      h("div", { class: "row end" }, buttons),
    );
    dialog.addEventListener("keydown", (event) => {
      // Enter in a field means the primary action, unless an input method is choosing a word.
      const primary = actions.find((one) => one.kind === "primary");
      if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229 && primary && event.target.matches("input:not([type=checkbox], [type=radio]), select")) {
        event.preventDefault();
        end(primary.name);
        return;
      }
      const action = actions.find((one) => one.key && one.key.toLowerCase() === event.key.toLowerCase());
      if (!action || event.isComposing || event.target.matches("input, textarea, select")) return;
      event.preventDefault();
      end(action.name);
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      done(chosen);
    });
    function end(name) {
      chosen = name;
      dialog.close();
    }
    document.body.append(dialog);
    dialog.showModal();
    const first = text instanceof Node ? text.querySelector("input, textarea, select") : null;
    (first || buttons[Math.max(0, actions.findIndex((action) => action.kind === "primary"))])?.focus({ preventScroll: true });
  });
}

// Open a dialog of one's own: Escape calls `leave` instead of closing it; `first` has the focus.
export function openDialog(dialog, leave, first) {
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    void leave();
  });
  document.body.append(dialog);
  dialog.showModal();
  first.focus();
}

// The list of keys.
export function showKeys(words, list) {
  const rows = list.map((one) => [h("dt", {}, h("kbd", { text: one.combo })), h("dd", { text: one.label })]);
  return ask(words.keys, fill(h("dl", { class: "keys" }), rows), [{ name: "close", label: words.close, kind: "primary" }]);
}
