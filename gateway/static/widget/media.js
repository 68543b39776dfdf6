// Photos and videos of messages. They are fetched with the talk's token, a photo when it is shown, a video when it is wanted.
import { el } from "./dom.js";
import { WORDS } from "./words.js";

const WIDE = 200;
const HIGH = 220;

// The room a picture will take is kept free, so that nothing jumps when it comes.
function sized({ width, height }) {
  if (!width || !height) return {};
  const scale = Math.min(WIDE / width, HIGH / height, 1);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function fetched(log, id) {
  if (!log.pictures.has(id)) log.pictures.set(id, log.client.file(id));
  return log.pictures.get(id).catch((error) => {
    log.pictures.delete(id);
    throw error;
  });
}

export function photo(file, log, came) {
  const image = el("img", { class: "media", alt: WORDS.picture, ...sized(file) });
  image.addEventListener("load", came, { once: true });
  fetched(log, file.id).then((url) => (image.src = url), () => (image.alt = WORDS.notLoaded));
  return el("button", { class: "view", type: "button", onclick: () => image.src && open(image.src, "_blank", "noopener") }, image);
}

export function video(file, log, came) {
  const label = el("span", {}, `▶ ${WORDS.video}`);
  const tile = el("button", { class: "media video", type: "button", "aria-label": WORDS.play, onclick: () => {
    label.textContent = WORDS.loading;
    fetched(log, file.id).then(
      (url) => {
        const player = el("video", { class: "media", controls: true, src: url, "aria-label": WORDS.video });
        player.addEventListener("loadedmetadata", came, { once: true });
        tile.replaceWith(player);
        player.focus();
        player.play().catch(() => {});
      },
      () => (label.textContent = WORDS.notLoaded),
    );
  } }, label);
  // Its first picture, where the sender's browser could draw one.
  fetched(log, `${file.id}/poster`).then((url) => tile.prepend(el("img", { src: url, alt: "" })), () => {});
  return tile;
}
