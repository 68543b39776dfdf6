// What tells of a message nobody sees: the badge, a preview beside the launcher, the count in the title, a tone.
import { ICONS, el, icon } from "./dom.js";
import { who } from "./log.js";
import { WORDS } from "./words.js";

const TITLE = /^（\d+\+?）/;

export class Notice {
  constructor(host) {
    this.host = host;
    this.count = 0;
    this.text = el("button", { class: "words", type: "button", onclick: () => host.open() }, WORDS.title);
    const away = el("button", { class: "away", type: "button", "aria-label": WORDS.dismiss, onclick: () => this.preview(null) }, icon(...ICONS.close));
    this.node = el("div", { class: "preview", hidden: true }, this.text, away);
  }

  // count: messages that nobody has seen; `hidden`: the window is closed or the page is in the background.
  show(count, hidden) {
    if (count !== this.count) this.host.tell("unread", { count });
    this.count = count;
    this.host.showUnread(this.host.isOpen ? 0 : count);
    if (!count || this.host.isOpen) this.preview(null);
    if (this.host.getAttribute("count-in-title") === "off") return;
    const plain = document.title.replace(TITLE, "");
    const wanted = count && hidden ? `（${count}）${plain}` : plain;
    if (document.title !== wanted) document.title = wanted;
  }

  // The newest unseen words beside the launcher, until they are read or put away.
  preview(message) {
    this.node.hidden = !message;
    if (message) this.text.replaceChildren(el("strong", {}, who(message)), message.text || WORDS.picture);
  }

  // A new message of the other side.
  arrived(message, hidden) {
    if (!hidden) return;
    if (!this.host.isOpen) {
      this.preview(message);
      this.host.live.textContent = WORDS.news(this.count, message.text || WORDS.picture);
    }
    if (this.host.state?.sound) this.ring();
  }

  // Two soft tones made here; no file, and silent where the browser wants a touch first.
  ring() {
    try {
      this.audio ??= new AudioContext();
      this.audio.resume();
      const now = this.audio.currentTime;
      for (const [pitch, at] of [[659, 0], [880, 0.12]]) {
        const [tone, volume] = [this.audio.createOscillator(), this.audio.createGain()];
        tone.frequency.value = pitch;
        volume.gain.setValueAtTime(0.0001, now + at);
        volume.gain.exponentialRampToValueAtTime(0.12, now + at + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.0001, now + at + 0.25);
        tone.connect(volume).connect(this.audio.destination);
        tone.start(now + at);
        tone.stop(now + at + 0.3);
      }
    } catch {
      // No sound device: the badge tells it too.
    }
  }
}
