// 「我的订单」: the shopper's orders above the input, with what can be done with each. Fetched each time, so that states are of now.
import { card } from "./cards.js";
import { ICONS, el, icon } from "./dom.js";
import { WORDS } from "./words.js";

export class Picker {
  // client: () => the talk; start(): make sure there is one; say(content, shown); hint(text, bad).
  constructor(context) {
    Object.assign(this, context);
    this.button = el("button", { class: "icon", type: "button", "aria-label": WORDS.orders, "aria-expanded": "false", onclick: () => (this.node.hidden ? this.open() : this.close()) }, icon(...ICONS.orders));
    this.node = el("section", { class: "sheet", "aria-label": WORDS.orders, hidden: true });
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  async open() {
    this.button.disabled = true;
    try {
      await this.start();
      const client = this.client();
      if (!client.known) return;
      const { card: data } = await client.request("GET", "/orders");
      if (!data.orders.length) return this.hint(WORDS.ordersNone);
      const press = ({ choice, title }) => {
        this.close();
        this.say({ choice }, { text: title });
      };
      const shut = el("button", { type: "button", "aria-label": WORDS.ordersClose, onclick: () => this.close() }, icon(...ICONS.close));
      this.node.replaceChildren(el("div", { class: "head" }, el("b", {}, WORDS.orders), shut), card(data, { base: client.base, press }));
      this.#show(true);
      shut.focus();
    } catch {
      this.hint(WORDS.unavailable, true);
    } finally {
      this.button.disabled = false;
    }
  }

  close() {
    if (this.node.hidden) return;
    this.#show(false);
    this.button.focus();
  }

  #show(on) {
    this.node.hidden = !on;
    this.button.ariaExpanded = String(on);
  }
}
