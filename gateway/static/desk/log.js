// The list of an open talk on the screen: rows that stay the same nodes, and where it stands: at its end, or at what somebody reads.
import { h } from "./dom.js";
import { say, W } from "./words.js";

const T = W.talk;
// So near (pixels) is at the end, and so near the top asks for earlier messages.
const NEAR = 80;
const TOP = 300;

export class Log {
  // `older()`: somebody has scrolled near the top. `types`: a line below the list.
  constructor(older, types) {
    this.rows = new Map();
    this.atEnd = true;
    this.below = 0;
    this._top = 0;
    this._older = older;
    this.list = h("ol", { class: "messages", "aria-label": T.list });
    this.scroller = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": T.list }, this.list, types);
    this.scroller.addEventListener("scroll", () => this._scrolled(), { passive: true });
    this.jump = h("button", { type: "button", class: "jump", title: "Alt+End", hidden: true });
    this.node = h("div", { class: "hold" }, this.scroller, this.jump);
    // A picture that comes, a keyboard on a phone: who was at the end stays there.
    const follow = new ResizeObserver(() => this.atEnd && this.toEnd());
    follow.observe(this.scroller);
    follow.observe(this.list);
  }

  clear() {
    this.rows.clear();
    this.list.replaceChildren();
    Object.assign(this, { atEnd: true, below: 0 });
    this.mark();
  }

  // Show items [{key, stamp, make}] in order. A row whose stamp stays is the same node: focus, what is unfolded and selected stay.
  show(items) {
    const moved = [];
    const wanted = items.map((item) => {
      const known = this.rows.get(item.key);
      if (known?.stamp === item.stamp) return known.node;
      const node = item.make();
      if (known?.node.contains(document.activeElement)) moved.push(node);
      this.rows.set(item.key, { node, stamp: item.stamp });
      return node;
    });
    const keys = new Set(items.map((item) => item.key));
    for (const key of [...this.rows.keys()]) if (!keys.has(key)) this.rows.delete(key);
    // The first message in sight stays where it is, whatever is put before it.
    const anchor = this.atEnd ? null : this._anchor();
    const kept = new Set(wanted);
    for (const node of [...this.list.children]) if (!kept.has(node)) node.remove();
    let next = this.list.firstElementChild;
    for (const node of wanted) {
      if (node === next) next = next.nextElementSibling;
      else this.list.insertBefore(node, next);
    }
    for (const node of moved) node.focus({ preventScroll: true });
    if (anchor?.node.isConnected) this.scroller.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top;
    if (this.atEnd) this.toEnd();
    this.mark();
  }

  // To the newest; rows that were not drawn yet have another height than was thought, so once more when they are.
  toEnd() {
    this.atEnd = true;
    this.below = 0;
    const end = () => {
      this.scroller.scrollTop = this.scroller.scrollHeight;
      this._top = this.scroller.scrollTop;
    };
    end();
    requestAnimationFrame(() => this.atEnd && end());
    this.mark();
  }

  mark() {
    this.jump.hidden = this.atEnd || !this.list.childElementCount;
    this.jump.textContent = this.below ? say(T.newer, { n: this.below }) : T.newest;
  }

  // Messages of the list, in order.
  get messages() {
    return [...this.list.querySelectorAll(".message")];
  }

  _anchor() {
    const top = this.scroller.getBoundingClientRect().top;
    const node = this.messages.find((one) => one.getBoundingClientRect().bottom > top);
    return node && { node, top: node.getBoundingClientRect().top };
  }

  _scrolled() {
    const { scroller } = this;
    const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    // Only who scrolls up leaves the end. A list that got lower meanwhile (suggestions came) or a row that was drawn has moved it.
    const moved = !near && this.atEnd && scroller.scrollTop >= this._top;
    this.atEnd = near || moved;
    this._top = scroller.scrollTop;
    if (moved) this.toEnd();
    if (this.atEnd) this.below = 0;
    this.mark();
    if (scroller.scrollTop < TOP) this._older();
  }
}
