// The folders of the library: the shop's and one's own, two levels each, and the views across them.
import { fill, h } from "./dom.js";
import { say, W } from "./words.js";

const S = W.scripts;

export function tree(ctx, host, page, shown, { go, refresh, told }) {
  const here = (view, scope, folder) => shown.view === view && shown.scope === scope && shown.folder === folder;
  const link = (text, count, view, scope, folder) =>
    h(
      "button",
      { type: "button", class: "quiet", "aria-current": here(view, scope, folder) ? "page" : null, on: { click: () => go({ view, scope, folder, limit: 100 }) } },
      h("span", { text }),
      count === null ? null : h("span", { class: "mute", text: String(count) }),
    );
  const work = async (fn) => {
    try {
      await fn();
    } catch (problem) {
      ctx.toast(told(problem), { kind: "bad" });
    }
    await refresh();
  };

  async function name(title, value, withPhone) {
    const field = h("input", { value, maxlength: "30", required: true });
    const phone = h("input", { type: "checkbox" });
    const form = h("div", {}, h("label", {}, h("span", { text: S.folder_name }), field), withPhone ? h("label", {}, phone, S.folder_phone) : null);
    const said = await ctx.ask(title, form, [{ name: "save", label: S.save, kind: "primary" }, { name: "no", label: S.cancel }]);
    return said === "save" && field.value.trim() ? { name: field.value.trim(), phone: phone.checked } : null;
  }

  async function add(scope, parent = null) {
    const given = await name(parent ? say(S.folder_inside, { name: parent.name }) : S.folder_new, "", !parent);
    if (given) await work(() => ctx.api.post("/scripts/folders", { scope, name: given.name, parent: parent?.id || null, channel: given.phone ? "phone" : null }));
  }

  async function edit(one, level) {
    const place = level.indexOf(one);
    const actions = [
      { name: "rename", label: S.folder_rename, kind: "primary" },
      one.parent ? null : { name: "inside", label: say(S.folder_inside, { name: one.name }) },
      place > 0 ? { name: "up", label: S.folder_up } : null,
      place < level.length - 1 ? { name: "down", label: S.folder_down } : null,
      { name: "remove", label: S.folder_remove, kind: "bad" },
      { name: "no", label: S.cancel },
    ].filter(Boolean);
    const said = await ctx.ask(say(S.folder_edit, { name: one.name }), "", actions);
    const path = `/scripts/folders/${one.id}`;
    if (said === "inside") await add(one.scope, one);
    else if (said === "up" || said === "down") await work(() => ctx.api.patch(path, { place: place + (said === "up" ? -1 : 1) }));
    else if (said === "remove") {
      if (shown.folder === one.id) shown.folder = "";
      await work(() => ctx.api.del(path));
    } else if (said === "rename") {
      const given = await name(S.folder_rename, one.name, false);
      if (given) await work(() => ctx.api.patch(path, { name: given.name }));
    }
  }

  function branch(scope) {
    const editable = scope === "own" || page.editable;
    const of = (parent) => page.folders.filter((one) => one.scope === scope && one.parent === parent);
    const inside = (one) => one.scripts + of(one.id).reduce((sum, each) => sum + each.scripts, 0);
    const item = (one, level) =>
      h(
        "li",
        {},
        h(
          "div",
          { class: "folder" },
          link(one.channel === "phone" && !one.parent ? `${one.name}（${S.phone}）` : one.name, inside(one), "all", scope, one.id),
          editable ? h("button", { type: "button", class: "quiet", text: "⋯", "aria-label": say(S.folder_edit, { name: one.name }), on: { click: () => edit(one, level) } }) : null,
        ),
        of(one.id).length ? h("ul", {}, of(one.id).map((each) => item(each, of(one.id)))) : null,
      );
    const top = of(null);
    const all = top.reduce((sum, one) => sum + inside(one), page.loose[scope] || 0);
    return [
      h("div", { class: "folder" }, link(S[scope], all, "all", scope, ""), editable ? h("button", { type: "button", class: "quiet", text: "＋", "aria-label": `${S.folder_new}（${S[scope]}）`, on: { click: () => add(scope) } }) : null),
      h("ul", {}, top.map((one) => item(one, top)), page.loose[scope] && top.length ? h("li", {}, link(S.loose, page.loose[scope], "all", scope, "-")) : null),
    ];
  }

  fill(
    host,
    link(S.all, null, "all", null, ""),
    branch("public"),
    branch("own"),
    h("hr"),
    Object.entries(S.views).map(([view, text]) => link(text, null, view, null, "")),
  );
}
