// Writing a script: the wording check while typing, values to put in, how it reads filled in, its picture. Nothing written is lost: not by
// a refusal, not by a colleague who was quicker, and closing asks first.
import { openDialog } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { marked } from "./script_row.js";
import { once } from "./turns.js";
import { say, W } from "./words.js";

const S = W.scripts;
const F = S.form;
const MOST = 1000;
const WAIT = 300;

// The findings of a wording check as a list; `words` is what they were found in.
export function findings(found) {
  return found.map((one) =>
    h("li", { class: one.severity }, h("span", { class: `tag ${{ block: "bad", ask: "warn" }[one.severity] || ""}`, text: S.finding[one.severity] }), " ", say(S.finding_line, one), one.instead ? ` ${say(S.instead, one)}` : ""),
  );
}

export function editor(ctx, page, told) {
  // `one`: a script to change, or {scope, folder, …} for a new one. Resolves to whether something was kept.
  return (one) => new Promise((done) => open(ctx, page, told, one, done));
}

function open(ctx, page, told, given, done) {
  let one = given;
  let picture = null; // a file that goes with saving, or "off"
  let kept = false;
  let turn = 0;
  let timer = null;
  const field = (name, attributes = {}) => h("input", { value: one[name] ?? "", ...attributes });
  const scope = h("select", { value: one.scope, disabled: Boolean(one.id) }, [page.editable || one.scope === "public" ? "public" : null, "own"].filter(Boolean).map((value) => h("option", { value, text: S[value] })));
  const title = field("title", { maxlength: "60", required: true });
  const text = h("textarea", { value: one.text ?? "", rows: "6", required: true, "aria-describedby": "script-hint" });
  const code = field("code", { maxlength: "21" });
  const folder = h("select");
  const situation = field("situation", { maxlength: "300" });
  const from = field("valid_from", { type: "date" });
  const to = field("valid_to", { type: "date" });
  const file = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp" });
  const image = h("div", { class: "row picture" });
  const values = h("select", { "aria-label": F.values });
  const found = h("ul", { class: "findings" });
  const sample = h("p", { class: "sample" });
  const counter = h("span", { class: "mute" });
  const problem = h("p", { class: "wrong", role: "alert" });
  const save = h("button", { type: "submit", class: "primary", text: S.save });
  const start = snapshot();

  fill(
    values,
    h("option", { value: "", text: F.values_none }),
    [["values_auto", (each) => each.source], ["values_hand", (each) => !each.source]].map(([label, which]) =>
      h("optgroup", { label: F[label] }, page.values.filter(which).map((each) => h("option", { value: each.label, text: each.label }))),
    ),
  );
  const line = (name, node, ...more) => h("label", {}, h("span", { text: F[name] }), node, more);
  const form = h(
    "form",
    { method: "dialog", novalidate: true },
    line("scope", scope),
    line("title", title),
    line("text", text),
    h("div", { class: "row" }, values, h("span", { class: "mute grow", id: "script-hint", text: F.text_hint }), counter),
    h("div", { role: "status" }, found),
    h("div", { class: "card" }, h("h3", { text: F.sample }), sample),
    h("div", { class: "two" }, line("code", code, h("small", { class: "mute", text: F.code_hint })), line("folder", folder)),
    line("situation", situation),
    h("div", { class: "two" }, line("valid_from", from), line("valid_to", to)),
    line("picture", file),
    image,
    problem,
    h("div", { class: "row end" }, h("button", { type: "button", text: S.cancel, on: { click: () => leave() } }), save),
  );
  const dialog = h("dialog", { class: "script-form", "aria-labelledby": "script-title" }, h("h2", { id: "script-title", text: one.id ? F.edit : F.new }), form);

  scope.addEventListener("change", folders);
  text.addEventListener("input", (event) => !event.isComposing && typed());
  text.addEventListener("compositionend", typed);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) form.requestSubmit();
  });
  values.addEventListener("change", () => {
    if (values.value) {
      text.setRangeText(`{${values.value}}`, text.selectionStart, text.selectionEnd, "end");
      values.value = "";
      text.focus();
      typed();
    }
  });
  file.addEventListener("change", () => {
    picture = file.files[0] || null;
    draw();
  });
  // Ctrl+Enter submits as well, also while the button waits: one script is made, not two.
  const submit = once(() => keep(false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  folders();
  draw();
  openDialog(dialog, leave, one.id ? text : title);
  void check();

  function snapshot() {
    return JSON.stringify([scope.value, title.value, text.value, code.value, situation.value, from.value, to.value]);
  }

  function folders() {
    const of = (parent) => page.folders.filter((each) => each.scope === scope.value && each.parent === parent);
    const option = (each, deep) => h("option", { value: each.id, text: deep ? `　${each.name}` : each.name });
    fill(folder, h("option", { value: "", text: S.loose }), of(null).flatMap((each) => [option(each, false), ...of(each.id).map((inner) => option(inner, true))]));
    folder.value = page.folders.some((each) => each.id === one.folder && each.scope === scope.value) ? one.folder : "";
  }

  function draw() {
    counter.textContent = say(F.count, { n: [...text.value].length, most: MOST });
    counter.className = [...text.value].length > MOST ? "bad" : "mute";
    const src = picture instanceof File ? URL.createObjectURL(picture) : picture === "off" ? null : one.image;
    fill(
      image,
      src ? h("img", { src, alt: say(S.image, { title: title.value || F.new }) }) : null,
      src ? h("button", { type: "button", text: F.picture_off, on: { click: off } }) : null,
    );
  }

  function off() {
    picture = one.image ? "off" : null;
    file.value = "";
    draw();
  }

  function typed() {
    draw();
    clearTimeout(timer);
    timer = setTimeout(check, WAIT);
  }

  async function check() {
    const mine = ++turn;
    if (!text.value.trim()) {
      fill(found);
      fill(sample);
      return;
    }
    const said = await ctx.api.post("/scripts/check", { text: text.value.slice(0, 4000) }).catch(() => null);
    if (!said || mine !== turn) return;
    fill(found, findings(said.findings));
    fill(sample, marked(said.sample, page.values), said.gaps.length ? h("span", { class: "warn", text: ` ${say(F.gaps, { names: said.gaps.join("、") })}` }) : null);
  }

  async function keep(confirmed) {
    fill(problem);
    save.disabled = true;
    const body = { title: title.value, text: text.value, code: code.value, folder: folder.value || null, situation: situation.value, valid_from: from.value || null, valid_to: to.value || null, confirmed };
    try {
      one = one.id ? await ctx.api.patch(`/scripts/${one.id}`, { ...body, version: one.version }) : await ctx.api.post("/scripts", { ...body, scope: scope.value });
      kept = true;
      scope.disabled = true;
      if (picture instanceof File) {
        const sent = new FormData();
        sent.append("file", picture);
        one = await ctx.api.upload(`/scripts/${one.id}/picture`, sent);
      } else if (picture === "off") one = await ctx.api.del(`/scripts/${one.id}/picture`);
      ctx.toast(F.saved);
      end();
    } catch (refused) {
      save.disabled = false;
      await say_no(refused);
    }
  }

  async function say_no(refused) {
    if (refused.kind === "wording-ask") {
      fill(found, findings(refused.body.findings));
      // A question over a question: the form stays as it is below it.
      const sure = await ctx.ask(F.confirm, h("div", {}, h("ul", { class: "findings" }, findings(refused.body.findings)), h("p", { text: F.confirm_why })), [
        { name: "no", label: F.lost_no, kind: "primary" },
        { name: "yes", label: F.confirm_yes },
      ]);
      if (sure === "yes") await keep(true);
      return;
    }
    fill(problem, told(refused));
    if (refused.kind === "wording-block") fill(found, findings(refused.body.findings));
    if (refused.kind === "script-version") {
      const now = await ctx.api.get(`/scripts/${one.id}`).catch(() => null);
      if (now) {
        one = { ...now, folder: one.folder };
        fill(problem, F.newer, h("br"), say(F.newer_now, { text: now.text }));
      }
    }
    ({ title, text, code, valid_to: to, valid_from: from, folder })[refused.body?.field]?.focus();
  }

  async function leave() {
    if (snapshot() !== start || picture) {
      const sure = await ctx.ask(F.lost, "", [{ name: "no", label: F.lost_no, kind: "primary" }, { name: "yes", label: F.lost_yes, kind: "bad" }]);
      if (sure !== "yes") return;
    }
    end();
  }

  function end() {
    clearTimeout(timer);
    turn += 1;
    dialog.close();
    dialog.remove();
    done(kept);
  }
}

