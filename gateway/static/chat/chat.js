// The chat as a page of its own, for a link, a QR code, an app's web view or a frame: /chat#product=p1001&order=…&identity=…
// What comes after # stays in the browser: a signed identity reaches no log.
const NAMES = { shop: "shop", product: "product-id", order: "order-id", identity: "identity", customer: "customer", heading: "heading", color: "color", theme: "theme", lang: "lang" };

function take() {
  const given = new URLSearchParams(location.hash.slice(1));
  const chat = document.querySelector("xiaoer-chat");
  for (const [name, attribute] of Object.entries(NAMES)) if (given.get(name)) chat.setAttribute(attribute, given.get(name));
}

take();
addEventListener("hashchange", take);
