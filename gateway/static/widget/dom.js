// Small helpers to build and update nodes. Text is always set as text, never as HTML.
const SVG = "http://www.w3.org/2000/svg";

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name in node && name !== "list" && !name.startsWith("aria")) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export const ICONS = {
  chat: ["M4 5h16v11H9l-5 4z", "M8 9.5h8M8 12.5h5"],
  close: ["M6 6l12 12M18 6L6 18"],
  down: ["M5 9l7 7 7-7"],
  more: ["M4.5 11h1v2h-1zM11.5 11h1v2h-1zM18.5 11h1v2h-1z"],
  camera: ["M4 8h3l2-3h6l2 3h3v11H4z", "M12 10a3.4 3.4 0 1 0 .01 0z"],
  orders: ["M6 4h12v16l-3-2-3 2-3-2-3 2z", "M9 9h6M9 13h6"],
  photo: ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M15.5 9h.01"],
};

// Make the children of a node be exactly these keyed items, touching only what changed (a live region reads changes aloud).
export function reconcile(parent, items) {
  const old = parent.xeNodes || new Map();
  const next = new Map();
  let place = parent.firstChild;
  for (const { key, stamp, make } of items) {
    let node = old.get(key);
    if (!node || node.xeStamp !== stamp) {
      const fresh = make();
      fresh.xeStamp = stamp;
      if (node) {
        if (place === node) place = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    next.set(key, node);
  }
  for (const [key, node] of old) if (!next.has(key)) node.remove();
  parent.xeNodes = next;
}
