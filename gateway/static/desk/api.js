// The staff API from a page of ours: the session's cookie, its CSRF word, and problems as errors.

const ROOT = "/api/v1/staff";
let csrf = "";
let leaving = false;

// What the API refused. `status` 0: it was not reached. `kind`: the stable word, e.g. "wording-ask". `body`: the whole problem.
export class Problem extends Error {
  constructor(status, kind, title, body = {}) {
    super(body.detail || title);
    this.name = "Problem";
    this.status = status;
    this.kind = kind;
    this.title = title;
    this.body = body;
  }
}

// The session's CSRF word, as the log-in or /me said it.
export function keepCsrf(word) {
  csrf = word;
}

// Where the log-in leads back to. Several calls may learn at once that the session is over: the first one leads there.
export function toLogin() {
  if (leaving) return;
  leaving = true;
  const here = location.pathname + location.search;
  location.assign(here.startsWith("/login") ? "/login" : `/login?next=${encodeURIComponent(here)}`);
}

async function call(method, path, { query, body, form, stay = false } = {}) {
  const asked = new URLSearchParams(Object.entries(query || {}).filter(([, value]) => value !== undefined && value !== null && value !== ""));
  const headers = method === "GET" ? {} : { "X-CSRF-Token": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`${ROOT}${path}${String(asked) && `?${asked}`}`, { method, headers, body: form || (body === undefined ? undefined : JSON.stringify(body)) });
  } catch {
    throw new Problem(0, "offline", "offline");
  }
  const text = answer.status === 204 ? "" : await answer.text().catch(() => "");
  const said = parsed(text);
  if (answer.ok) return said;
  if (answer.status === 401 && !stay) toLogin();
  const kind = String(said?.type || "").replace("urn:xiaoer:problem:", "") || "internal";
  throw new Problem(answer.status, kind, said?.title || answer.statusText, { ...said, retry_after: Number(answer.headers.get("Retry-After")) || null });
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// `path` is below /api/v1/staff, e.g. "/talks". Every call throws a Problem; a 401 leads to the log-in as well.
export const api = {
  get: (path, query) => call("GET", path, { query }),
  post: (path, body = {}) => call("POST", path, { body }),
  put: (path, body = {}) => call("PUT", path, { body }),
  patch: (path, body = {}) => call("PATCH", path, { body }),
  del: (path) => call("DELETE", path),
  upload: (path, form) => call("POST", path, { form }),
};

// For the log-in page itself: a 401 is an answer there and leads nowhere.
export const quiet = {
  get: (path) => call("GET", path, { stay: true }),
  post: (path, body = {}) => call("POST", path, { body, stay: true }),
};
