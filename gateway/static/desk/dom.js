// Making and finding elements. Text only ever becomes text nodes: nothing that anybody wrote is read as HTML.

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "open", "required", "readOnly", "multiple", "indeterminate"]);

// An element. `attributes`: class, text, on: {click: fn}, style: {"--share": "0.4"} (set by CSSOM), properties such as value or hidden,
// and any attribute; null, undefined and false leave one out. `children`: elements, strings, numbers, arrays of them; null is left out.
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (name === "text") node.textContent = value ?? "";
    else if (name === "class") node.className = value || "";
    else if (name === "style") for (const [property, amount] of Object.entries(value)) node.style.setProperty(property, amount);
    else if (PROPERTIES.has(name)) node[name] = value ?? (typeof node[name] === "boolean" ? false : "");
    else if (value === null || value === undefined || value === false) continue;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...nodes(children));
  // A select has no choices yet while its own attributes are set.
  if (tag === "select" && attributes && attributes.value !== undefined) node.value = attributes.value;
  return node;
}

// An element of an SVG drawing.
export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, String(value));
  node.append(...nodes(children));
  return node;
}

// Replaces the children of a host.
export function fill(host, ...children) {
  host.replaceChildren(...nodes(children));
  return host;
}

// Calls `then` when somebody has typed into a field and pauses for `wait` ms; never in the middle of what an input method puts together.
export function typed(field, wait, then) {
  let timer = null;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(then, wait);
  };
  field.addEventListener("input", (event) => event.isComposing || later());
  field.addEventListener("compositionend", later);
}

export const $ = (selector, host = document) => host.querySelector(selector);

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child)));
}
