// Charts of our own: stacked bars and lines over days, as SVG. The numbers themselves stand in the tables beside them.
import { h, s } from "./dom.js";

// On a phone a drawing has fewer points, so that its letters stay readable.
const WIDTH = matchMedia("(max-width: 760px)").matches ? 340 : 560;
const HEIGHT = 200;
const EDGE = { left: 44, right: 10, top: 12, bottom: 24 };
const INNER = { width: WIDTH - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom };
const MOST_LABELS = WIDTH < 400 ? 5 : 8;

// A step of 1, 2 or 5 times a power of ten, so that at most four lines divide the height.
function step(most) {
  const rough = Math.max(most, Number.EPSILON) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
}

function frame(title, days, most, shown, least = 0) {
  const by = step(most - least);
  const top = least + Math.max(by, Math.ceil((most - least) / by - 1e-9) * by);
  const y = (value) => EDGE.top + INNER.height * (1 - (value - least) / (top - least));
  const lines = [];
  for (let value = least; value <= top + by / 2; value += by) {
    lines.push(s("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }));
    lines.push(s("text", { class: "axis", x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, shown(value)));
  }
  const every = Math.ceil(days.length / MOST_LABELS);
  const x = (place) => EDGE.left + (INNER.width * (place + 0.5)) / days.length;
  const labels = days.map((day, place) =>
    place % every ? null : s("text", { class: "axis", x: x(place), y: HEIGHT - 6, "text-anchor": "middle" }, day.slice(5).replace("-", "/")),
  );
  const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title }, lines, labels);
  return { drawing, x, y, width: INNER.width / days.length, bottom: y(least) };
}

function figure(title, series, drawing) {
  const legend = series.length > 1 ? h("ul", { class: "legend" }, series.map((one) => h("li", { class: one.kind, text: one.title }))) : null;
  return h("figure", { class: "chart" }, h("figcaption", {}, h("strong", { text: title }), legend), drawing);
}

// `series`: [{kind: a class of colour, title, values: [number]}], one value a day; bars stand on each other.
export function bars(title, days, series) {
  const sums = days.map((_, place) => series.reduce((sum, one) => sum + (one.values[place] || 0), 0));
  const { drawing, x, y, width, bottom } = frame(title, days, Math.max(4, ...sums), String);
  days.forEach((day, place) => {
    let floor = 0;
    for (const one of series) {
      const value = one.values[place] || 0;
      if (!value) continue;
      const upper = y(floor + value);
      const lower = floor ? y(floor) : bottom;
      const bar = s("rect", { class: `mark ${one.kind}`, x: x(place) - width * 0.34, width: width * 0.68, y: upper, height: lower - upper });
      bar.append(s("title", {}, `${day} ${one.title} ${value}`));
      drawing.append(bar);
      floor += value;
    }
  });
  return figure(title, series, drawing);
}

// Lines; a day without a value (null) is a gap. `shown`: a number as it is written. `guides`: [{value, title}]. `most`, `least`: of the scale.
export function lines(title, days, series, shown, { guides = [], most = 0, least = 0 } = {}) {
  const values = series.flatMap((one) => one.values).filter((value) => value !== null);
  const { drawing, x, y } = frame(title, days, Math.max(most, ...values, ...guides.map((one) => one.value)), shown, least);
  for (const one of guides) {
    drawing.append(s("line", { class: "guide", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(one.value), y2: y(one.value) }));
    drawing.append(s("text", { class: "axis guide", x: WIDTH - EDGE.right, y: y(one.value) - 4, "text-anchor": "end" }, one.title));
  }
  for (const one of series) {
    let path = "";
    let drawn = false;
    one.values.forEach((value, place) => {
      if (value === null) {
        drawn = false;
        return;
      }
      path += `${drawn ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
      drawn = true;
    });
    if (path) drawing.append(s("path", { class: `curve ${one.kind}`, d: path }));
    one.values.forEach((value, place) => {
      if (value === null) return;
      const dot = s("circle", { class: `dot ${one.kind}`, cx: x(place), cy: y(value), r: 3.5 });
      dot.append(s("title", {}, `${days[place]} ${one.title} ${shown(value)}`));
      drawing.append(dot);
    });
  }
  return figure(title, series, drawing);
}
