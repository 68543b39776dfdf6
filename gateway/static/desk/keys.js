// Keys of a page: one place that knows them all, so that none means two things and "?" can show them.

const TEXT = "textarea, select, [contenteditable=true], input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range], [type=color])";
const NAMES = { escape: "Esc", enter: "Enter", arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→", " ": "空格", "shift+?": "?" };

// The combination of a key event as bindings write it: "1", "shift+1", "alt+j", "ctrl+enter", "escape", "?".
export function combo(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code || "");
  const letter = /^Key([A-Z])$/.exec(event.code || "");
  // A digit is its key, whatever Shift makes of it; with Alt a letter is its key too (a Mac writes signs there).
  const name = digit ? digit[1] : letter && (event.altKey || event.ctrlKey || event.metaKey) ? letter[1].toLowerCase() : event.key.toLowerCase();
  const shift = event.shiftKey && (digit || /^[a-z]$/.test(name) || name.length > 1);
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.altKey ? "alt+" : ""}${shift ? "shift+" : ""}${name}`;
}

// Whether an input method is composing: its Enter and digits choose words and are nobody else's.
export const composing = (event) => event.isComposing || event.keyCode === 229;

export class Keys {
  constructor() {
    this._bound = [];
    document.addEventListener("keydown", (event) => this._press(event));
  }

  // `fn(event)` is called for `combo`; what it returns `false` for was not meant for it and goes on to the next binding and the browser.
  // `typing`: also while a text field has the focus. `label`: for the list of keys (none: not listed). Returns a function that unbinds.
  bind(combination, label, fn, { typing = false } = {}) {
    const one = { combo: combination.toLowerCase(), label, fn, typing };
    this._bound.unshift(one);
    return () => {
      this._bound = this._bound.filter((each) => each !== one);
    };
  }

  // [{combo, label}] in the order of binding.
  list() {
    return this._bound.filter((one) => one.label).map((one) => ({ combo: shown(one.combo), label: one.label })).reverse();
  }

  _press(event) {
    // While a deed holds the page (turns.js) its keys wait as its buttons do.
    if (event.defaultPrevented || composing(event) || document.querySelector("dialog[open], main[inert]")) return;
    const pressed = combo(event);
    const typing = event.target instanceof Element && event.target.matches(TEXT);
    for (const one of [...this._bound]) {
      if (one.combo !== pressed || (typing && !one.typing)) continue;
      if (one.fn(event) === false) continue;
      event.preventDefault();
      return;
    }
  }
}

// A combination as people read it: Alt+J.
export function shown(combination) {
  return NAMES[combination] || combination.split("+").map((part) => NAMES[part] || part[0].toUpperCase() + part.slice(1)).join("+");
}
