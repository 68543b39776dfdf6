// The try-out pane beside every page of the studio: a button in the top bar opens it, and it stays open from page to page.
import { $, h } from "../desk/dom.js";
import { mountTry } from "./try.js";
import { T } from "./words_try.js";

const OPEN = "xiaoer.studio.drawer";

// Puts the button into the top bar; called by the frame of every page of the studio that has no pane of its own.
export function drawer(ctx) {
  const pane = h("aside", { class: "try-drawer", id: "try-drawer", "aria-label": T.pane, hidden: true });
  const toggle = h("button", { type: "button", "aria-expanded": "false", "aria-controls": "try-drawer", text: T.pane, on: { click: () => show(pane.hidden) } });
  $("#top-tools")?.append(toggle);
  document.body.append(pane);
  ctx.keys.bind("alt+t", T.keys.pane, () => show(pane.hidden), { typing: true });
  pane.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    show(false);
    toggle.focus();
  });
  if (kept() === "yes") show(true, false);

  function show(open, focus = true) {
    pane.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("with-try", open);
    keep(open ? "yes" : "");
    if (open && !pane.children.length) mountTry(pane, ctx);
    if (open && focus) $(".try-say", pane)?.focus();
  }
}

function kept() {
  try {
    return sessionStorage.getItem(OPEN);
  } catch {
    return null;
  }
}

function keep(value) {
  try {
    sessionStorage.setItem(OPEN, value);
  } catch {
    // A browser that keeps nothing opens it anew on the next page.
  }
}
