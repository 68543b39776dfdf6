// What every page of the desk has: who is logged in, the top bar, the bus between its modules, keys, news and the live line.
import { api, keepCsrf, Problem, toLogin } from "./api.js";
import { ask, showKeys, toast } from "./dialogs.js";
import { $, fill, h } from "./dom.js";
import { Keys } from "./keys.js";
import { Live } from "./live.js";
import { newest, once } from "./turns.js";
import { say, W } from "./words.js";

const PRESENCES = ["online", "break", "away"];
// As long as the server keeps a session of which it hears nothing (shop/staff_sessions.py IDLE).
const IDLE = 2 * 60 * 60 * 1000;
const TOUCHED = "xiaoer.desk.touched";
const NUDGE = 1_000;
const SPEAKERS = ["agent", "supervisor", "admin"];

// Begin a page: `page` is its name in words.frame.pages ("desk", "scripts", …), of the studio (`area: "studio"`) in words.frame.studio. Leads to the log-in when nobody is logged in (then it
// never resolves). `live: false`: a page that shows no talk hears of none, and nobody who sees only it is given one. Resolves to ctx, what
// every module gets (docs/desk.md).
export async function begin(page, { live = true, area = "desk" } = {}) {
  const session = await api.get("/me").catch((problem) => {
    if (problem.status !== 401) failed(problem);
    return new Promise(() => {});
  });
  if (session.member.must_change) {
    toLogin();
    return new Promise(() => {});
  }
  keepCsrf(session.csrf);
  const bus = new EventTarget();
  const ctx = {
    api,
    me: session.member,
    lead: ["supervisor", "admin"].includes(session.member.role),
    words: W,
    on(type, fn) {
      const listener = (event) => fn(event.detail);
      bus.addEventListener(type, listener);
      return () => bus.removeEventListener(type, listener);
    },
    emit: (type, detail) => bus.dispatchEvent(new CustomEvent(type, { detail })),
    keys: new Keys(),
    toast,
    ask,
    live: null,
    // What went wrong, as somebody who works here reads it.
    wrong: (problem) => wrong(problem),
  };
  ctx.live = new Live(ctx.emit, toLogin, () => api.get("/me"));
  draw(page, ctx, area, { desk: session.pages || [], studio: session.studio || [] });
  if (area === "studio" && !["try", "responses"].includes(page)) void import("../studio/drawer.js").then(({ drawer }) => drawer(ctx));
  ctx.on("frame", (frame) => frame.type === "review" && frame.staff === session.member.id && toast(W.review.news));
  ctx.keys.bind("?", W.frame.keys_help, () => void showKeys(W.frame, ctx.keys.list()));
  // A rejection that nobody took is a defect or a lost connection: say it instead of leaving somebody to wonder.
  addEventListener("unhandledrejection", (event) => {
    if (!(event.reason instanceof Problem)) return;
    event.preventDefault();
    if (event.reason.status !== 401) toast(wrong(event.reason), { kind: "bad" });
  });
  watchIdle();
  if (live && SPEAKERS.includes(session.member.role)) {
    if (page !== "desk") nudge(ctx);
    await ctx.live.start(page === "desk");
  }
  return ctx;
}

// A screen that was left alone logs out by itself, since its live line would keep the session for ever. A touch in any page counts.
function watchIdle() {
  let last = 0;
  const touched = () => {
    if (Date.now() - last < 10_000) return;
    last = Date.now();
    try {
      localStorage.setItem(TOUCHED, String(last));
    } catch {
      // A browser that keeps nothing knows of this page alone.
    }
  };
  touched();
  for (const type of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(type, touched, { capture: true, passive: true });
  setInterval(() => {
    let elsewhere = 0;
    try {
      elsewhere = Number(localStorage.getItem(TOUCHED)) || 0;
    } catch {
      // As above.
    }
    if (Date.now() - Math.max(last, elsewhere) > IDLE) api.del("/session").then(toLogin, () => {});
  }, 60_000);
}

// On other pages than the desk: how many talks want somebody, beside the way to the desk and in the title.
function nudge(ctx) {
  const link = $("#nav a[href='/desk']");
  const title = document.title;
  if (!link) return;
  let due = null;
  const counted = newest({ again: true });
  const show = (found) => {
    const wanted = found.waiting + found.unread;
    link.textContent = wanted ? `${W.frame.pages.desk} (${wanted})` : W.frame.pages.desk;
    link.classList.toggle("wanted", wanted > 0);
    document.title = wanted ? `(${wanted}) ${title}` : title;
  };
  const look = () => {
    due = null;
    void counted("", () => ctx.api.get("/inbox/wanted"), show, () => {});
  };
  const later = () => {
    due ??= setTimeout(look, NUDGE);
  };
  ctx.on("frame", (frame) => ["message", "owner", "assigned", "read"].includes(frame.type) && later());
  ctx.on("caught-up", later);
  later();
}

// A problem in words: ours for its kind, else for its status.
export function wrong(problem) {
  if (!(problem instanceof Problem)) return W.frame.problems.internal;
  const known = W.frame.problems[problem.kind] || W.frame.problems[problem.status];
  return known ? say(known, { ...problem.body, seconds: problem.body.retry_after ?? "" }) : say(W.frame.problems.other, { detail: problem.body.detail || problem.title });
}

function failed(problem) {
  fill($("main") || document.body, failure(problem));
}

// What stands where something could not be read: why, and a way to try `again`.
export function failure(problem, again = () => location.reload()) {
  return h("p", { class: "wrong", role: "alert" }, wrong(problem), " ", h("button", { type: "button", text: W.frame.again, on: { click: again } }));
}

function draw(page, ctx, area, { desk, studio }) {
  const F = W.frame;
  const inStudio = area === "studio";
  const [pages, others, names] = inStudio ? [studio, desk, F.studio] : [desk, studio, F.pages];
  document.title = say(F.title, { page: names[page] || F.pages.desk });
  const links = pages.map((path) => {
    const name = path.split("/")[2] || (inStudio ? "morning" : "desk");
    return h("a", { href: path, "aria-current": name === page ? "page" : null, text: names[name] || name });
  });
  // The way over to the other half.
  if (others.length) links.push(h("a", { href: others[0], class: "over", text: inStudio ? F.to_desk : F.to_studio }));
  const nav = h("nav", { id: "nav", "aria-label": F.navigation }, links);
  const menu = h("button", { type: "button", class: "menu", "aria-expanded": "false", "aria-controls": "nav", text: F.menu });
  menu.addEventListener("click", () => menu.setAttribute("aria-expanded", String(nav.classList.toggle("shown"))));
  const line = h("span", { class: "line", role: "status" });
  ctx.on("live", ({ up }) => {
    line.classList.toggle("down", !up);
    line.textContent = up ? "" : F.line_down;
  });
  const speaks = SPEAKERS.includes(ctx.me.role);
  const bar = h(
    "header",
    { id: "top" },
    h("a", { class: "skip", href: "#main", text: F.skip }),
    h("a", { class: "brand", href: pages[0] || "/desk", text: inStudio ? F.studio_brand : F.brand }),
    menu,
    nav,
    line,
    h("div", { id: "top-tools" }),
    speaks ? presence(ctx) : null,
    h("span", { class: "me", text: say(F.me, ctx.me), title: F.roles[ctx.me.role] }),
    h("button", { type: "button", class: "quiet help", text: "?", "aria-label": F.keys, title: F.keys, on: { click: () => showKeys(F, ctx.keys.list()) } }),
    h("button", { type: "button", class: "quiet", text: F.log_out, on: { click: once(() => leave(ctx)) } }),
  );
  document.body.prepend(bar);
}

// 在线 / 小憩 / 离开. Which of them holds is the server's to say; a change that was refused shows the old one again.
function presence(ctx) {
  const F = W.frame;
  const choices = PRESENCES.map((one) => h("option", { value: one, text: F.presence[one] }));
  const select = h("select", { id: "presence", "aria-label": F.presence_label, class: ctx.me.presence }, choices);
  select.value = ctx.me.presence;
  const chosen = newest();
  const show = () => {
    select.value = select.className = ctx.me.presence;
  };
  // Who chooses again while the first choice is on its way means the second.
  select.addEventListener("change", () => chosen(select.value, async (presence) => (presence !== "away" || (await lettingGo(ctx)) ? ctx.api.put("/me/presence", { presence }) : ctx.me), (me) => {
    const changed = me !== ctx.me;
    ctx.me = me;
    show();
    if (changed) ctx.emit("presence", me.presence);
  }, (problem) => {
    ctx.toast(wrong(problem), { kind: "bad" });
    show();
  }));
  return select;
}

// Whoever goes decides what becomes of their shoppers; false when they stay after all.
async function lettingGo(ctx) {
  const { mine } = await ctx.api.get("/inbox");
  if (!mine.length) return true;
  const F = W.frame;
  const chosen = await ask(say(F.open_talks, { number: mine.length }), F.open_talks_why, [
    { name: "queue", label: F.to_queue, kind: "primary" },
    { name: "keep", label: F.keep },
    { name: "stay", label: F.cancel },
  ]);
  if (chosen === "queue") for (const talk of mine) await ctx.api.post(`/talks/${talk.id}/give`, { to: "queue" });
  return chosen === "queue" || chosen === "keep";
}

async function leave(ctx) {
  try {
    if (SPEAKERS.includes(ctx.me.role) && !(await lettingGo(ctx))) return;
    await ctx.api.del("/session");
  } catch (problem) {
    if (problem.status !== 401) {
      ctx.toast(wrong(problem), { kind: "bad" });
      return;
    }
  }
  ctx.live.end();
  location.assign("/login");
}
