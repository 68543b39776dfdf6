// The trainer's morning: what yesterday left to be learnt, and what begins, ends or is missing today.
import { fill, h } from "../desk/dom.js";
import { begin, failure, wrong } from "../desk/frame.js";
import { once } from "../desk/turns.js";
import { say } from "../desk/words.js";
import { morning as F } from "./words_figures.js";

const ctx = await begin("morning", { area: "studio", live: false });
const main = document.getElementById("main");
await read();
document.body.dataset.ready = "yes";

async function read() {
  main.setAttribute("aria-busy", "true");
  try {
    draw(await ctx.api.get("/studio/morning"));
  } catch (problem) {
    fill(main, failure(problem, read));
  }
  main.removeAttribute("aria-busy");
}

function draw(found) {
  const day = found.yesterday;
  fill(main,
    h("h1", { text: F.title }),
    h("ul", { class: "tiles" }, Object.entries(F.asked).map(([name, title]) =>
      h("li", { "data-figure": name }, h("span", { class: "mute", text: title }), h("strong", {}, h("a", { href: `/studio/figures?${new URLSearchParams({ since: day, until: day, ...(name === "visits" ? {} : { lines: name }) })}`, text: String(found.asked[name]) }))))),
    h("div", { class: "sections" },
      section("unclear", found.unclear.length && h("ul", { class: "lines" }, found.unclear.map(unclear))),
      section("lessons", found.lessons.length && h("div", {}, found.lessons.map(lesson))),
      section("ratings", found.ratings.length && h("ul", { class: "lines" }, found.ratings.map(rating))),
      section("dated", found.dated.length && h("ul", { class: "lines" }, found.dated.map(dated))),
      section("missing", found.missing.length && table("missing", ["product", "fact", "times", "last"], found.missing.map((one) => [one.product, one.name, String(one.times), one.last.slice(0, 10)]))),
      section("gaps", found.gaps.length && table("gaps", ["product", "lacks"], found.gaps.map((one) => [one.new ? h("span", {}, h("span", { class: "badge", text: F.fresh }), " ", one.product) : one.product, one.lacks.map((name) => F.lacks[name] || name).join("、")]))),
    ),
  );
}

function section(name, content) {
  return h("section", { "data-part": name }, h("h2", { text: F[name] }), content || h("p", { class: "mute", text: F[`${name}_none`] }));
}

function unclear(one) {
  return h("li", {}, h("q", { text: one.text }), h("span", { class: "mute", text: say(F.times, { n: one.times }) }), one.also.length ? h("span", { class: "mute", text: say(F.also, { texts: one.also.join("」「") }) }) : null, h("a", { href: `/studio/inbox?${new URLSearchParams({ q: one.text })}`, text: F.to_inbox }));
}

function lesson(one) {
  const judged = once(judge);
  const box = h("article", { class: "lesson", "data-lesson": one.id },
    h("span", { class: "badge", text: F.outcome[one.outcome] || one.outcome }),
    h("dl", {},
      h("dt", { text: F.lesson.asked }), h("dd", { text: one.asked }),
      h("dt", { text: F.lesson.offered }), h("dd", { text: one.offered[one.place ?? 0]?.text || "" }),
      one.written ? [h("dt", { text: F.lesson.written }), h("dd", { text: one.written })] : null),
    h("div", { class: "row" }, ["used", "dismissed"].map((verdict) => h("button", { type: "button", text: F[verdict], on: { click: () => void judged(one.id, verdict, box) } }))));
  return box;
}

async function judge(id, verdict, box) {
  try {
    await ctx.api.post(`/lessons/${id}`, { verdict });
    const next = box.nextElementSibling || box.previousElementSibling;
    box.remove();
    next?.querySelector("button")?.focus();
  } catch (problem) {
    ctx.toast(wrong(problem), { kind: "bad" });
  }
}

function rating(one) {
  return h("li", {}, h("strong", { text: say(F.stars, { n: one.stars }) }), h("span", { text: one.comment || F.no_comment }), one.talk ? h("a", { href: `/desk?talk=${encodeURIComponent(one.talk)}`, text: F.open_talk }) : null);
}

const EDITORS = { response: "responses", row: "tables" };

function dated(one) {
  const page = EDITORS[one.where];
  const name = page ? h("a", { href: `/studio/${page}?${new URLSearchParams(one.where === "row" ? { table: one.file.replace(/\.yml$/, ""), row: one.name } : { name: one.name })}`, text: one.name }) : h("strong", { text: one.name });
  return h("li", {}, [one.begins ? F.begins : null, one.ends ? F.ends : null].filter(Boolean).map((text) => h("span", { class: "badge", text })), h("span", { class: "mute", text: F.where[one.where] }), name, h("span", { text: one.text }));
}

function table(name, columns, rows) {
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": F[name] },
    h("table", {}, h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", text: F.columns[column] })))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));
}
