// Photos and videos of a talk, large: ← → to the others, + − 0 for the size, Esc back to where one was.
import { fill, h } from "./dom.js";
import { say, W } from "./words.js";

const T = W.talk;
const STEPS = [1, 1.5, 2, 3, 4];

// `all`: what messages.js calls media, in the order of the talk; `id`: the one to begin with.
export function view(all, id) {
  let at = Math.max(0, all.findIndex((one) => one.id === id));
  let zoom = 0;
  const before = document.activeElement;
  const stage = h("div", { class: "stage", tabindex: "0", "aria-live": "polite" });
  const place = h("span", { class: "grow" });
  const button = (label, text, fn) => h("button", { type: "button", "aria-label": label, title: label, text, on: { click: fn } });
  const [back, on] = [button(T.previous, "←", () => go(-1)), button(T.next, "→", () => go(1))];
  const [less, more] = [button(T.smaller, "−", () => size(-1)), button(T.larger, "+", () => size(1))];
  const away = h("a", { class: "button", target: "_blank", rel: "noopener", text: T.open_alone });
  const dialog = h("dialog", { class: "viewer", "aria-label": T.viewer }, h("div", { class: "row" }, place, back, on, less, more, away, button(W.frame.close, "×", () => dialog.close())), stage);

  function go(by) {
    const next = at + by;
    if (next < 0 || next >= all.length) return;
    at = next;
    zoom = 0;
    draw();
  }

  function size(by) {
    zoom = by ? Math.min(STEPS.length - 1, Math.max(0, zoom + by)) : 0;
    stage.style.setProperty("--zoom", String(STEPS[zoom]));
    stage.classList.toggle("large", zoom > 0);
    less.disabled = zoom === 0;
    more.disabled = zoom === STEPS.length - 1 || all[at].video;
  }

  function draw() {
    const one = all[at];
    const shown = one.video ? h("video", { src: one.url, controls: true, "aria-label": T.video }) : h("img", { src: one.url, alt: say(T.picture_of, { n: at + 1, all: all.length }) });
    shown.addEventListener("error", () => fill(stage, h("p", { class: "wrong", text: T.not_there })));
    fill(stage, shown);
    place.textContent = say(T.picture_of, { n: at + 1, all: all.length });
    back.disabled = at === 0;
    on.disabled = at === all.length - 1;
    away.href = one.url;
    size(0);
    if (one.video) shown.play().catch(() => {});
  }

  dialog.addEventListener("keydown", (event) => {
    const does = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), "+": () => size(1), "=": () => size(1), "-": () => size(-1), 0: () => size(0) }[event.key];
    // A player's own arrows move within the video; an enlarged picture is moved by them.
    if (!does || event.ctrlKey || event.metaKey || event.altKey || (event.target.matches("video") && event.key.startsWith("Arrow")) || (zoom && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    does();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  draw();
  stage.focus();
}
