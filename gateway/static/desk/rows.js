// The rows of the inbox: one per talk, kept while the talk stays in the list, so that nothing jumps under a finger.
import { fill, h } from "./dom.js";
import { grade, spoken } from "./clock.js";
import { say, W } from "./words.js";

const I = W.inbox;

// How a talk's shopper is called: by name, else as a visitor with the end of the talk's id.
export const called = (talk) => talk.customer || say(I.visitor, { id: talk.id.slice(-4) });

// Who has a talk, in words. `me`: the member's id.
export function ownerWords(talk, me) {
  if (talk.owner === `agent:${me}`) return I.owners.me;
  return talk.owner.startsWith("agent:") ? say(I.owners.agent, { number: talk.staff || "" }) : I.owners[talk.owner];
}

export class Rows {
  // `open(id)` and `take(id)`: what a click on a row, and on its button, means.
  constructor(host, me, clock, { open, take }) {
    this._host = host;
    this._me = me;
    this._clock = clock;
    this._act = { open, take };
    this._rows = new Map();
  }

  // Show groups [{title, talks}], `openId` marked. Rows of talks that are still there are moved, not made anew.
  show(groups, openId) {
    const wanted = [];
    const seen = new Set();
    for (const { title, talks } of groups) {
      if (title) wanted.push(this._heading(title));
      for (const talk of talks) {
        if (seen.has(talk.id)) continue;
        seen.add(talk.id);
        const row = this._rows.get(talk.id) || this._make(talk.id);
        this._update(row, talk, talk.id === openId);
        wanted.push(row.item);
      }
    }
    for (const id of [...this._rows.keys()]) if (!seen.has(id)) this._rows.delete(id);
    const now = [...this._host.children];
    if (now.length !== wanted.length || now.some((node, place) => node !== wanted[place])) {
      const focused = document.activeElement;
      this._host.replaceChildren(...wanted);
      if (focused && focused !== document.activeElement && this._host.contains(focused)) focused.focus({ preventScroll: true });
    }
    this.tick();
  }

  // The clocks, once a second.
  tick() {
    for (const row of this._rows.values()) {
      const since = row.talk.waiting_since;
      const seconds = since ? this._clock.seconds(since) : 0;
      row.clock.textContent = since ? spoken(seconds) : "";
      row.clock.className = since ? `clock ${grade(seconds)}` : "clock";
    }
  }

  // Bring a talk's row into sight.
  reveal(id) {
    this._rows.get(id)?.item.scrollIntoView({ block: "nearest" });
  }

  _heading(title) {
    this._titles ||= new Map();
    const kept = this._titles.get(title.key) || h("li", { class: "group" }, h("h3"));
    kept.firstChild.textContent = title.text;
    this._titles.set(title.key, kept);
    return kept;
  }

  _make(id) {
    const name = h("span", { class: "name" });
    const clock = h("span", { class: "clock" });
    const text = h("span", { class: "text" });
    const marks = h("span", { class: "marks" });
    const open = h("button", { type: "button", class: "open", "data-talk": id, on: { click: () => this._act.open(id) } }, name, clock, text, marks);
    const take = h("button", { type: "button", class: "take primary", text: I.take, on: { click: () => this._act.take(id) } });
    const row = { item: h("li", {}, open, take), open, take, name, clock, text, marks, talk: null };
    this._rows.set(id, row);
    return row;
  }

  _update(row, talk, isOpen) {
    row.talk = talk;
    row.name.textContent = called(talk);
    row.take.setAttribute("aria-label", say(I.take_whom, { name: called(talk) }));
    row.take.hidden = talk.owner !== "queue";
    row.text.textContent = talk.typing ? I.typing : `${talk.last_from === "shopper" ? "" : I.from[talk.last_from] || ""}${talk.last_text || I.no_text}`;
    row.text.classList.toggle("typing", Boolean(talk.typing));
    if (isOpen) row.open.setAttribute("aria-current", "true");
    else row.open.removeAttribute("aria-current");
    row.item.classList.toggle("unread", talk.unread > 0);
    fill(
      row.marks,
      talk.unread > 0 ? h("span", { class: "badge" }, String(Math.min(talk.unread, 99)), h("span", { class: "hidden-text", text: I.unread })) : null,
      talk.draft ? h("span", { class: "tag warn", text: I.draft }) : null,
      talk.fresh ? h("span", { class: "tag good", text: I.fresh }) : null,
      talk.owner === `agent:${this._me.id}` || talk.owner === "queue" ? null : h("span", { class: "tag", text: ownerWords(talk, this._me.id) }),
      talk.viewers.filter((one) => one.staff !== this._me.id).map((one) => h("span", { class: "tag", text: say(I.viewing, one) })),
    );
  }
}
