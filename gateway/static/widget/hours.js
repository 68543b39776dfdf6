// Who speaks and when people are there, in a line of the header and a bar over the list.
import { WORDS } from "./words.js";

// "11月25日 10:00" of an instant, or "10:00" when it is today, in the shop's own time zone.
export function spoken(instant) {
  const zone = "Asia/Shanghai";
  const at = new Date(instant);
  const time = at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone });
  const day = (date) => date.toLocaleDateString("zh-CN", { month: "long", day: "numeric", timeZone: zone });
  return day(at) === day(new Date()) ? time : `${day(at)} ${time}`;
}

export function status(client, shop) {
  if (client.owner === "queue") return shop && !shop.people.open ? WORDS.left : WORDS.queue(client.place);
  if (client.owner === "agent") return client.staff ? WORDS.staff(client.staff) : WORDS.agent;
  if (client.owner === "closed") return WORDS.closed;
  return shop ? (shop.people.open ? WORDS.botOpen : WORDS.botHours(shop.people.hours)) : WORDS.bot;
}

// What the bar says while somebody waits; outside opening hours it invites to leave a message.
export function waiting(client, shop) {
  return shop && !shop.people.open ? WORDS.leave(spoken(shop.people.opens_at)) : WORDS.queue(client.place);
}
