// A talk that is only read: its messages in order, with what they were answered from, and the notes between them.
import { fill, h } from "./dom.js";
import { say, W } from "./words.js";

const R = W.reading;

// 12:05, and the day where it is another than the one before.
export function at(moment, before = null) {
  const when = new Date(moment);
  const time = when.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });
  const day = (one) => new Date(one).toLocaleDateString("zh-CN", { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric" });
  return before && day(before) === day(moment) ? time : `${day(moment)} ${time}`;
}

// Intent → how staff call it, for leads (others read the id).
export async function intentNames(ctx) {
  if (!ctx.lead) return new Map();
  const { modes } = await ctx.api.get("/modes").catch(() => ({ modes: [] }));
  return new Map(modes.map((one) => [one.intent, one.name]));
}

// `view`: what GET /talks/{id} answers; `names`: member id → how they are called, intent → its name; `marked`: messages to point at.
export function drawWords(host, view, names = new Map(), marked = new Map()) {
  const low = host.scrollHeight - host.scrollTop - host.clientHeight < 40;
  const lines = [
    ...view.messages.map((one) => ({ at: one.at, order: one.seq, node: (before) => message(view.id, one, names, marked.get(one.id), before) })),
    ...view.notes.map((one) => ({ at: one.at, order: Infinity, node: (before) => note(one, names, before) })),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at) || one.order - other.order);
  fill(host, lines.map((one, place) => one.node(place ? lines[place - 1].at : null)));
  // Who reads further up is not pulled down.
  if (low) host.scrollTop = host.scrollHeight;
}

function message(talk, one, names, why, before) {
  const who = one.from === "agent" ? names.get(one.staff) || say(R.agent, { number: one.number || "" }) : R.from[one.from];
  const trace = one.trace || {};
  const told = [trace.intent && say(R.intent, { intent: names.get(trace.intent) || trace.intent }), trace.script && say(R.script, trace), trace.row && say(R.row, trace)].filter(Boolean);
  const files = (one.attachments || []).map((file) => {
    const source = `/api/v1/staff/talks/${encodeURIComponent(talk)}/attachments/${encodeURIComponent(file.id)}`;
    return String(file.mime || "").startsWith("image/") ? h("img", { src: source, alt: R.photo, loading: "lazy" }) : h("a", { href: source, target: "_blank", rel: "noopener", text: R.file });
  });
  return h("li", { class: `${one.from}${why ? " marked" : ""}`, "data-message": one.id },
    h("span", { class: "who", text: [at(one.at, before), who, ...told].filter(Boolean).join(" · ") }),
    one.text || !files.length ? h("p", { class: "say", text: one.text || R.card }) : null,
    files,
    why ? h("span", { class: "bad", text: why }) : null,
  );
}

function note(one, names, before) {
  return h("li", { class: "note" }, h("span", { class: "who", text: `${at(one.at, before)} · ${say(R.note_of, { who: names.get(one.staff) || "" })}` }), h("p", { class: "say", text: one.text }));
}
