// The demonstration shop's page: choose who you are, look at products and your own orders, talk to the assistant.
import { contrast, readable } from "/static/widget/colour.js";
import { art } from "./art.js";

const chat = document.querySelector("xiaoer-chat");
const main = document.querySelector("#main");
const select = document.querySelector("#customer");
const theme = document.querySelector("#theme");
const night = matchMedia("(prefers-color-scheme: dark)");
const color = document.querySelector("#color");
const STATES = { unpaid: "待付款", paid: "待发货", shipped: "运输中", received: "已签收", confirmed: "交易成功", cancelled: "已取消" };
const KINDS = { clothing: "服饰", bedding: "床品", furniture: "家具", appliance: "小家电", other: "其他" };
let shop = { products: [], customers: [] };

function el(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

async function identity() {
  const customer = select.value;
  if (!customer) return null;
  const answer = await fetch("/demo/identity", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ customer }) });
  if (!answer.ok) throw new Error(`identity ${answer.status}`);
  return (await answer.json()).identity;
}

function price(product) {
  return el("p", { className: "price" }, el("span", {}, "¥"), product.price.replace(/\.00$/, ""), product.discounted ? el("em", {}, "促销") : null);
}

function card(product) {
  return el(
    "a",
    { className: "card", href: `#/p/${product.id}` },
    art(product),
    el("div", { className: "about" }, el("h3", {}, product.name), el("p", { className: "kind" }, [KINDS[product.kind], product.brand].filter(Boolean).join(" · ")), price(product)),
  );
}

// What the window may know of this page: the product or the order that is looked at.
function context(product, order) {
  window.xiaoer.set({ product, order });
}

function home() {
  context(null, null);
  const kinds = [...new Set(shop.products.map((product) => product.kind))];
  main.replaceChildren(
    ...kinds.map((kind) => el("section", {}, el("h2", {}, KINDS[kind] || kind), el("div", { className: "grid" }, ...shop.products.filter((product) => product.kind === kind).map(card)))),
  );
}

function productPage(id) {
  const product = shop.products.find((each) => each.id === id);
  if (!product) return home();
  context(product.id, null);
  const facts = [["颜色", product.colours.join("、")], ["规格", product.sizes.join("、")], ["材质", product.fabric], ["尺寸", product.dimensions], ["洗护", product.care], ["库存", product.stock > 0 ? "有货" : "暂时缺货"]];
  const list = el("dl", {});
  for (const [name, value] of facts) if (value) list.append(el("dt", {}, name), el("dd", {}, value));
  const ask = el("button", { type: "button", className: "primary" }, "咨询客服");
  ask.onclick = () => chat.open();
  main.replaceChildren(
    el("p", { className: "crumb" }, el("a", { href: "#/" }, "全部商品"), " / ", product.name),
    el("article", { className: "product" }, art(product), el("div", {}, el("h1", {}, product.name), el("p", { className: "kind" }, [KINDS[product.kind], product.brand].filter(Boolean).join(" · ")), price(product), list, ask)),
  );
}

async function orders() {
  context(null, null);
  const heading = el("h1", {}, "我的订单");
  if (!select.value) {
    main.replaceChildren(heading, el("p", { className: "empty" }, "未登录。在右上角选择一个演示身份，就能看到这位顾客的订单。"));
    return;
  }
  main.replaceChildren(heading, el("p", { className: "empty" }, "正在读取"));
  const chosen = select.value;
  const answer = await fetch("/demo/orders", { headers: { Authorization: `Bearer ${await identity()}` } });
  const found = answer.ok ? (await answer.json()).orders : [];
  if (location.hash !== "#/orders" || chosen !== select.value) return;
  const rows = found.map((order) => {
    const ask = el("button", { type: "button", className: "ghost" }, "咨询这笔订单");
    ask.onclick = () => {
      context(order.product_id, order.id);
      chat.open();
    };
    return el(
      "li",
      { className: "order" },
      art({ ...order, name: order.product }),
      el("div", { className: "lines" }, el("strong", {}, order.product), el("span", {}, order.variant), el("span", { className: "small" }, `订单 ${order.id} · ${order.ordered_on}`)),
      el("div", { className: "lines end" }, el("span", { className: `state ${order.state}` }, STATES[order.state] || order.state), el("span", {}, order.state === "unpaid" ? "未付款" : `实付 ¥${order.paid.replace(/\.00$/, "")}`)),
      ask,
    );
  });
  main.replaceChildren(heading, rows.length ? el("ul", { className: "orders" }, ...rows) : el("p", { className: "empty" }, "这位顾客还没有订单。"));
}

function route() {
  const hash = location.hash || "#/";
  document.querySelectorAll("nav a").forEach((link) => (link.getAttribute("href") === hash ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current")));
  if (hash.startsWith("#/p/")) productPage(hash.slice(4));
  else if (hash === "#/orders") orders();
  else home();
  scrollTo(0, 0);
}

function look() {
  window.xiaoer.set({ theme: theme.value || null, color: color.value === color.defaultValue ? null : color.value });
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
  const rgb = color.value.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
  const dark = theme.value === "dark" || (!theme.value && night.matches);
  const style = document.documentElement.style;
  style.setProperty("--brand", color.value);
  style.setProperty("--on-brand", contrast(rgb, [255, 255, 255]) >= 4.5 ? "#fff" : "#000");
  style.setProperty("--brand-ink", `rgb(${readable(rgb, dark ? [35, 43, 41] : [238, 244, 242])})`);
}

async function begin() {
  chat.identity = identity;
  // Whatever is chosen before the shop was read is chosen: the fields are seen earlier.
  theme.value = sessionStorage.getItem("demo-theme") || "";
  theme.onchange = () => {
    sessionStorage.setItem("demo-theme", theme.value);
    look();
  };
  color.oninput = look;
  night.addEventListener("change", look);
  look();
  shop = await (await fetch("/demo/shop")).json();
  document.querySelector("#shop-name").textContent = shop.name;
  chat.setAttribute("heading", shop.name);
  for (const customer of shop.customers) select.append(el("option", { value: customer.id }, `${customer.name} ${customer.id} · ${customer.region}`));
  const kept = sessionStorage.getItem("demo-customer");
  if (kept && [...select.options].some((option) => option.value === kept)) select.value = kept;
  chat.setAttribute("customer", select.value || "anonymous");
  select.onchange = () => {
    sessionStorage.setItem("demo-customer", select.value);
    chat.setAttribute("customer", select.value || "anonymous");
    route();
  };
  addEventListener("hashchange", route);
  route();
}

begin();
