// The way out: every message of the agent's goes through here, in order within a talk, and stays until the server has it. The same
// client_id goes with each try, so that nothing is said twice. A mark of failure goes away only when the message is stored.
import { Problem } from "./api.js";
import { wrong } from "./frame.js";
import { h } from "./dom.js";
import { Kept } from "./kept.js";
import { say } from "./words.js";

const DELAYS = [1_000, 2_000, 4_000, 8_000, 15_000];

export class Outbox {
  // `confirm(entry, problem)` → "send" | "better" | null for words that want a second look; `back(entry)` gives words back to the draft
  // and says whether it took them; `changed()` when the list is to be drawn anew.
  constructor(ctx, { confirm, back, changed }) {
    this.ctx = ctx;
    this._confirm = confirm;
    this._back = back;
    this._changed = changed;
    this._kept = new Kept("unsent", ctx.me.id);
    this._kept.onchange = (key) => {
      const stored = this._kept.get(key);
      if (!stored) this.entries = this.entries.filter((one) => one.client_id !== key || one.state === "sending");
      this._changed();
    };
    // Left over from before a reload: whether they still fit is for the agent to say.
    this.entries = this._kept.all().map(([, one]) => ({ ...one, state: "failed", left: true })).sort((a, b) => a.at - b.at);
    this._timers = new Map();
    ctx.on("live", ({ up }) => up && this._retryAll());
    addEventListener("online", () => this._retryAll());
    addEventListener("beforeunload", (event) => this.entries.some((one) => one.state === "sending") && event.preventDefault());
  }

  of(talk) {
    return this.entries.filter((one) => one.talk === talk);
  }

  // Talks with something unsent, but for `talk`.
  elsewhere(talk) {
    return [...new Set(this.entries.filter((one) => one.talk !== talk && one.state === "failed").map((one) => one.talk))];
  }

  // `message`: {talk, text, use, place, scripts, pictures, files}. `before()`: what must be done first (taking the talk), once.
  send(message, before = null) {
    const entry = { ...message, client_id: crypto.randomUUID(), at: Date.now(), state: "sending", tries: 0, before };
    this.entries.push(entry);
    this._keep(entry);
    this._changed();
    void this._run(entry.talk);
    return entry;
  }

  retry(entry) {
    entry.state = "sending";
    entry.left = false;
    this._changed();
    void this._run(entry.talk);
  }

  drop(entry) {
    clearTimeout(this._timers.get(entry.talk));
    this.entries = this.entries.filter((one) => one !== entry);
    this._kept.drop(entry.client_id);
    this._changed();
    void this._run(entry.talk);
  }

  _keep(entry) {
    const { before, ...kept } = entry;
    this._kept.set(entry.client_id, kept);
  }

  async _run(talk) {
    this._running ||= new Set();
    if (this._running.has(talk)) return;
    this._running.add(talk);
    try {
      for (;;) {
        const entry = this.entries.find((one) => one.talk === talk && !one.left);
        // What failed holds up what was written after it: the shopper reads in the order of writing.
        if (!entry || entry.state !== "sending" || !(await this._deliver(entry))) return;
      }
    } finally {
      this._running.delete(talk);
    }
  }

  async _deliver(entry) {
    try {
      if (entry.before) Object.assign(entry, await entry.before(entry));
      entry.before = null;
      await this._pictures(entry);
      const { client_id, text, use, place, scripts, pictures, files, confirmed } = entry;
      const body = { client_id, text, confirmed: Boolean(confirmed) };
      if (use) Object.assign(body, { use, place: place ?? null });
      if (scripts?.length) body.scripts = scripts;
      if (pictures?.some((one) => one.from === "use")) body.picture = "use";
      if (files?.length) body.attachment_ids = files;
      const { message, outcome } = await this.ctx.api.post(`/talks/${entry.talk}/messages`, body);
      this.drop(entry);
      this.ctx.emit("sent", { ...message, talk: entry.talk, outcome });
      return true;
    } catch (problem) {
      return this._failed(entry, problem);
    }
  }

  // Pictures of scripts become files of the talk, once each: a second try sends the same ones.
  async _pictures(entry) {
    for (const one of entry.pictures || []) {
      if (one.from === "use" || one.file) continue;
      const form = new FormData();
      form.append("file", await picture(one.image), "picture");
      one.file = (await this.ctx.api.upload(`/talks/${entry.talk}/attachments`, form)).id;
      entry.files = [...(entry.files || []), one.file];
      this._keep(entry);
    }
  }

  async _failed(entry, problem) {
    if (problem.kind?.startsWith("wording-")) {
      const answer = await this._confirm(entry, problem);
      if (answer === "send") {
        entry.confirmed = true;
        return this._deliver(entry);
      }
      return this._giveBack(entry, problem, answer === "better" ? problem.body.findings : null);
    }
    if (problem.kind === "gap") return this._giveBack(entry, problem);
    entry.state = "failed";
    entry.why = problem.status === 401 ? this.ctx.words.composer.logged_out : wrong(problem);
    // Only what the network or an ill server kept back is tried again by itself.
    entry.again = problem.status === 0 || problem.status === 429 || problem.status >= 500;
    entry.tries += 1;
    this._keep(entry);
    this._changed();
    this.ctx.emit("unsent", { talk: entry.talk, client_id: entry.client_id, use: entry.use });
    if (entry.again) {
      clearTimeout(this._timers.get(entry.talk));
      this._timers.set(entry.talk, setTimeout(() => this.entries.includes(entry) && this.retry(entry), DELAYS[Math.min(entry.tries, DELAYS.length) - 1]));
    }
    return false;
  }

  _giveBack(entry, problem, findings = null) {
    this.ctx.emit("unsent", { talk: entry.talk, client_id: entry.client_id, use: entry.use });
    if (this._back(entry, findings)) {
      if (problem.kind === "gap") this.ctx.toast(this.ctx.words.composer.gap_refused, { kind: "warn" });
      this.drop(entry);
      return true;
    }
    entry.state = "failed";
    entry.why = problem.kind === "gap" ? this.ctx.words.composer.gap_refused : this.ctx.words.composer.kept_back;
    this._keep(entry);
    this._changed();
    return false;
  }

  _retryAll() {
    for (const entry of this.entries) if (entry.state === "failed" && entry.again && !entry.left) this.retry(entry);
  }

  // The list of what was not sent in `talk`, and a way to talks where something was not sent.
  draw(talk) {
    const C = this.ctx.words.composer;
    const here = this.of(talk).map((entry) =>
      entry.state === "sending"
        ? h("li", { class: "sending mute" }, C.sending, " ", h("span", { class: "words", text: entry.text }))
        : h(
        "li",
        { class: "unsent", "data-id": entry.client_id },
        h("p", { class: "words", text: entry.text }),
        h("p", { class: "bad", role: "alert", text: entry.left ? C.unsent_left : say(entry.again ? C.unsent_again : C.unsent, { why: entry.why || "" }) }),
        h(
          "div",
          { class: "row" },
          h("button", { type: "button", text: C.retry, on: { click: () => this.retry(entry) } }),
          h("button", { type: "button", text: C.take_back, on: { click: () => this._back(entry, null) && this.drop(entry) } }),
          h("button", { type: "button", class: "quiet", text: C.discard, on: { click: () => this.drop(entry) } }),
        ),
      ),
    );
    const others = this.elsewhere(talk);
    const away = others.length
      ? h("li", { class: "row" }, h("span", { class: "bad", text: say(C.unsent_elsewhere, { n: others.length }) }), h("button", { type: "button", text: C.show, on: { click: () => this.ctx.emit("open", others[0]) } }))
      : null;
    return here.length || away ? h("ul", { class: "outbox" }, here, away) : null;
  }
}

async function picture(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer) throw new Problem(0, "offline", "offline");
  if (!answer.ok) throw new Problem(answer.status, "picture", "picture");
  return answer.blob();
}
