// The log-in, and the change of a one-time password, which opens nothing else.
import { keepCsrf, quiet } from "./api.js";
import { $, fill, h } from "./dom.js";
import { wrong } from "./frame.js";
import { say, W } from "./words.js";

const L = W.login;
const host = $("#login");

// Only a page of ours, however the address came about.
function goal() {
  const next = new URLSearchParams(location.search).get("next") || "/desk";
  const url = new URL(next, location.origin);
  return url.origin === location.origin && /^\/(?:desk|studio)(?:\/|$)/.test(url.pathname) ? url.pathname + url.search : "/desk";
}

function field(name, label, attributes) {
  return h("label", {}, h("span", { text: label }), h("input", { name, required: true, maxlength: "200", ...attributes }));
}

function form(title, why, fields, action, submit) {
  const note = h("p", { class: "wrong", role: "alert" });
  const button = h("button", { class: "primary", text: action });
  const made = h("form", { novalidate: true }, h("h1", { text: title }), why ? h("p", { text: why }) : null, fields, note, button);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(made));
    const empty = [...made.elements].find((one) => one.required && !one.value);
    if (empty) return empty.focus();
    note.textContent = "";
    button.disabled = true;
    try {
      await submit(values, note);
    } catch (problem) {
      note.textContent = problem.kind === "locked" ? say(L.locked, { minutes: Math.ceil((problem.body.retry_after || 60) / 60) }) : problem.kind === "login" ? L.wrong : wrong(problem);
    }
    button.disabled = false;
  });
  fill(host, made);
  made.querySelector("input").focus();
}

function showLogIn() {
  document.title = say(W.frame.title, { page: L.title });
  const fields = [
    field("login", L.login, { autocomplete: "username", autocapitalize: "none", spellcheck: "false" }),
    field("password", L.password, { type: "password", autocomplete: "current-password" }),
  ];
  form(W.frame.brand, null, fields, L.enter, async (values) => {
    const session = await quiet.post("/session", { login: values.login.trim(), password: values.password });
    entered(session, values.password);
  });
}

// `old`: the one-time password when it was typed a moment ago.
function showChange(old) {
  const fresh = { type: "password", autocomplete: "new-password", minlength: "10" };
  const fields = [
    old ? null : field("old", L.old, { type: "password", autocomplete: "current-password" }),
    field("new", L.new, fresh),
    field("repeat", L.repeat, fresh),
  ];
  form(L.first, L.first_why, fields, L.change, async (values, note) => {
    if (values.new !== values.repeat) {
      note.textContent = L.differ;
      return;
    }
    try {
      await quiet.post("/me/password", { old: old || values.old, new: values.new });
      location.assign(goal());
    } catch (problem) {
      if (problem.kind !== "account" && problem.kind !== "password") throw problem;
      note.textContent = problem.kind === "account" ? L.short : L.old_wrong;
    }
  });
}

function entered(session, password) {
  keepCsrf(session.csrf);
  if (session.member.must_change) showChange(password);
  else location.replace(new URLSearchParams(location.search).has("next") ? goal() : session.pages?.[0] || "/desk");
}

// Who is logged in already goes on at once.
quiet.get("/me").then((session) => entered(session), showLogIn);
