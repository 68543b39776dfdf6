// The pace of an answer: its bubbles one after the other, as somebody would write them. Nothing waits that must not:
// the first bubble, what is urgent, what people say, the history, and everything while nobody looks.
const SHORTEST = 600;
const LONGEST = 1000;
const LETTER = 6;
const MOST = 12; // more at once is a catch-up, not an answer

export class Pace {
  constructor(changed) {
    this.changed = changed;
    this.shown = null;
    this.free = 0;
  }

  // Those of the messages (in order) that may be seen now; `typing` tells whether another one is on its way.
  visible(messages) {
    const last = messages.at(-1)?.seq ?? 0;
    if (this.shown === null) this.shown = last;
    this.typing = false;
    clearTimeout(this.timer);
    const coming = messages.filter((message) => message.seq > this.shown);
    if (!coming.length) return messages;
    if (document.hidden || coming.length > MOST) this.shown = last;
    // Something urgent, or the shopper's next line, takes everything before it along.
    const haste = coming.findLast((message) => message.from !== "bot" || message.urgent);
    if (haste && haste.seq > this.shown) this.shown = haste.seq;
    const now = performance.now();
    for (const message of coming) {
      if (message.seq <= this.shown) continue;
      const before = messages[messages.indexOf(message) - 1];
      const follows = before && before.from === "bot" && message.reply_to && before.reply_to === message.reply_to;
      if (follows && now < this.free) {
        this.typing = true;
        this.timer = setTimeout(this.changed, this.free - now + 5);
        break;
      }
      this.shown = message.seq;
      const next = messages[messages.indexOf(message) + 1];
      // Timed by the bubble that comes: a longer one takes longer to write. The clock of the page, not of the day.
      this.free = now + Math.min(LONGEST, SHORTEST + LETTER * (next?.text.length ?? 0));
    }
    return messages.filter((message) => message.seq <= this.shown);
  }
}
