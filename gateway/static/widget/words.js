// The window's own interface words. Everything the shop says comes from the server.
// The tables are words_hans.js and words_hant.js, of which a browser loads one; both have the same keys. The launcher's few
// words stand in xiaoer.js, which comes without them.
export const WORDS = {};

export function speak(table) {
  Object.assign(WORDS, table);
}
