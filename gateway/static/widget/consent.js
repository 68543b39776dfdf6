// The privacy line of the shop: shown under the input, or agreed to before a talk is opened, as the shop decides.
import { el } from "./dom.js";
import { WORDS } from "./words.js";

// The line itself, with the shop's link when it is an ordinary web address.
export function line(shop) {
  const parts = [el("span", {}, shop?.privacy.text || WORDS.privacy)];
  if (/^https?:\/\//i.test(shop?.privacy.link || "")) parts.push(" ", el("a", { href: shop.privacy.link, target: "_blank", rel: "noopener" }, WORDS.privacyLink));
  return parts;
}

// Asks in `node`; resolves when the shopper agrees. A refusal closes the window, and nothing was opened or kept.
export function ask(node, shop, refuse) {
  return new Promise((resolve) => {
    const yes = el("button", { class: "sendit", type: "button", onclick: () => { node.hidden = true; resolve(); } }, WORDS.consentYes);
    node.replaceChildren(el("p", {}, ...line(shop)), el("div", { class: "choices" }, yes, el("button", { type: "button", onclick: refuse }, WORDS.consentNo)));
    node.hidden = false;
    yes.focus();
  });
}
