// The trainers' inbox: suggestions that agents changed or passed over, masked, with what was sent in the end.
import { fill, h } from "./dom.js";
import { wrong } from "./frame.js";
import { newest, once } from "./turns.js";
import { say, W } from "./words.js";

const F = W.figures;

export function lessons(ctx) {
  const listed = newest();
  const list = h("div", { "aria-live": "polite" });
  const outcome = h("select", { "aria-label": F.outcome, on: { change: () => read() } }, ["", "edited", "ignored"].map((one) => h("option", { value: one, text: F.outcomes[one || "any"] })));
  const host = h("section", { class: "lessons", "aria-label": F.lessons }, h("p", { class: "mute", text: F.lessons_why }), h("div", { class: "row" }, outcome), list);
  void read();
  return host;

  async function read() {
    await listed({ outcome: outcome.value }, (wanted) => ctx.api.get("/lessons", wanted), (found) => fill(list, found.lessons.length ? found.lessons.map(one_of) : h("p", { class: "mute", text: F.no_lessons })),
      (problem) => ctx.toast(wrong(problem), { kind: "bad" }));
  }

  function one_of(one) {
    const offered = one.offered[one.place ?? 0] || {};
    const judged = once(judge);
    const card = h("article", { class: "lesson", "data-lesson": one.id },
      h("div", { class: "row" },
        h("span", { class: `tag ${one.outcome === "edited" ? "warn" : "bad"}`, text: F.outcomes[one.outcome] }),
        h("span", { class: "mute", text: say(F.lesson_of, { day: one.day, intent: offered.intent || "—", script: offered.script || "—" }) }),
      ),
      h("dl", {},
        h("dt", { text: F.asked }), h("dd", { text: one.asked }),
        h("dt", { text: F.offered }), h("dd", { text: offered.text || "—" }),
        h("dt", { text: F.written }), h("dd", { text: one.written }),
      ),
      h("div", { class: "row end" },
        h("button", { type: "button", text: F.dismiss, on: { click: () => judged("dismissed") } }),
        h("button", { type: "button", class: "primary", text: F.use, on: { click: () => judged("used") } }),
      ),
    );
    return card;

    async function judge(verdict) {
      try {
        await ctx.api.post(`/lessons/${one.id}`, { verdict });
        const next = card.nextElementSibling || card.previousElementSibling;
        card.remove();
        (next?.querySelector("button") || outcome).focus();
        if (!list.children.length) fill(list, h("p", { class: "mute", text: F.no_lessons }));
      } catch (problem) {
        ctx.toast(wrong(problem), { kind: "bad" });
      }
    }
  }
}
