// Cards: orders to pick from, a product. What is drawn of lists and tables is in charts.js. Data come from the server, checked there.
import { progress, sizes, timeline } from "./charts.js";
import { el } from "./dom.js";
import { WORDS } from "./words.js";

const DRAWN = { orders, product, sizes, timeline, progress };

// The card of a message, or null for a kind of a newer server (the text is complete without it).
// base: the gateway's origin; press(button): a choice; live: whether buttons may be pressed now.
export function card(data, { base, press, live = true }) {
  return Object.hasOwn(DRAWN, data.kind) ? DRAWN[data.kind](data, { base, press, live }) : null;
}

// Choices that stand on a card: they are not shown a second time below the bubble.
export function choices(data) {
  return new Set(data?.kind === "orders" ? data.orders.map((order) => order.choose?.choice).filter(Boolean) : []);
}

function orders(data, context) {
  const list = el("ul", { class: "orders" });
  for (const order of data.orders) {
    const buttons = order.choose ? [{ ...order.choose, label: WORDS.pick }] : order.actions.map((action) => ({ ...action, label: action.title }));
    list.append(
      el("li", { class: "card" },
        el("div", { class: "goods" }, picture(order.image, order.product, context.base),
          el("div", {}, el("b", {}, order.product), el("p", { class: "sub" }, order.variant.replace("/", " ")),
            el("p", { class: "sub" }, WORDS.orderLine(order.ordered_on, order.paid))),
          el("span", { class: "mark" }, order.state_word)),
        el("p", { class: "sub" }, WORDS.orderNumber(order.id)),
        el("div", { class: "acts" }, ...buttons.map((button) => act(button, `${button.label}，${order.product} ${order.id.slice(-4)}`, context, list)))),
    );
  }
  return list;
}

function act(button, name, { press, live }, list) {
  return el("button", { type: "button", "aria-label": name, disabled: !live, onclick: () => {
    list.querySelectorAll("button").forEach((each) => (each.disabled = true));
    press(button);
  } }, button.label);
}

function product({ product: goods }, { base }) {
  const link = address(goods.link, base);
  return el("div", { class: "card", role: "group", "aria-label": `${WORDS.product}，${goods.name}` },
    el("div", { class: "goods" }, picture(goods.image, goods.name, base),
      el("div", {}, link ? el("a", { class: "link", href: link, target: "_blank", rel: "noopener noreferrer" }, goods.name, el("span", { class: "sr" }, WORDS.newWindow)) : el("b", {}, goods.name),
        el("b", {}, WORDS.price(goods.price)))));
}

function picture(source, name, base) {
  const src = address(source, base);
  if (!src) return el("span", { class: "thumb", "aria-hidden": "true" }, name.slice(0, 1));
  const image = el("img", { class: "thumb", src, alt: name, loading: "lazy", width: 64, height: 64 });
  image.addEventListener("error", () => image.replaceWith(picture(null, name, base)), { once: true });
  return image;
}

// http(s) only; a path is one of the gateway.
function address(path, base) {
  if (!path) return null;
  try {
    const url = new URL(path, base || location.origin);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

