// What waits must not be missed: a count in the title, a mark on the page's icon, a sound (once it was allowed), and one alarm for all
// talks that wait too long.
import { $, fill, h } from "./dom.js";
import { say, W } from "./words.js";

const KEPT = "xiaoer.desk.sound";
// Two tones of one kind within so many milliseconds are one; the alarm sounds again after a minute.
const APART = 2_000;
const AGAIN = 60_000;
const TONES = { message: [880], waiting: [660, 880], assigned: [660, 990], alarm: [990, 740, 990] };

const icon = (mark) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="#1f6f5c"/><path d="M5 6h14v9h-9l-4 3.6V15H5z" fill="#fff"/>${mark}</svg>`;
const MARK = '<circle cx="17.5" cy="6.5" r="6" fill="#d92d20" stroke="#fff" stroke-width="1.5"/>';

export class Attention {
  // `jump`: goes to the talk that waits longest.
  constructor(ctx, jump) {
    this._title = document.title;
    this._count = 0;
    this._on = stored() === "on";
    this._audio = null;
    this._rang = {};
    this._late = 0;
    this._lately = 0;
    this._bell = h("button", { type: "button", class: "quiet bell", on: { click: () => this._toggle() } });
    $("#top-tools")?.append(this._bell);
    this._words = h("span");
    this._longest = h("span", { "aria-hidden": "true" });
    const go = h("button", { type: "button", class: "bad", on: { click: jump } }, W.inbox.jump, h("span", { class: "key", text: "Alt+O" }));
    this._bar = h("div", { id: "alarm", role: "alert", hidden: true }, this._words, this._longest, go);
    $("#top").after(this._bar);
    // A browser lets a page sound only after it was touched; what was allowed before needs one touch again after each load.
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => this._on && this._wake(), { capture: true });
    this._show();
  }

  // How many talks want somebody: in the title, on the icon.
  count(number) {
    if (number === this._count) return;
    this._count = number;
    document.title = number ? `(${number}) ${this._title}` : this._title;
    const link = $("link[rel=icon]");
    if (link) link.href = `data:image/svg+xml,${encodeURIComponent(icon(number ? MARK : ""))}`;
  }

  // One alarm for all: how many wait too long, and how long the longest has waited (text).
  alarm(number, longest) {
    if (number !== this._late) {
      if (number > this._late || performance.now() - this._lately > AGAIN) this._ringAlarm();
      this._late = number;
      this._bar.hidden = !number;
      this._words.textContent = number ? say(W.inbox.alarm, { number }) : "";
    } else if (number && performance.now() - this._lately > AGAIN) this._ringAlarm();
    if (number) this._longest.textContent = say(W.inbox.longest, { time: longest });
  }

  // A tone: message | waiting | assigned | alarm. Silent unless sound is on.
  ring(kind) {
    const now = performance.now();
    if (!this._on || !this._wake() || now - (this._rang[kind] ?? -APART) < APART) return;
    this._rang[kind] = now;
    TONES[kind].forEach((pitch, place) => tone(this._audio, pitch, this._audio.currentTime + 0.16 * place));
    this._bell.dataset.rang = String(Number(this._bell.dataset.rang || 0) + 1);
  }

  _ringAlarm() {
    this._lately = performance.now();
    this.ring("alarm");
  }

  _toggle() {
    this._on = !this._on;
    try {
      localStorage.setItem(KEPT, this._on ? "on" : "off");
    } catch {
      // A browser that keeps nothing asks again after the next load.
    }
    this._show();
    if (this._on) this.ring("message");
  }

  _wake() {
    if (!globalThis.AudioContext) return false;
    this._audio ||= new AudioContext();
    if (this._audio.state === "suspended") this._audio.resume().catch(() => {});
    return true;
  }

  _show() {
    fill(this._bell, this._on ? W.inbox.sound_on : W.inbox.sound_off);
    this._bell.setAttribute("aria-pressed", String(this._on));
    this._bell.title = W.inbox.sound_why;
  }
}

function stored() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function tone(audio, pitch, at) {
  const source = audio.createOscillator();
  const volume = audio.createGain();
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
  source.connect(volume).connect(audio.destination);
  source.start(at);
  source.stop(at + 0.15);
}
