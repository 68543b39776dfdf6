// Pictures drawn in the browser: the first one of a video, and a photo made smaller or of another kind.
const SIDE = 2560;
const POSTER = 480;
const PATIENCE = 4000;

export async function asJpeg(blob) {
  const image = await createImageBitmap(blob);
  return drawn(image, image.width, image.height, SIDE, 0.85);
}

// {seconds, poster}: what this browser can tell of a video; 0 and null of one that it cannot play. The server looks for itself.
export async function firstPicture(blob) {
  const url = URL.createObjectURL(blob);
  const video = document.createElement("video");
  const event = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", () => reject(new Error(name)), { once: true });
    setTimeout(() => reject(new Error("late")), PATIENCE);
  });
  let seconds = 0;
  try {
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: url });
    await event("loadeddata");
    seconds = Number.isFinite(video.duration) ? video.duration : 0;
    const seeked = event("seeked");
    video.currentTime = Math.min(0.1, seconds / 2);
    await seeked;
    return { seconds, poster: await drawn(video, video.videoWidth, video.videoHeight, POSTER, 0.75) };
  } catch {
    return { seconds, poster: null };
  } finally {
    URL.revokeObjectURL(url);
  }
}

function drawn(source, width, height, side, quality) {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(width * scale), height: Math.round(height * scale) });
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("canvas"))), "image/jpeg", quality));
}
