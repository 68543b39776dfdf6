// The page of trying out: the pane, and real talks said again to the live release and a candidate, side by side.
import { fill, h, typed } from "../desk/dom.js";
import { begin } from "../desk/frame.js";
import { newest } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { traceView } from "./trace.js";
import { mountTry, told } from "./try.js";
import { T } from "./words_try.js";

const WAIT = 250;
const ctx = await begin("try", { area: "studio", live: false });
const asked = new URLSearchParams(location.search);
const main = document.getElementById("main");
const pane = h("div", { class: "card" });
const search = h("input", { type: "search", "aria-label": T.find, placeholder: T.find, maxlength: "40" });
const talks = h("ul", { class: "talks", "aria-label": T.talks });
const status = h("p", { role: "status", class: "mute" });
const only = h("input", { type: "checkbox", on: { change: () => result.classList.toggle("only", only.checked) } });
const filter = h("label", { hidden: true }, only, T.only);
const result = h("ol", { class: "replay", "aria-label": T.replay });
const listed = newest();
let turn = 0;

fill(main, h("h1", { text: T.title }), h("p", { class: "intro mute", text: T.why }),
  h("div", { class: "try-page" }, pane,
    h("section", { class: "card", "aria-labelledby": "replay" }, h("h2", { id: "replay", text: T.replay }), h("p", { class: "mute", text: T.replay_why }),
      search, talks, h("div", { class: "row" }, status, filter), result)));
const tried = mountTry(pane, ctx, { release: asked.get("release") === "candidate" ? "candidate" : "live", text: asked.get("text") || "" });
typed(search, WAIT, list);
ctx.keys.bind("/", T.say, () => pane.querySelector(".try-say").focus());
await Promise.all([tried.ready, list()]);
if (asked.get("talk")) void replay(asked.get("talk"));
document.body.dataset.ready = "yes";

async function list() {
  await listed({ q: search.value.trim() }, (wanted) => ctx.api.get("/studio/try/talks", wanted), (found) => {
    fill(talks, found.talks.length ? found.talks.map((one) =>
      h("li", { "data-talk": one.id }, h("span", { class: "grow", text: say(T.talk, one) }),
        h("button", { type: "button", text: T.run, "aria-label": `${T.run}：${one.first}`, on: { click: () => void replay(one.id) } }))) : h("li", { class: "mute", text: T.no_talks }));
  }, (problem) => fill(talks, h("li", { class: "wrong", text: told(problem) })));
}

// A few messages at a time, drawn as they come; another replay ends this one.
async function replay(talk) {
  const mine = ++turn;
  const count = { since: 0, between: 0, n: 0 };
  fill(result);
  filter.hidden = true;
  try {
    for (let at = 0; at !== null; ) {
      const found = await ctx.api.post("/studio/try/replay", { talk, at });
      if (mine !== turn) return;
      for (const one of found.lines) {
        count.n += 1;
        count.since += one.since.length > 0;
        count.between += one.between.length > 0;
        result.append(line(one, found.candidate !== null));
      }
      const between = found.candidate === null ? `。${T.no_candidate}` : say(T.between, { n: count.between });
      status.textContent = found.next === null ? say(T.done, { total: found.total, since: count.since, between }).replace(/。。$/, "。") : say(T.running, { n: count.n, total: found.total });
      at = found.next;
    }
    filter.hidden = !count.n;
  } catch (problem) {
    if (mine === turn) status.textContent = told(problem);
  }
}

function line(one, both) {
  const differs = one.since.length || one.between.length;
  const files = one.attachments ? h("span", { class: "mute", text: say(T.files, { n: one.attachments }) }) : null;
  return h("li", { class: differs ? "differs" : "same" },
    h("p", { class: "asked" }, one.text, one.button ? h("span", { class: "mute", text: T.button }) : null, files),
    h("div", { class: "sides" },
      side(T.then, { texts: then(one.then), buttons: one.then.buttons }, []),
      side(T.now, of(one.sides.live), one.since, one.sides.live),
      both ? side(T.next, of(one.sides.candidate), one.between, one.sides.candidate) : null));
}

const then = (answer) => (answer.by === "agent" ? [T.agent, ...answer.texts] : answer.by === "nobody" ? [T.by_nobody] : answer.texts);
const of = (made) => ({ texts: made.replies.map((reply) => reply.text).filter(Boolean), buttons: made.replies.flatMap((reply) => (reply.buttons || []).map((button) => button.title)) });

function side(label, { texts, buttons }, differences, trace) {
  return h("div", { class: differences.length ? "side differs" : "side" }, h("h3", { text: label }),
    differences.length ? h("p", { class: "tag warn", text: say(T.differs, { what: differences.map((one) => T.differences[one]).join("、") }) }) : null,
    texts.length ? texts.map((text) => h("p", { class: "words", text })) : h("p", { class: "mute", text: T.nothing }),
    buttons.length ? h("p", { class: "mute", text: buttons.map((title) => `[${title}]`).join(" ") }) : null,
    trace ? traceView(trace) : null);
}
