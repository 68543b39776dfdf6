// Differences of files and findings of checks, as every page of the studio shows them.
import { h } from "../desk/dom.js";
import { say } from "../desk/words.js";
import { S } from "./words_save.js";

const CLASSES = { "+": "add", "-": "del", "@": "at", " ": "" };
// What is drawn at once; an import of thousands of lines is summed up.
const MOST = 400;

// Changed lines, as the API says them [[mark, text]].
export function linesView(lines, name) {
  const shown = lines.slice(0, MOST).map(([mark, text]) =>
    h("span", { class: CLASSES[mark], text: mark === "@" ? say(S.line, { n: text }) : `${mark} ${text}` }),
  );
  const rest = lines.length - MOST;
  if (rest > 0) shown.push(h("span", { class: "at", text: say(S.long, { n: rest }) }));
  return h("pre", { tabindex: "0", "aria-label": name }, shown);
}

// A table of one file's changed lines: `one` as the API says it {path, added, removed, lines}.
export function diffView(one, { open = true } = {}) {
  return h("details", { class: "diff", open, "data-path": one.path }, h("summary", { text: say(S.file, one) }), linesView(one.lines, one.path));
}

// The findings as a list, errors first. `places`: fn(finding) → an address of the editor, or null.
export function findingsView(found, places = () => null) {
  if (!found.length) return null;
  return h("ul", { class: "findings", "aria-label": S.found }, found.map((one) => {
    const place = one.key ? `${one.path} · ${one.key}` : one.path;
    const where = one.line ? say(S.place_line, { place, line: one.line }) : place;
    const address = places(one);
    return h("li", { class: one.severity, "data-code": one.code },
      h("span", { class: `tag ${{ error: "bad", warning: "warn" }[one.severity] || ""}`, text: S.severity[one.severity] }), " ",
      one.what, " ", h("span", { class: "mute", text: say(S.remedy, one) }),
      h("span", { class: "place" }, address ? h("a", { href: address, text: where }) : where));
  }));
}
