// Talks drawn as a flow: what begins alike runs together and parts where it differs. Laid out from left to right; every box is a link.
import { h, s } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { address, inWords } from "./story_steps.js";
import { T } from "./words_stories.js";

const WIDE = 168, HIGH = 46, ACROSS = 34, DOWN = 12, EDGE = 8, LINE = 12;

// A drawing of `flow` ({nodes, talks, left_out}); `chosen`: [path, key] of the talk that stands out; `open(talk)`: shows one.
export function flowView(flow, names, chosen, open) {
  const talks = new Map(flow.talks.map((one) => [`${one.path}\n${one.key}`, one]));
  const places = layout(flow.nodes);
  const width = Math.max(...places.map((one) => one.x)) + WIDE + 2 * EDGE;
  const height = Math.max(...places.map((one) => one.y)) + HIGH + 2 * EDGE;
  const here = chosen ? chosen.join("\n") : null;
  const on = (node) => node.talks.some((one) => one.join("\n") === here);
  const edges = flow.nodes.filter((node) => node.parent !== null).map((node) => {
    const from = places[node.parent], to = places[node.id];
    const [x1, y1, x2, y2] = [from.x + WIDE + EDGE, from.y + HIGH / 2 + EDGE, to.x + EDGE, to.y + HIGH / 2 + EDGE];
    const middle = (x1 + x2) / 2;
    return s("path", { class: on(node) ? "edge on" : "edge", d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` });
  });
  const boxes = flow.nodes.map((node) => box(node, places[node.id], names, talks, on(node), open));
  const svg = s("svg", { class: "flow", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": T.flow }, edges, boxes);
  return h("div", {}, h("p", { class: "mute", text: T.flow_legend }),
    h("div", { class: "scroll drawing", tabindex: "0", role: "region", "aria-label": T.flow }, svg),
    flow.left_out ? h("p", { class: "mute", text: say(T.flow_more, { n: flow.left_out }) }) : null,
    flow.talks.length < 2 ? h("p", { class: "mute", text: T.flow_alone }) : null);
}

// Leaves below each other, a parent in the middle of its children.
export function layout(nodes) {
  const children = nodes.map(() => []);
  for (const node of nodes) if (node.parent !== null) children[node.parent].push(node.id);
  const rows = nodes.map(() => 0);
  let next = 0;
  const set = (id) => {
    for (const child of children[id]) set(child);
    rows[id] = children[id].length ? (rows[children[id][0]] + rows[children[id].at(-1)]) / 2 : next++;
  };
  for (const node of nodes) if (node.parent === null) set(node.id);
  return nodes.map((node) => ({ x: node.depth * (WIDE + ACROSS), y: rows[node.id] * (HIGH + DOWN) }));
}

function box(node, place, names, talks, on, open) {
  const words = inWords(node.step, names);
  const ends = node.ends.map((one) => talks.get(one.join("\n"))).filter(Boolean);
  const talk = ends[0] || talks.get(node.talks[0].join("\n"));
  const label = `${T.says[node.step.kind]}：${words}${ends.length ? `。${say(T.flow_ends, { names: ends.map((one) => one.name).join("、") })}` : ""}`;
  const link = s("a", { href: address(talk), class: `node ${node.step.kind}${on ? " on" : ""}${node.clash ? " clash" : ""}`, "aria-label": label, transform: `translate(${place.x + EDGE} ${place.y + EDGE})` },
    s("title", {}, label),
    s("rect", { width: WIDE, height: HIGH, rx: 8 }),
    ends.length ? s("rect", { class: "end", x: WIDE - 5, y: 6, width: 5, height: HIGH - 12, rx: 2 }) : null,
    s("text", { class: "who", x: 10, y: 16 }, T.says[node.step.kind]),
    s("text", { x: 10, y: 34 }, cut(words)));
  link.addEventListener("click", (event) => {
    event.preventDefault();
    open(talk);
  });
  return link;
}

// As much as fits into a box: a Chinese character is as wide as two letters.
function cut(text) {
  let room = 2 * LINE, out = "";
  for (const char of text) {
    room -= char.charCodeAt(0) > 255 ? 2 : 1.15;
    if (room < 0) return `${out}…`;
    out += char;
  }
  return out;
}
