// The files a shopper is about to send: chosen, photographed, pasted, dropped; prepared, uploaded in parts, shown above the input.
import { Problem } from "./client.js";
import { ICONS, el, icon, reconcile } from "./dom.js";
import { asJpeg, firstPicture } from "./frames.js";
import { WORDS } from "./words.js";

const MOST_FILES = 9;
const MEGABYTE = 1024 * 1024;
const PHOTO = 8 * MEGABYTE;
const VIDEO = 50 * MEGABYTE;
const SECONDS = 30.5;
const MOST_TRIES = 8;
// What the server says of a file, as the shopper reads it.
const REASONS = { heic: "heic", "video-too-long": "tooLarge", "unreadable-file": "broken", "unsupported-media": "wrongKind", "too-large": "tooLarge", rate: "tooFast" };

export class Tray {
  // client: () => the talk; start(): make sure there is one; hint(text, bad); changed(): the send button may be used or not.
  constructor({ client, start = () => client().start?.(), hint, changed }) {
    Object.assign(this, { client, start, hint, changed });
    this.files = [];
    this.node = el("div", { class: "files" });
    const input = (props) => {
      const node = el("input", { type: "file", hidden: true, tabIndex: -1, ...props });
      node.addEventListener("change", () => {
        this.add([...node.files]);
        node.value = "";
      });
      return node;
    };
    // Without HEIC in this list an iPhone hands over JPEG by itself.
    this.album = input({ accept: "image/jpeg,image/png,image/webp,video/mp4,video/quicktime", multiple: true, "aria-label": WORDS.photo });
    this.camera = input({ accept: "image/*", capture: "environment", "aria-label": WORDS.camera });
    this.input = el("span", { hidden: true }, this.album, this.camera);
    this.button = el("button", { class: "icon", type: "button", "aria-label": WORDS.photo, onclick: () => this.album.click() }, icon(...ICONS.photo));
    this.snap = el("button", { class: "icon snap", type: "button", "aria-label": WORDS.camera, onclick: () => this.camera.click() }, icon(...ICONS.camera));
  }

  get busy() {
    return this.files.some((file) => file.state === "busy");
  }

  get ready() {
    return this.files.some((file) => file.id);
  }

  // Ids and kinds of what is uploaded; what failed stays for another try.
  take() {
    const done = this.files.filter((file) => file.id);
    this.files = this.files.filter((file) => !file.id);
    done.forEach((file) => URL.revokeObjectURL(file.url));
    this.show();
    return done.map(({ id, mime }) => ({ id, mime }));
  }

  clear() {
    this.files.forEach((file) => this.#drop(file));
    this.files = [];
    this.show();
  }

  add(files) {
    const room = MOST_FILES - this.files.length;
    if (files.length > room) this.hint(WORDS.mostFiles(MOST_FILES), true);
    for (const source of files.slice(0, room)) {
      const file = { key: Math.random().toString(36), source, state: "busy", share: 0 };
      this.files.push(file);
      this.#go(file);
    }
    this.show();
  }

  async #go(file) {
    file.state = "busy";
    file.stop = new AbortController();
    this.show();
    try {
      await this.start();
      if (!this.client().known) throw new Error("no talk");
      if (!file.blob) await prepare(file);
      this.show();
      Object.assign(file, await this.#send(file), { state: "done" });
    } catch (error) {
      if (file.stop.signal.aborted) return;
      const word = error instanceof Problem ? REASONS[error.kind] : error.word;
      this.hint(WORDS[word || "uploadFailed"], true);
      if (word && word !== "tooFast") return this.#remove(file);
      file.state = "failed";
    }
    this.show();
  }

  // Part by part; after a cut from where the server stands. The picture of a video goes last, and may be missing.
  async #send(file) {
    const ask = (method, path, body) => this.client().request(method, path, body, { signal: file.stop.signal, timeout: 60000 });
    const form = (blob) => {
      const body = new FormData();
      body.append("file", blob, "part");
      return body;
    };
    file.at ??= await this.#persistent(file, () => ask("POST", "/uploads", { size: file.blob.size }));
    while (file.at.offset < file.blob.size) {
      const { id, offset, part } = file.at;
      file.at = await this.#persistent(file, async () => {
        try {
          return await ask("PUT", `/uploads/${id}?offset=${offset}`, form(file.blob.slice(offset, offset + part)));
        } catch (error) {
          // The part had arrived and its receipt was lost.
          if (error.kind === "upload-offset") return ask("GET", `/uploads/${id}`);
          throw error;
        }
      });
      file.share = Math.round((100 * file.at.offset) / file.blob.size);
      this.show();
    }
    const kept = await this.#persistent(file, () => ask("POST", `/uploads/${file.at.id}/done`));
    if (file.poster) await ask("PUT", `/attachments/${kept.id}/poster`, form(file.poster)).catch(() => {});
    return kept;
  }

  // Tries again while the network or the server is away; what the server refuses is not tried again.
  async #persistent(file, work) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        const { signal } = file.stop;
        if (error.kind === "not-found") file.at = null;
        if (signal.aborted || tries > MOST_TRIES || (error instanceof Problem && error.isFinal)) throw error;
        if (!navigator.onLine || tries > 1) this.hint(WORDS.offline, true);
        await pause(Math.max(500 * 2 ** Math.min(tries, 5), (error.retryAfter || 0) * 1000), signal);
      }
    }
  }

  #drop(file) {
    file.stop?.abort();
    if (file.url) URL.revokeObjectURL(file.url);
    if (file.at) this.client().request("DELETE", file.id ? `/attachments/${file.id}` : `/uploads/${file.at.id}`).catch(() => {});
  }

  #remove(file) {
    this.#drop(file);
    this.files = this.files.filter((each) => each !== file);
    this.show();
  }

  show() {
    reconcile(this.node, this.files.map((file) => ({ key: file.key, stamp: `${file.state}${file.url || ""}`, make: () => this.#tile(file) })));
    for (const file of this.files) if (file.bar) file.bar.value = file.share;
    this.changed();
  }

  #tile(file) {
    const busy = file.state === "busy";
    file.bar = busy ? el("progress", { max: 100, value: file.share, "aria-label": WORDS.uploading }) : null;
    const name = file.video ? WORDS.video : WORDS.picture;
    return el("div", { class: busy ? "file busy" : file.state === "failed" ? "file bad" : "file" }, file.url ? el("img", { src: file.url, alt: name }) : name, file.bar,
      file.state === "failed" ? el("button", { class: "retry", type: "button", onclick: () => this.#go(file) }, WORDS.again) : null,
      el("button", { type: "button", "aria-label": WORDS.removePhoto, onclick: () => this.#remove(file) }, el("span", { "aria-hidden": "true" }, "×")));
  }
}

// What is sent of a file (`blob`), and what is shown of it meanwhile (`url`). Throws {word} for what cannot be sent.
async function prepare(file) {
  const { source } = file;
  file.video = source.type.startsWith("video/");
  if (file.video) {
    if (source.size > VIDEO) throw told("tooLarge");
    const { seconds, poster } = await firstPicture(source);
    if (seconds > SECONDS) throw told("tooLarge");
    Object.assign(file, { poster, url: poster && URL.createObjectURL(poster) });
  }
  const heic = /heic|heif/.test(source.type) || /\.hei[cf]$/i.test(source.name);
  const plain = file.video || (/^image\/(jpeg|png|webp)$/.test(source.type) && source.size <= PHOTO);
  if (!plain && !heic && !source.type.startsWith("image/")) throw told("wrongKind");
  // Too large, or of a kind only this device can read: made into a JPEG here, if it can be.
  file.blob = plain ? source : await asJpeg(source).catch(() => {
    throw told(heic ? "heic" : source.size > PHOTO ? "tooLarge" : "wrongKind");
  });
  if (!file.video) file.url = URL.createObjectURL(file.blob);
}

function told(word) {
  return Object.assign(new Error(word), { word });
}

// For so long, or until the network is back.
function pause(time, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, time);
    function end() {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.aborted ? reject(signal.reason) : resolve();
    }
    addEventListener("online", end);
    signal.addEventListener("abort", end, { once: true });
  });
}
