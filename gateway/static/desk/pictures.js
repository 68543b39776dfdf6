// Screenshots and photos from the agent: pasted, dropped or chosen, looked at once more, then sent. A broken line loses none of them.
import { h } from "./dom.js";
import { wrong } from "./frame.js";
import { say, W } from "./words.js";

const T = W.talk;
const MOST = 9;
const KINDS = /^(image\/(jpeg|png|webp)|video\/(mp4|quicktime))$/;

export class Pictures {
  // `current()`: the open talk or null; `host`: where things may be dropped; `sent(message)` once it is stored.
  constructor(ctx, host, current, sent) {
    Object.assign(this, { ctx, host, current, sent });
    this.chooser = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp,video/mp4,video/quicktime", multiple: true, hidden: true, "aria-label": T.choose, on: { change: () => this.take([...this.chooser.files]) } });
    document.addEventListener("paste", (event) => this.pasted(event));
    for (const type of ["dragenter", "dragover"]) host.addEventListener(type, (event) => this.over(event));
    host.addEventListener("dragleave", (event) => !host.contains(event.relatedTarget) && host.classList.remove("dropping"));
    host.addEventListener("drop", (event) => this.dropped(event));
    // A file dropped beside the talk would replace the whole page.
    for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  }

  choose() {
    if (!this.ready()) return false;
    this.chooser.value = "";
    this.chooser.click();
    return true;
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files || [])];
    // Words copied with their picture (from a page, a table) stay words.
    if (!files.length || event.clipboardData.getData("text/plain") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    void this.take(files);
  }

  over(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.host.classList.add("dropping");
  }

  dropped(event) {
    this.host.classList.remove("dropping");
    const files = [...(event.dataTransfer?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    void this.take(files);
  }

  ready() {
    const talk = this.current();
    if (!talk) this.ctx.toast(T.open_first, { kind: "warn" });
    else if (talk.owner !== `agent:${this.ctx.me.id}` && talk.owner !== "queue") this.ctx.toast(T.take_first, { kind: "warn" });
    else return talk;
    return null;
  }

  async take(files) {
    const talk = this.ready();
    if (!talk || !files.length) return;
    const good = files.filter((file) => KINDS.test(file.type)).slice(0, MOST);
    if (good.length < files.length) this.ctx.toast(files.length > MOST ? say(T.too_many, { most: MOST }) : T.wrong_kind, { kind: "warn" });
    if (good.length) await this.offer(talk, good);
  }

  // Asked until it is sent or given up: what is stored already is not sent again, whatever failed.
  async offer(talk, files) {
    const entry = { client_id: crypto.randomUUID?.() || uuid(), ids: new Map() };
    const urls = files.map((file) => URL.createObjectURL(file));
    let failed = "";
    try {
      for (;;) {
        const shown = h(
          "div",
          { class: "to-send" },
          h("div", { class: "pictures" }, files.map((file, place) => (file.type.startsWith("video/") ? h("video", { src: urls[place], controls: true, "aria-label": T.video }) : h("img", { src: urls[place], alt: say(T.picture_of, { n: place + 1, all: files.length }) })))),
          failed ? h("p", { class: "wrong", role: "alert", text: failed }) : null,
        );
        const answer = await this.ctx.ask(say(T.send_to, { n: files.length }), shown, [
          { name: "send", label: failed ? W.frame.again : T.send, kind: "primary" },
          { name: "cancel", label: W.frame.cancel },
        ]);
        if (answer !== "send") return;
        try {
          this.sent(await this.deliver(talk, files, entry));
          return;
        } catch (problem) {
          failed = T.problems[problem.kind] || T.problems[problem.status] || wrong(problem);
        }
      }
    } finally {
      urls.forEach((url) => URL.revokeObjectURL(url));
    }
  }

  async deliver(talk, files, entry) {
    const { api } = this.ctx;
    if (talk.owner === "queue") talk.owner = (await api.post(`/talks/${talk.id}/take`)).owner;
    for (const file of files) {
      if (entry.ids.has(file)) continue;
      const form = new FormData();
      form.append("file", file, file.name || "screenshot.png");
      entry.ids.set(file, (await api.upload(`/talks/${talk.id}/attachments`, form)).id);
    }
    const { message } = await api.post(`/talks/${talk.id}/messages`, { client_id: entry.client_id, text: "", attachment_ids: files.map((file) => entry.ids.get(file)) });
    return { ...message, talk: talk.id };
  }
}

// Without https a browser has no randomUUID.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((byte, place) => ([4, 6, 8, 10].includes(place) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}
