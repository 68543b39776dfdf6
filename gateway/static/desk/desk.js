// The desk: an inbox, the open talk, suggestions, the composer and what stands beside it, each a module of its own.
import { $ } from "./dom.js";
import { begin } from "./frame.js";
import { mount as inbox } from "./inbox.js";
import { mount as owner } from "./owner.js";
import { W } from "./words.js";

// Modules in the order of the page; one that fails to load leaves the others working.
const LATER = ["talk", "suggestions", "composer", "side"];

const ctx = await begin("desk");
panes();
const modules = await Promise.all(
  LATER.map((name) =>
    import(`./${name}.js`).catch((error) => {
      console.error(`the module ${name} could not be loaded`, error);
      return null;
    }),
  ),
);
LATER.forEach((name, place) => modules[place]?.mount($(`#${name}`), ctx));
owner($("#owner"), ctx);
// The inbox comes last: what it opens first is heard by everybody.
inbox($("#inbox"), ctx);
front();
document.body.dataset.ready = "yes";

// Whether somebody sees the desk: while nobody does, the shop's people are told of whoever waits (gateway/waiting.py).
function front() {
  const say = () => ctx.live.send({ type: "front", on: document.visibilityState === "visible" });
  ctx.on("live", ({ up }) => up && say());
  document.addEventListener("visibilitychange", say);
  say();
}

// On a narrow screen one part is seen at a time.
function panes() {
  const show = (name) => {
    document.body.dataset.pane = name;
    for (const button of document.querySelectorAll("#panes button")) button.setAttribute("aria-pressed", String(button.dataset.pane === name));
  };
  for (const name of ["inbox", "talk", "side"]) {
    const button = $(`#panes [data-pane=${name}]`);
    button.textContent = W.desk[`pane_${name}`];
    button.addEventListener("click", () => show(name));
  }
  for (const name of ["inbox", "owner", "talk", "suggestions", "composer", "side"]) $(`#${name}`).setAttribute("aria-label", W.desk[name]);
  $("#panes").setAttribute("aria-label", W.desk.panes);
  ctx.on("open", () => show("talk"));
  show("inbox");
}
