// The shopper's orders beside a talk: state, parcel, flag and note (备注插旗), more time to confirm, cards; and coupons to give.
import { h } from "./dom.js";
import { day, moment } from "./forms.js";
import { once } from "./turns.js";
import { say, W } from "./words.js";

const O = W.side.orders;
export const FLAGS = ["none", "red", "yellow", "green", "blue", "purple"];

// So many of the newest are seen at once.
const FIRST = 4;

export class Orders {
  constructor(side) {
    this.side = side;
    this.ctx = side.ctx;
    // A card that is pressed twice, or by key and button, reaches the shopper once.
    this.card = once((one, kind) => this._card(one, kind), (one, kind) => `${kind} ${one.id}`);
  }

  draw() {
    const { orders } = this.side.data;
    const [first, rest] = [orders.slice(0, FIRST), orders.slice(FIRST)];
    return h("section", {}, h("h3", { text: say(O.title, { number: orders.length }) }), first.length ? first.map((one) => this._order(one)) : h("p", { class: "mute", text: O.none }),
      rest.length ? h("details", { class: "part", "data-key": "orders" }, h("summary", {}, say(O.older, { number: rest.length })), rest.map((one) => this._order(one))) : null);
  }

  _order(one) {
    const { flag } = one;
    const button = (name, label, fn, more = {}) => h("button", { type: "button", "data-do": name, text: label, ...more, on: { click: fn } });
    const running = ["shipped", "received"].includes(one.state);
    return h(
      "article",
      { class: `order flag-${flag.flag}`, "data-key": `order-${one.id}`, "data-order": one.id, "aria-label": say(O.order, one) },
      h("div", { class: "head" },
        one.image ? h("img", { src: one.image, alt: "", width: 48, height: 48, loading: "lazy" }) : null,
        h("div", { class: "grow" },
          h("p", { class: "name" }, one.product),
          h("p", { class: "mute" }, [one.variant, `¥${one.paid}`, say(O.ordered, { day: day(one.ordered_at) })].filter(Boolean).join(" · ")),
        ),
        h("span", { class: `tag ${one.state === "unpaid" ? "warn" : ""}`, text: one.state_word }),
      ),
      h("p", { class: "ids" },
        button("copy", one.id, () => this._copy(one.id), { class: "link", title: O.copy, "aria-label": say(O.copy_order, one) }),
        one.tracking ? [" · ", one.courier_name || one.courier || "", " ", button("copy-parcel", one.tracking, () => this._copy(one.tracking), { class: "link", title: O.copy, "aria-label": say(O.copy_parcel, one) })] : null,
      ),
      one.ship_by && !one.shipped_at ? h("p", { class: "mute", text: say(O.ship_by, { day: day(one.ship_by) }) }) : null,
      one.last_scan ? h("details", { "data-key": `scans-${one.id}` }, h("summary", {}, `${moment(one.last_scan.at)} ${one.last_scan.text}`), h("ol", { class: "scans" }, one.scans.map((scan) => h("li", {}, h("b", { text: moment(scan.at) }), ` ${scan.place} ${scan.text}`)))) : null,
      flag.flag !== "none" || flag.note ? h("p", { class: "note" }, sign(flag.flag), h("span", { class: "hidden-text", text: O.flags[flag.flag] }), " ", flag.note, h("small", { class: "mute", text: ` ${this.side.who(flag.staff)} ${moment(flag.at)}` })) : null,
      one.extended_days ? h("p", { class: "mute", text: say(O.extended, { days: one.extended_days }) }) : null,
      h("div", { class: "row" },
        button("card", O.card, () => void this.card(one, "order"), { title: "Alt+C" }),
        one.last_scan ? button("parcel", O.card_parcel, () => void this.card(one, "timeline")) : null,
        button("flag", O.flag, () => void this.flag(one), { title: "Alt+Y" }),
        running ? button("extend", O.extend, () => void this.extend(one), { disabled: !one.extension.may && one.extension.need !== "supervisor" }) : null,
      ),
    );
  }

  coupons() {
    const { coupons, product } = this.side.data;
    if (!product || !coupons.length) return null;
    const line = (one) =>
      h("li", { "data-key": `coupon-${one.code}` },
        h("span", { class: "grow" }, h("b", { text: one.name }), " ", h("small", { class: "mute", text: [say(O.min_spend, one), one.valid_until ? say(O.until, { day: moment(one.valid_until) }) : ""].filter(Boolean).join("，") })),
        h("button", { type: "button", "data-do": "give", text: one.may ? O.give : O.give_ask, on: { click: () => void this.give(one) } }),
      );
    return h("details", { class: "part", "data-key": "coupons" }, h("summary", {}, say(O.coupons, { number: coupons.length, product: product.name })), h("ul", { class: "plain lines" }, coupons.map(line)));
  }

  async _card(one, kind) {
    await this.side.deed(() => this.ctx.api.post(`${this.side.path}/cards`, { kind, id: one.id }), O.card_sent);
  }

  async flag(one) {
    const { path } = this.side;
    await this.side.form(
      {
        title: say(O.flag_title, { tail: one.id.slice(-4) }),
        intro: O.flag_why,
        fields: [
          { name: "flag", label: O.flag_colour, type: "choice", value: one.flag.flag, options: FLAGS.map((value) => ({ value, label: O.flags[value], sign: sign(value) })) },
          { name: "note", label: O.flag_note, type: "textarea", value: one.flag.note, max: 500 },
        ],
        submit: O.flag_save,
        send: ({ flag, note }) => this.ctx.api.put(`${path}/orders/${one.id}/flag`, { flag, note, version: one.flag.version }),
      },
      O.flag_saved,
    );
  }

  async extend(one) {
    const { path } = this.side;
    await this.side.form(
      {
        title: say(O.extend_title, { tail: one.id.slice(-4) }),
        intro: one.extended_days ? say(O.extended, { days: one.extended_days }) : O.extend_why,
        fields: [
          { name: "days", label: O.extend_days, type: "select", value: "3", options: ["3", "5", "7", "10"].map((value) => ({ value, label: say(O.days, { days: value }) })) },
          { name: "done", label: O.extend_how, type: "choice", value: "done", options: [{ value: "done", label: O.extend_done }, { value: "ask", label: O.extend_ask }] },
        ],
        submit: O.extend_save,
        send: ({ days, done }) => this.ctx.api.post(`${path}/orders/${one.id}/extension`, { days: Number(days), done: done === "done", so_far: one.extended_days }),
      },
      (answer) => (answer.state === "closed" ? O.extend_told : O.extend_asked),
    );
  }

  async give(one) {
    const { path } = this.side;
    const body = { code: one.code, product_id: this.side.data.product.id };
    const fields = one.may ? [] : [{ name: "reason", label: O.give_reason, type: "textarea", max: 500, required: true }];
    await this.side.form(
      {
        title: say(one.may ? O.give_title : O.give_ask_title, one),
        intro: one.may ? O.give_why : O.give_ask_why,
        fields,
        submit: one.may ? O.give : O.give_ask,
        send: ({ reason }) => this.ctx.api.post(`${path}/coupons`, reason ? { ...body, reason } : body),
      },
      (answer) => (answer.state === "given" ? O.given : O.asked),
    );
  }

  _copy(text) {
    navigator.clipboard.writeText(text).then(
      () => this.ctx.toast(say(O.copied, { text })),
      () => this.ctx.toast(O.not_copied, { kind: "warn" }),
    );
  }
}

// A small flag in the colour of its class; its name stands beside it in words.
function sign(flag) {
  return h("span", { class: `flag ${flag}`, "aria-hidden": "true", text: flag === "none" ? "⚐" : "⚑" });
}
