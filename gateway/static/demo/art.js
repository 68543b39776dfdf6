// Drawn placeholders of products: simple shapes in two colours, no pictures from anywhere.
const SVG = "http://www.w3.org/2000/svg";
const TONES = { clothing: ["#f6e7e4", "#b76e5d"], bedding: ["#e5efe9", "#4f8a72"], furniture: ["#f3ebdd", "#94713d"], appliance: ["#e6ecf4", "#4b6a95"], other: ["#ececec", "#666"] };
const SHAPES = [
  [/裙/, "M42 22l8 6 8-6 7 4-5 14 14 46H26l14-46-5-14z"],
  [/T恤/, "M38 24c4 7 20 7 24 0l20 10-7 16-9-4v40H34V46l-9 4-7-16z"],
  [/裤/, "M34 20h32l6 68H56l-6-44-6 44H28z"],
  [/大衣/, "M38 18l12 10 12-10 16 10 6 44-10 2-4-26v42H54V36h-8v54H30V48l-4 26-10-2 6-44z"],
  [/四件套/, "M14 62h72v18H14zM18 44h64v18H18zM22 32h24v12H22zM54 32h24v12H54z"],
  [/枕/, "M20 38c20-6 40-6 60 0 6 8 6 18 0 26-20 6-40 6-60 0-6-8-6-18 0-26z"],
  [/被/, "M16 30h68v44H16zM16 44h68M38 30v44M62 30v44M16 59h68"],
  [/沙发/, "M22 50V38c0-6 4-10 10-10h36c6 0 10 4 10 10v12M12 50c0-8 12-8 12 2v8h52v-8c0-10 12-10 12-2v22H12zM20 72v8M80 72v8"],
  [/衣柜/, "M24 16h52v68H24zM50 16v68M44 46v10M56 46v10M28 84v6M72 84v6"],
  [/床头柜/, "M26 30h48v42H26zM26 51h48M46 41h8M46 62h8M30 72v12M70 72v12"],
  [/台灯/, "M34 20h32l10 26H24zM50 46v32M34 82c0-6 32-6 32 0z"],
];

export function art(product) {
  const [soft, strong] = TONES[product.kind] || TONES.other;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-6 -8 112 116");
  svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${product.name || product.product}（示意图）`);
  const back = document.createElementNS(SVG, "rect");
  back.setAttribute("x", "-60");
  back.setAttribute("y", "-10");
  back.setAttribute("width", "220");
  back.setAttribute("height", "120");
  back.setAttribute("fill", soft);
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", (SHAPES.find(([name]) => name.test(product.name || product.product)) || [0, "M25 30h50v45H25z"])[1]);
  shape.setAttribute("fill", `${strong}33`);
  shape.setAttribute("stroke", strong);
  shape.setAttribute("stroke-width", "2");
  shape.setAttribute("stroke-linejoin", "round");
  svg.append(back, shape);
  return svg;
}
