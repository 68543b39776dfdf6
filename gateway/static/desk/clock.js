// The reply clock (rules.md §15 rt_01, rt_02): seconds since the shopper's oldest unanswered message, and how bad that is.
import { say, W } from "./words.js";

// 6 s is the aim, 15 s the bound; from 100 s on it is red, and at 180 s an alarm.
export const AIM = 6;
export const BOUND = 15;
export const RED = 100;
export const ALARM = 180;

// The server's clock, carried on by this page's own: `heard(now)` at each reading, `seconds(since)` in between.
export class ServerClock {
  constructor() {
    this._gap = 0;
  }

  heard(now) {
    this._gap = Date.parse(now) - performance.now();
  }

  seconds(since) {
    return Math.max(0, Math.floor((this._gap + performance.now() - Date.parse(since)) / 1000));
  }
}

// aim | wait | late | red | alarm
export function grade(seconds) {
  if (seconds >= ALARM) return "alarm";
  if (seconds >= RED) return "red";
  if (seconds > BOUND) return "late";
  return seconds > AIM ? "wait" : "aim";
}

// 9 秒, 3 分 05 秒, 2 小时 04 分, 3 天
export function spoken(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 60) return say(W.inbox.seconds, { s: seconds });
  if (seconds < 3600) return say(W.inbox.minutes, { m: Math.floor(seconds / 60), s: two(seconds % 60) });
  if (seconds < 86_400) return say(W.inbox.hours, { h: Math.floor(seconds / 3600), m: two(Math.floor(seconds / 60) % 60) });
  return say(W.inbox.days, { d: Math.floor(seconds / 86_400) });
}
