// The menu of the window: rating, sound, marketing, the shopper's data.
import { Problem } from "./client.js";
import { el } from "./dom.js";
import { WORDS } from "./words.js";

export class Menu {
  // panel: the window it belongs to.
  constructor(panel, button) {
    this.panel = panel;
    this.button = button;
    this.node = el("div", { class: "menu", id: "menu", role: "group", "aria-label": WORDS.menu, hidden: true });
  }

  get isOpen() {
    return !this.node.hidden;
  }

  toggle(show = !this.isOpen) {
    this.node.hidden = !show;
    this.button.setAttribute("aria-expanded", String(show));
    if (!show) return this.button.focus();
    this.node.replaceChildren(
      el("button", { type: "button", onclick: () => { this.toggle(false); this.panel.rating.show(true); } }, WORDS.rate),
      this.#sound(),
      this.#marketing(),
      el("button", { type: "button", onclick: (event) => this.#copy(event.currentTarget) }, WORDS.copy),
      el("button", { type: "button", onclick: () => this.#askErase() }, WORDS.erase),
    );
    this.node.querySelector("button").focus();
  }

  // A tone for new messages: off until somebody wants it.
  #sound() {
    const { host, notice } = this.panel;
    const box = el("input", { type: "checkbox", checked: Boolean(host.state?.sound) });
    box.addEventListener("change", () => {
      host.keep({ sound: box.checked });
      if (box.checked) notice.ring();
    });
    return el("label", { class: "choice" }, box, el("span", {}, WORDS.sound));
  }

  // A yes of its own: never ticked unless the shopper ticked it, and as easily taken back.
  #marketing() {
    const { panel } = this;
    const box = el("input", { type: "checkbox", checked: false, disabled: true });
    panel.start().then(() => panel.client.marketing()).then(
      (wanted) => {
        box.checked = wanted;
        box.disabled = false;
      },
      () => {},
    );
    box.addEventListener("change", () => {
      const wanted = box.checked;
      panel.client.setMarketing(wanted).then(
        () => panel.hint(wanted ? WORDS.marketingOn : WORDS.marketingOff),
        () => {
          box.checked = !wanted;
          panel.hint(WORDS.unavailable, true);
        },
      );
    });
    return el("label", { class: "choice" }, box, el("span", {}, WORDS.marketing));
  }

  async #copy(button) {
    const { panel } = this;
    button.disabled = true;
    panel.hint(WORDS.copying);
    try {
      await panel.start();
      const url = URL.createObjectURL(await panel.client.copy());
      el("a", { href: url, download: "my-data.zip" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
      this.done(WORDS.copied);
    } catch (error) {
      panel.hint(error instanceof Problem && error.status === 429 ? WORDS.copyLimit : WORDS.unavailable, true);
      button.disabled = false;
    }
  }

  #askErase() {
    const yes = el("button", { type: "button", class: "danger", onclick: () => this.#erase() }, WORDS.eraseYes);
    this.node.replaceChildren(el("p", {}, WORDS.eraseAsk), yes, el("button", { type: "button", onclick: () => this.toggle(false) }, WORDS.eraseNo));
    yes.focus();
  }

  async #erase() {
    const { panel } = this;
    try {
      const { receipt } = await panel.client.erase();
      panel.begin();
      await panel.start();
      this.done(WORDS.erased(receipt));
    } catch {
      this.done(WORDS.unavailable);
    }
  }

  done(text) {
    this.toggle(false);
    this.panel.hint(text);
  }
}
