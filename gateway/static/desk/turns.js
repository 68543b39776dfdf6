// In which order things come: what is shown answers what was asked last, and what is pressed is done once. Answers may overtake each other.

// A place of the page that shows an answer. `show(wanted, ask, draw, failed)` asks `ask(wanted)` and draws the answer, unless something else
// was wanted here meanwhile: then neither the late answer nor its failure is told. Resolves to whether it was drawn. `again`: what is shown
// here is read again and again (live events): asking the same once more does not void an answer on its way, or a steady stream would keep
// the page empty; only an older answer after a newer one is none. `show.drop()`: whatever is on its way is not wanted any more.
export function newest({ again = false } = {}) {
  let asked = 0;
  let shown = 0;
  let present = null;
  const told = (problem) => {
    throw problem;
  };
  async function show(wanted, ask, draw, failed = told) {
    const mine = (asked += 1);
    const question = (present = JSON.stringify(wanted));
    let answer;
    try {
      answer = await ask(wanted);
    } catch (problem) {
      if (mine === asked) failed(problem);
      return false;
    }
    if (again ? question !== present || mine < shown : mine !== asked) return false;
    shown = mine;
    await draw(answer);
    return true;
  }
  show.drop = () => {
    shown = asked += 1;
  };
  return show;
}

// A deed that is not begun again while it is under way, however often and by whatever key or button it is asked for. `of(…)` tells deeds
// apart that may run beside each other (the same for another message).
export function once(fn, of = () => "") {
  const running = new Set();
  return async (...given) => {
    const key = of(...given);
    if (running.has(key)) return undefined;
    running.add(key);
    try {
      return await fn(...given);
    } finally {
      running.delete(key);
    }
  };
}

let holds = 0;

// A deed after which the page is drawn anew: nothing on it can be changed meanwhile, for that would be lost. Dialogs stay usable.
export function held(fn) {
  return once(async (...given) => {
    const main = document.querySelector("main");
    const before = document.activeElement;
    holds += 1;
    main.inert = true;
    try {
      return await fn(...given);
    } finally {
      holds -= 1;
      main.inert = holds > 0;
      if (document.activeElement === document.body && before?.isConnected) before.focus({ preventScroll: true });
    }
  });
}

// Deeds that build on each other: each begins when the one before it has ended. Returns `next(fn)` → what `fn` resolves to.
export function line() {
  let last = Promise.resolve();
  return (fn) => {
    const mine = last.then(fn);
    last = mine.catch(() => {});
    return mine;
  };
}
