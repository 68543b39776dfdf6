// Which scripts are used most, and how many of them go out as they stand.
import { fill, h } from "./dom.js";
import { newest } from "./turns.js";
import { say, W } from "./words.js";

const S = W.scripts;
const DAYS = [7, 30, 90];
const chosen = { days: 30, mine: false };

export async function ranking(ctx, host, told) {
  const ranked = newest();
  const days = h("select", { value: String(chosen.days) }, DAYS.map((one) => h("option", { value: String(one), text: say(S.ranking_last, { days: one }) })));
  const mine = h("input", { type: "checkbox", checked: chosen.mine });
  days.value = String(chosen.days);
  const table = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": S.ranking_caption });
  fill(host, h("div", { class: "row" }, h("label", {}, h("span", { text: S.ranking_days }), days), h("label", {}, mine, S.ranking_mine)), table);
  const again = () => {
    Object.assign(chosen, { days: Number(days.value), mine: mine.checked });
    void draw();
  };
  days.addEventListener("change", again);
  mine.addEventListener("change", again);
  await draw();

  async function draw() {
    await ranked({ ...chosen }, (asked) => ctx.api.get("/scripts/ranking", asked), ({ ranking: rows }) => {
      const most = Math.max(1, ...rows.map((one) => one.uses));
      const columns = Object.keys(S.columns);
      const cell = (one, name) => {
        if (name === "title") return h("th", { scope: "row" }, one.title, one.scope === "own" ? h("span", { class: "tag good", text: S.tags.own }) : null);
        if (name === "uses") return h("td", {}, h("span", { class: "bar", style: { "--share": String(one.uses / most) } }), String(one.uses));
        if (name === "unedited") return h("td", { text: one.unedited === null ? "—" : `${Math.round(100 * one.unedited)}%` });
        return h("td", { text: String(one[name]) });
      };
      fill(
        table,
        rows.length
          ? h("table", { class: "ranking" }, h("caption", { text: S.ranking_caption }), h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col", text: S.columns[name] })))), h("tbody", {}, rows.map((one) => h("tr", {}, columns.map((name) => cell(one, name))))))
          : h("p", { text: S.ranking_none }),
      );
    }, (problem) => ctx.toast(told(problem), { kind: "bad" }));
  }
}
