// The live line to the gateway: every event of every talk. It comes back by itself; whoever listens to "caught-up" reads again then.
// `check` asks the gateway something that leads to the log-in when nobody is logged in any more.

const PING = 20_000;
const PATIENCE = 10_000;
const FIRST = 500;
const SLOWEST = 15_000;
// Codes after which trying again is of no use: logged out, or a role that hears nothing.
const LOGGED_OUT = 4401;
const NOT_FOR_YOU = 4403;

// `emit(type, detail)`: the page's bus. Emits "frame" {talk, type, …}, "live" {up}, "caught-up" after each (re)connection but the
// first that is there before `settled` resolves.
export class Live {
  constructor(emit, leave, check) {
    this.up = false;
    this._emit = emit;
    this._leave = leave;
    this._check = check;
    this._delay = FIRST;
    this._socket = null;
    this._ended = false;
    this._heard = 0;
    this._settle = null;
    this._early = true;
    this.settled = new Promise((done) => {
      this._settle = () => {
        this._early = false;
        done();
      };
    });
    addEventListener("online", () => this._again(0));
    // A page that slept (a phone in a pocket) may hold a line that is long dead.
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this._ask());
    addEventListener("pagehide", () => this.end());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  // Connect. `settled` resolves when the line is up, or after `patience` milliseconds without. `front`: whether this is the page where
  // talks are answered: who has it open is in front of the desk and is given talks.
  start(front = true, patience = 2_000) {
    this._front = front;
    setTimeout(this._settle, patience);
    this._open();
    setInterval(() => this._ask(), PING);
    return this.settled;
  }

  // Send a frame: {type: "typing" | "viewing", talk, on}. False when the line is down; nothing is kept.
  send(frame) {
    if (!this.up) return false;
    this._socket.send(JSON.stringify(frame));
    return true;
  }

  end() {
    this._ended = true;
    this._socket?.close();
  }

  _open() {
    clearTimeout(this._timer);
    if (this._ended || this._socket) return;
    this._opened = Date.now();
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/staff/ws${this._front ? "" : "?front=0"}`);
    this._socket = socket;
    socket.onmessage = (event) => socket === this._socket && this._take(JSON.parse(event.data));
    socket.onclose = (event) => socket === this._socket && this._down(event.code);
  }

  _take(frame) {
    this._heard = Date.now();
    if (frame.type === "pong") return;
    if (frame.type !== "ready") {
      this._emit("frame", frame);
      return;
    }
    this.up = true;
    this._delay = FIRST;
    const early = this._early;
    this._settle();
    this._emit("live", { up: true });
    // Between two lines anything may have happened: everybody reads again.
    if (!early) this._emit("caught-up", frame);
  }

  _down(code) {
    const was = this.up;
    this.up = false;
    this._socket = null;
    if (code === LOGGED_OUT) {
      this._ended = true;
      this._leave();
      return;
    }
    if (code === NOT_FOR_YOU) this._ended = true;
    if (was) this._emit("live", { up: false });
    // A line that was refused before it was up looks like a lost one: whether somebody is still logged in is asked.
    else void this._check().catch(() => {});
    this._again(this._delay * (0.75 + Math.random() / 2));
    this._delay = Math.min(SLOWEST, this._delay * 2);
  }

  _again(after) {
    // One line at a time: one that is open and has not said "ready" yet is waited for, else it would be replaced at the very moment it does.
    if (this._ended || this._socket) return;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._open(), after);
  }

  // Is somebody still there? No word within PATIENCE after a ping: the line is given up.
  _ask() {
    if (!this.up) {
      if (this._socket && Date.now() - this._opened > PATIENCE) this._giveUp();
      this._again(0);
      return;
    }
    const asked = Date.now();
    const socket = this._socket;
    socket.send('{"type": "ping"}');
    setTimeout(() => socket === this._socket && this._heard < asked && this._giveUp(), PATIENCE);
  }

  _giveUp() {
    this._socket.close();
    this._down(4408);
  }
}
