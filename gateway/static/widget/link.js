// The line to the server: a WebSocket while one can be had, else long polls; it comes back by itself and notices a dead line.
// Nothing here asks for the time of day: only timers, so a changed clock or a night of sleep does no harm.

const FIRST = 500;
const LONGEST = 30000;
const READY = 8000; // a socket that is not ready after this is given up
const BEAT = 20000; // how often a quiet line is asked whether it lives …
const PONG = 5000; // … and how long it may take to say so
const HOLD = 25; // seconds that the server may hold a poll
const PATIENCE = 2500; // without a socket for so long, polls begin

// Milliseconds before the next try; spread, so that a thousand pages do not come back in the same moment.
export const backOff = (tries) => Math.min(LONGEST, FIRST * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);

// A wait that somebody may end with who.wokenUp().
export const pause = (who, milliseconds) => new Promise((resolve) => {
  who.wokenUp = resolve;
  setTimeout(resolve, milliseconds);
});

// talk: {address(): URL, hello(): first frame, frame(event), poll(seconds, signal): promise, up(), down(), shut(code): true when it is over}
export class Link {
  constructor(talk) {
    this.talk = talk;
    this.tries = 0;
    this.stopped = true;
  }

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    this.#open();
    this.pollTimer = setTimeout(() => this.#poll(), PATIENCE);
  }

  stop() {
    this.stopped = true;
    for (const timer of [this.openTimer, this.pollTimer, this.beatTimer]) clearTimeout(timer);
    this.asking?.abort();
    this.#drop();
  }

  get live() {
    return Boolean(this.socket?.isReady);
  }

  send(frame) {
    if (!this.live) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  // The page is seen again or the network is back: ask a line that seems alive, try again at once where there is none.
  wake() {
    if (this.stopped) return;
    if (this.live) return this.#beat();
    this.tries = 0;
    this.#drop();
    this.#open();
    this.asking?.abort();
    this.wokenUp?.();
    this.#poll();
  }

  // Begin anew: something on this line was not as it should be.
  reset() {
    this.#drop();
    this.#later();
  }

  #open() {
    clearTimeout(this.openTimer);
    if (this.stopped || this.socket) return;
    let socket;
    try {
      socket = new WebSocket(this.talk.address());
    } catch {
      return this.#later();
    }
    this.socket = socket;
    this.openTimer = setTimeout(() => this.reset(), READY);
    socket.onopen = () => socket.send(JSON.stringify(this.talk.hello()));
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "ready") {
        clearTimeout(this.openTimer);
        clearTimeout(this.pollTimer);
        socket.isReady = true;
        this.tries = 0;
        this.asking?.abort();
        this.talk.up();
      }
      this.#heard();
      this.talk.frame(event);
    };
    socket.onclose = ({ code }) => {
      this.#drop();
      if (this.talk.shut(code)) return this.stop();
      this.#later();
    };
  }

  #drop() {
    const { socket } = this;
    this.socket = null;
    clearTimeout(this.beatTimer);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    if (socket.isReady) this.talk.down();
  }

  #later() {
    if (this.stopped) return;
    clearTimeout(this.openTimer);
    this.openTimer = setTimeout(() => this.#open(), backOff(this.tries++));
    this.#poll();
  }

  #heard() {
    clearTimeout(this.beatTimer);
    if (this.live) this.beatTimer = setTimeout(() => this.#beat(), BEAT);
  }

  #beat() {
    clearTimeout(this.beatTimer);
    if (!this.send({ type: "ping" })) return;
    this.beatTimer = setTimeout(() => this.reset(), PONG);
  }

  // For as long as there is no socket. The first question is answered at once, so that it is known whether the server is there.
  async #poll() {
    clearTimeout(this.pollTimer);
    if (this.polling) return;
    this.polling = true;
    let tries = 0;
    let hold = 0;
    while (!this.stopped && !this.live) {
      this.asking = new AbortController();
      try {
        await this.talk.poll(hold, this.asking.signal);
        if (this.live) break;
        tries = 0;
        hold = HOLD;
        this.talk.up();
      } catch {
        hold = 0;
        if (this.asking.signal.aborted) continue;
        this.talk.down();
        await pause(this, backOff(tries++));
      }
    }
    this.polling = false;
  }
}
