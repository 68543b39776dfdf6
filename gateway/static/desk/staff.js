// The staff: who works here, in which role, who is there with how many talks; accounts, one-time passwords and workbench tokens.
import { $, fill, h } from "./dom.js";
import { begin, wrong } from "./frame.js";
import { newest } from "./turns.js";
import { say, W } from "./words.js";

const S = W.staff;
const ROLES = ["agent", "supervisor", "trainer", "admin"];
const LOGIN = /^[a-z0-9][a-z0-9._-]{1,31}$/;
const NUMBER = /^[0-9A-Za-z]{1,12}$/;

const ctx = await begin("staff");
const admin = ctx.me.role === "admin";
let members = [];
let topicNames = new Map();
let topicGroups = [];
let due = null;
const listed = newest({ again: true });

ctx.on("frame", (frame) => {
  if (["presence", "owner", "assigned"].includes(frame.type)) later();
});
ctx.on("caught-up", () => read());
await read();

function later() {
  due ??= setTimeout(() => {
    due = null;
    void read();
  }, 500);
}

async function read() {
  await listed("", async () => {
    if (!topicNames.size) await readTopics();
    return Promise.all([ctx.api.get("/members"), admin ? ctx.api.get("/tokens") : null]);
  }, ([{ staff }, kept]) => {
    members = staff;
    drawMembers();
    if (kept) drawTokens(kept.tokens);
  }, (problem) => ctx.toast(wrong(problem), { kind: "bad" }));
}

// The names of the shoppers' wishes; without them a member's topics are shown by their ids.
async function readTopics() {
  const { modes } = await ctx.api.get("/modes").catch(() => ({ modes: [] }));
  const groups = new Map();
  for (const one of modes) {
    if (one.intent === "*") continue;
    topicNames.set(one.intent, one.name);
    groups.set(one.group, [...(groups.get(one.group) || []), one]);
  }
  topicGroups = [...groups];
}

function state(one) {
  if (!one.active) return h("span", { class: "tag", text: S.inactive });
  if (one.role === "trainer") return h("span", { class: "mute", text: S.no_talks });
  const words = one.presence === "online" && !one.there ? W.owner.page_closed : W.frame.presence[one.presence];
  return h("span", { class: `tag ${one.there ? "good" : one.presence === "break" ? "warn" : ""}`, text: words });
}

function drawMembers() {
  const columns = ["number", "name", "login", "role", "state", "load", "topics", ...(admin ? ["deeds"] : [])];
  const cell = (name, ...content) => h("td", { "data-label": S.columns[name] }, content);
  const rows = members.map((one) =>
    h("tr", { class: one.active ? "" : "gone", "data-member": one.id },
      cell("number", one.number),
      cell("name", one.name, one.must_change ? h("span", { class: "tag warn", text: S.must_change }) : null),
      cell("login", one.login),
      cell("role", W.frame.roles[one.role]),
      cell("state", state(one)),
      cell("load", one.role === "trainer" ? "—" : `${one.load}/${one.capacity}`),
      cell("topics", one.topics.length ? one.topics.map((topic) => topicNames.get(topic) || topic).join("、") : S.all_topics),
      admin ? cell("deeds", h("div", { class: "row" },
        deed(S.edit, one, () => edit(one)),
        deed(S.reset, one, () => reset(one)),
        deed(one.active ? S.stop : S.start, one, () => (one.active ? stop(one) : change(one, { active: true }))),
      )) : null,
    ),
  );
  fill($("#members"),
    h("div", { class: "head" }, h("h1", { text: S.title }), admin ? h("button", { type: "button", class: "primary", text: S.add, on: { click: add } }) : null),
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col", text: S.columns[name] })))), h("tbody", {}, rows))),
  );
}

function deed(label, one, run) {
  return h("button", { type: "button", "aria-label": `${label}：${one.name}`, text: label, on: { click: run } });
}

function field(name, value, attributes = {}) {
  return h("label", {}, h("span", { text: S.fields[name] }), h("input", { name, value: value ?? "", autocomplete: "off", ...attributes }));
}

// A group of topics, chosen one by one or all at once.
function topicGroup(group, list, chosen) {
  const boxes = list.map((topic) => h("input", { type: "checkbox", name: "topics", value: topic.intent, checked: chosen.has(topic.intent) }));
  const all = h("input", { type: "checkbox", on: { change: () => boxes.forEach((box) => (box.checked = all.checked)) } });
  const show = () => {
    const some = boxes.filter((box) => box.checked).length;
    all.checked = some === boxes.length;
    all.indeterminate = some > 0 && !all.checked;
  };
  show();
  return h("details", { open: boxes.some((box) => box.checked), on: { change: show } },
    h("summary", { text: group }),
    h("label", { class: "all" }, all, say(S.all_of, { group })),
    boxes.map((box, place) => h("label", {}, box, list[place].name)),
  );
}

// The fields of an account; login and number are chosen once.
function fields(one) {
  const roles = h("select", { name: "role" }, ROLES.map((role) => h("option", { value: role, text: W.frame.roles[role] })));
  roles.value = one?.role || "agent";
  const chosen = new Set(one?.topics || []);
  const topics = topicGroups.map(([group, list]) => topicGroup(group, list, chosen));
  return h("form", { on: { submit: (event) => event.preventDefault() } },
    one ? null : [field("login", "", { maxlength: "32", autocapitalize: "none" }), field("number", "", { maxlength: "12" })],
    field("name", one?.name, { maxlength: "40" }),
    h("label", {}, h("span", { text: S.fields.role }), roles),
    field("capacity", one?.capacity ?? 5, { type: "number", min: "0", max: "50" }),
    topics.length ? h("fieldset", { class: "topics" }, h("legend", { text: S.fields.topics }), topics) : null,
  );
}

// What was filled in, or a sentence that says what is wrong with it.
function filled(form, isNew) {
  const value = (name) => form.elements[name].value.trim();
  const body = { name: value("name"), role: value("role"), capacity: Number(value("capacity")) };
  if (topicGroups.length) body.topics = [...form.querySelectorAll("[name=topics]:checked")].map((box) => box.value);
  if (isNew) Object.assign(body, { login: value("login"), number: value("number") });
  if (isNew && !LOGIN.test(body.login)) return [null, S.bad.login];
  if (isNew && !NUMBER.test(body.number)) return [null, S.bad.number];
  if (!body.name) return [null, S.bad.name];
  if (!Number.isInteger(body.capacity) || body.capacity < 0 || body.capacity > 50 || value("capacity") === "") return [null, S.bad.capacity];
  return [body, null];
}

// A form until it is right or given up; what was typed stays.
async function form(title, one, send) {
  const made = fields(one);
  const note = h("p", { class: "wrong", role: "alert" });
  made.append(note);
  for (;;) {
    const chosen = await ctx.ask(title, made, [{ name: "save", label: S.save, kind: "primary" }, { name: "cancel", label: W.frame.cancel }]);
    if (chosen !== "save") return null;
    const [body, bad] = filled(made, !one);
    if (bad) {
      note.textContent = bad;
      continue;
    }
    try {
      return await send(body);
    } catch (problem) {
      note.textContent = refused(problem);
    }
  }
}

function refused(problem) {
  const detail = String(problem.body.detail || "");
  if (problem.kind !== "account") return wrong(problem);
  return detail.includes("taken") ? S.bad.taken : detail.includes("administrator") ? S.bad.last_admin : say(W.frame.problems.other, { detail });
}

async function add() {
  const made = await form(S.add, null, (body) => ctx.api.post("/members", body));
  if (!made) return;
  await read();
  await once(say(S.password_of, made.member), made.one_time_password, S.password_why);
}

async function edit(one) {
  if (await form(say(S.edit_whom, one), one, (body) => ctx.api.patch(`/members/${one.id}`, body))) await read();
}

async function change(one, body) {
  try {
    await ctx.api.patch(`/members/${one.id}`, body);
    await read();
  } catch (problem) {
    ctx.toast(refused(problem), { kind: "bad" });
  }
}

async function stop(one) {
  const sure = await ctx.ask(say(S.stop_whom, one), say(S.stop_why, one), [{ name: "stop", label: S.stop, kind: "bad" }, { name: "cancel", label: W.frame.cancel, kind: "primary" }]);
  if (sure === "stop") await change(one, { active: false });
}

async function reset(one) {
  const sure = await ctx.ask(say(S.reset_whom, one), S.reset_why, [{ name: "reset", label: S.reset, kind: "bad" }, { name: "cancel", label: W.frame.cancel, kind: "primary" }]);
  if (sure !== "reset") return;
  const made = await ctx.api.post(`/members/${one.id}/password`);
  await read();
  await once(say(S.password_of, made.member), made.one_time_password, S.password_why);
}

// A secret that is told this once.
function once(title, secret, why) {
  const copy = h("button", { type: "button", text: S.copy });
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret);
      copy.textContent = S.copied;
    } catch {
      copy.textContent = S.copy_by_hand;
    }
  });
  return ctx.ask(title, h("div", {}, h("code", { class: "once", text: secret }), copy, h("p", { class: "mute", text: why })), [{ name: "close", label: W.frame.close, kind: "primary" }]);
}

function drawTokens(tokens) {
  const name = (id) => members.find((one) => one.id === id)?.name || id;
  const day = (text) => (text ? new Date(text).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" }) : "—");
  const rows = tokens.map((one) =>
    h("tr", { "data-token": one.id },
      h("td", { "data-label": S.token_columns.label, text: one.label }),
      h("td", { "data-label": S.token_columns.whose, text: name(one.staff_id) }),
      h("td", { "data-label": S.token_columns.since, text: day(one.created_at) }),
      h("td", { "data-label": S.token_columns.seen, text: day(one.seen_at) }),
      h("td", { "data-label": S.columns.deeds }, h("button", { type: "button", text: S.revoke, "aria-label": `${S.revoke}：${one.label}`, on: { click: () => revoke(one) } })),
    ),
  );
  fill($("#tokens"),
    h("div", { class: "head" }, h("h2", { text: S.tokens }), h("button", { type: "button", text: S.make_token, on: { click: makeToken } })),
    h("p", { class: "mute", text: S.tokens_why }),
    rows.length
      ? h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, [...Object.values(S.token_columns), S.columns.deeds].map((text) => h("th", { scope: "col", text })))), h("tbody", {}, rows)))
      : h("p", { text: S.no_tokens }),
  );
}

async function makeToken() {
  const whose = h("select", { name: "staff_id" }, members.filter((one) => one.active).map((one) => h("option", { value: one.id, text: `${one.name}（${W.frame.roles[one.role]}）` })));
  const label = h("input", { name: "label", maxlength: "100", autocomplete: "off" });
  const made = h("div", {}, h("label", {}, h("span", { text: S.token_columns.label }), label), h("label", {}, h("span", { text: S.token_whose }), whose));
  for (;;) {
    if ((await ctx.ask(S.make_token, made, [{ name: "make", label: S.make, kind: "primary" }, { name: "cancel", label: W.frame.cancel }])) !== "make") return;
    if (label.value.trim()) break;
    label.placeholder = S.bad.label;
  }
  try {
    const { token } = await ctx.api.post("/tokens", { staff_id: whose.value, label: label.value.trim() });
    await read();
    await once(say(S.token_of, { label: label.value.trim() }), token, S.token_why);
  } catch (problem) {
    ctx.toast(refused(problem), { kind: "bad" });
  }
}

async function revoke(one) {
  const sure = await ctx.ask(say(S.revoke_which, one), S.revoke_why, [{ name: "revoke", label: S.revoke, kind: "bad" }, { name: "cancel", label: W.frame.cancel, kind: "primary" }]);
  if (sure !== "revoke") return;
  try {
    await ctx.api.del(`/tokens/${one.id}`);
  } catch (problem) {
    ctx.toast(wrong(problem), { kind: "bad" });
  }
  await read();
}
