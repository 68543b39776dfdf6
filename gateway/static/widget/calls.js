// The calls of the public chat API, each one request with its time limit. TalkClient adds what makes a talk of them.

export const PROTOCOL = 1;
export const TIMEOUT = 15000;
const KEEPALIVE = 8000; // a browser lets little outlive its page

export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body?.detail || `status ${status}`);
    this.status = status;
    this.kind = String(body?.type || "").split(":").pop();
    this.retryAfter = Number(retryAfter) || 0;
  }

  // Only our own server's word counts: a proxy in between says 404 too while the shop is being set up anew.
  get isGone() {
    return Boolean(this.kind) && (this.status === 404 || this.status === 401);
  }

  get isFinal() {
    return Boolean(this.kind) && this.status < 500 && ![408, 425, 429].includes(this.status);
  }
}

export function uuid() {
  if (globalThis.crypto?.randomUUID) return crypto.randomUUID();
  // randomUUID exists only in secure contexts; a shop tried out over plain http needs ids too.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export class TalkCalls extends EventTarget {
  constructor(base, identity) {
    super();
    this.base = base;
    this.identity = identity;
  }

  get path() {
    return `/api/v1/conversations/${this.saved.id}`;
  }

  get headers() {
    return this.saved.token ? { Authorization: `Bearer ${this.saved.token}` } : {};
  }

  async file(id) {
    const response = await fetch(`${this.base}${this.path}/attachments/${id.split("/").map(encodeURIComponent).join("/")}`, { headers: this.headers });
    if (!response.ok) throw new Problem(response.status);
    return URL.createObjectURL(await response.blob());
  }

  // Everything the shop holds on this shopper as a ZIP; without an account, everything of this talk.
  async copy() {
    const identity = await this.identity();
    const path = identity ? "/api/v1/customers/me/data" : `${this.path}/data`;
    const headers = identity ? { Authorization: `Bearer ${identity}` } : this.headers;
    const response = await fetch(this.base + path, { headers, cache: "no-store" });
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null), response.headers.get("Retry-After"));
    return response.blob();
  }

  async marketing() {
    return (await this.request("GET", "/marketing")).wanted;
  }

  async setMarketing(wanted) {
    return (await this.request("PUT", "/marketing", { wanted })).wanted;
  }

  rate(score, comment) {
    return this.request("POST", "/rating", { score, comment: comment || undefined });
  }

  skipRating() {
    return this.request("POST", "/rating/skip");
  }

  // What the window shows of the shop: name, hours of people, privacy line, colour.
  shop(id) {
    return this.call("GET", `/api/v1/shops/${encodeURIComponent(id)}/widget`);
  }

  request(method, path, body, options) {
    return this.call(method, this.path + path, body, options);
  }

  async call(method, path, body, { signal, timeout = TIMEOUT } = {}) {
    const { headers } = this;
    const isForm = body instanceof FormData;
    const content = body && !isForm ? JSON.stringify(body) : body;
    if (body && !isForm) headers["Content-Type"] = "application/json";
    const over = new AbortController();
    const timer = timeout && setTimeout(() => over.abort(), timeout);
    signal?.addEventListener("abort", () => over.abort());
    try {
      const response = await fetch(this.base + path, {
        method, headers, body: content, cache: "no-store", signal: over.signal, keepalive: method === "POST" && !isForm && content?.length < KEEPALIVE,
      });
      const told = response.headers.get("Xiaoer-Protocol");
      if (told && !this.speaks(Number(told))) throw new Problem(426);
      const answer = response.status === 204 ? null : await response.json().catch(() => null);
      if (!response.ok) throw new Problem(response.status, answer, response.headers.get("Retry-After"));
      // A page of somebody in between (a hotel's log-in) is no receipt.
      if (!answer && response.status !== 204) throw new Problem(502);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }
}
