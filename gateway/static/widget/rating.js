// The one question for a rating: stars that count at once, then a comment if the shopper likes; putting it away is remembered.
import { ICONS, el, icon } from "./dom.js";
import { WORDS } from "./words.js";

// After the last bubble, so that the answer is read first (ms).
const CALM = 1500;

export class Rating {
  // panel: the window it belongs to.
  constructor(panel) {
    this.panel = panel;
    this.node = el("section", { class: "ask", "aria-label": WORDS.rate, hidden: true });
  }

  // The talk says that now is the moment. Never into the middle of a sentence the shopper is writing.
  watch(due) {
    if (!due) {
      clearTimeout(this.soon);
      this.soon = null;
      if (!this.node.hidden && !this.chosen && !this.asked) this.hide();
      return;
    }
    this.soon ??= setTimeout(() => {
      this.soon = null;
      if (this.panel.host.isOpen && !this.panel.composer.input.value && this.node.hidden && !this.over) this.show();
    }, CALM);
  }

  reset() {
    this.watch(false);
    this.over = false;
    this.hide();
  }

  hide() {
    this.node.hidden = true;
    this.chosen = this.asked = false;
  }

  // asked: the shopper wants to rate (menu), so the focus goes there; else it stays where it is.
  show(asked = false) {
    this.asked = asked;
    this.chosen = 0;
    this.stars = [1, 2, 3, 4, 5].map((n) => el("button", { type: "button", "aria-label": WORDS.stars(n), "aria-pressed": "false", onclick: () => this.#choose(n) }, el("span", { "aria-hidden": "true" }, "★")));
    const away = el("button", { class: "icon", type: "button", "aria-label": WORDS.rateSkip, onclick: () => this.#skip() }, icon(...ICONS.close));
    this.node.replaceChildren(el("div", { class: "asking" }, el("strong", {}, WORDS.rate), away), el("div", { class: "stars", role: "group", "aria-label": WORDS.rate }, ...this.stars));
    this.node.hidden = false;
    this.panel.log.toEnd();
    if (asked) this.stars[0].focus();
    else this.panel.host.live.textContent = WORDS.rate;
  }

  async #choose(score) {
    const first = !this.chosen;
    this.chosen = score;
    this.over = true;
    this.stars.forEach((star, at) => star.setAttribute("aria-pressed", String(at < score)));
    if (first) {
      this.comment = el("textarea", { rows: 2, maxLength: 500, placeholder: WORDS.rateComment, "aria-label": WORDS.rateComment });
      this.node.append(el("div", { class: "compose" }, this.comment, el("button", { class: "sendit", type: "button", onclick: () => this.#done() }, WORDS.rateSend)));
    }
    await this.#store();
  }

  async #store(comment) {
    try {
      await this.panel.client.rate(this.chosen, comment);
      this.panel.host.tell("rating", { score: this.chosen, comment: comment || null });
      return true;
    } catch {
      this.panel.hint(WORDS.unavailable, true);
      return false;
    }
  }

  async #done() {
    const comment = this.comment.value.trim();
    if (comment && !(await this.#store(comment))) return;
    this.hide();
    this.panel.hint(WORDS.rated);
    this.panel.composer.input.focus();
  }

  #skip() {
    const unasked = !this.chosen;
    this.over = true;
    this.hide();
    this.panel.composer.input.focus();
    if (unasked) this.panel.client.skipRating().catch(() => {});
  }
}
