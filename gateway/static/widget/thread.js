// The messages that this page has of the talk: by their seq, without a hole, each once.
import { TalkCalls } from "./calls.js";
import { disk } from "./outbox.js";

export const PAGE = 50;

export class Thread extends TalkCalls {
  // What stands in the input; kept by every key until it is sent.
  set draft(text) {
    if (text) disk.write(`${this.store}:draft`, text);
    else disk.remove(`${this.store}:draft`);
  }

  get draft() {
    return disk.read(`${this.store}:draft`) || "";
  }

  empty() {
    this.messages = new Map();
    this.fresh = []; // put, but not told of yet
    this.early = new Map(); // receipts of messages that are still being fetched: their answer may be older
    this.last = this.readByShop = 0;
    this.hasOlder = false;
  }

  list() {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }

  get unread() {
    let count = 0;
    for (const [seq, message] of this.messages) if (seq > this.saved.read && message.from !== "shopper") count += 1;
    return count;
  }

  receipt(item) {
    if (item.body) return item.state;
    return item.seq <= this.readByShop ? "read" : "sent";
  }

  // The next message, or a known one in a newer state. Only the first of all may be in the middle of the talk.
  put(message) {
    const known = this.messages.get(message.seq);
    if (!known && message.seq <= this.last) return; // older than what is loaded
    // A receipt may have overtaken the answer to our own request.
    const told = known ? known.state : this.early.get(message.seq);
    if (told && message.state === "received") message.state = told;
    this.messages.set(message.seq, message);
    if (known) return;
    this.last = message.seq;
    if (message.from !== "shopper") this.typing = false;
    this.fresh.push(message);
  }

  // A receipt; its message may still be on its way.
  settle({ seq, state }) {
    const message = this.messages.get(seq);
    if (message) message.state = state;
    else this.early.set(seq, state);
  }

  prepend(page) {
    page.messages.forEach((message) => this.messages.set(message.seq, message));
    this.hasOlder = page.has_more;
  }

  // Which of the newest got no answer.
  mark(failed) {
    for (const message of this.messages.values()) {
      if (failed.includes(message.seq)) message.state = "failed";
      else if (message.state === "failed" && message.seq > this.last - PAGE) message.state = "answered";
    }
  }
}
