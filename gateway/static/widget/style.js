// The look of the widget, as a constructed sheet: no inline style, so a strict CSP holds.
export const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host { --xe-ink: #1d2523; --xe-grey: #55635f; --xe-line: #dfe6e3; --xe-edge: #7d8b87; --xe-warn: #b3261e; --xe-paper: #fff; --xe-back: #f6f8f7; --xe-soft: #e8f0ee; --xe-quiet: #e9edec; --xe-note: #fff6df; --xe-note-ink: #5a4300; --xe-bad: #f7e6e4;
  color: var(--xe-ink); color-scheme: light; }
:host([dark]) { --xe-ink: #e9efed; --xe-grey: #a9b5b1; --xe-line: #333d3a; --xe-edge: #7f8d89; --xe-warn: #ff9c92; --xe-paper: #1b2220; --xe-back: #121716; --xe-soft: #27312e; --xe-quiet: #232b29; --xe-note: #3a3115; --xe-note-ink: #ffe39a; --xe-bad: #43201d;
  color-scheme: dark; }
.panel { display: flex; flex-direction: column; width: 390px; height: min(640px, calc(100vh - 40px)); background: var(--xe-back); color: var(--xe-ink); border-radius: 16px; overflow: hidden;
  box-shadow: 0 14px 48px rgb(0 0 0 / .32); }
header { display: flex; align-items: center; gap: 4px; padding: 8px 6px 8px 16px; background: var(--xe-brand); color: var(--xe-on-brand); }
header .who { flex: 1; min-width: 0; }
header h2 { margin: 0; font-size: 16px; line-height: 1.35; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
header .status { font-size: 12.5px; display: flex; align-items: center; gap: 6px; }
header .status::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: #7fe0b5; box-shadow: 0 0 0 1px rgb(0 0 0 / .35); flex: none; }
header .status.queue::before { background: #ffd166; } header .status.off::before { background: #c9d3d0; }
header button { border-radius: 10px; } header button:hover { background: color-mix(in srgb, currentColor 16%, transparent); }
header .person { border: 1px solid; padding: 0 12px; font-size: 14px; min-height: 44px; }
.bar { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 4px 8px 4px 16px; background: var(--xe-note); font-size: 13.5px; color: var(--xe-note-ink); }
.bar.off { background: var(--xe-bad); color: var(--xe-warn); padding: 10px 16px; }
.bar button { font-weight: 600; text-decoration: underline; text-underline-offset: 3px; padding: 0 8px; }
.menu { background: var(--xe-paper); border-bottom: 1px solid var(--xe-line); padding: 8px 12px; }
.menu button { border-radius: 8px; padding: 0 12px; } .menu > button { display: block; width: 100%; text-align: left; } .menu button:hover { background: var(--xe-soft); }
.menu .choice { display: flex; align-items: center; gap: 10px; min-height: 44px; padding: 0 12px; cursor: pointer; } .choice input { width: 20px; height: 20px; flex: none; }
.stars { display: flex; flex-wrap: wrap; align-items: center; } .stars > span { flex: 1 0 100%; } .stars button { font-size: 28px; line-height: 1; color: var(--xe-edge); border-radius: 8px; } .stars button[aria-pressed=true] { color: #b86e00; }
:host([dark]) .stars button[aria-pressed=true] { color: #ffb84d; }
.danger { color: var(--xe-warn); font-weight: 600; }
.preview { display: flex; align-items: flex-start; width: max-content; max-width: 300px; margin: 0 0 10px auto; background: var(--xe-paper); color: var(--xe-ink); border: 1px solid var(--xe-line); border-radius: 14px; box-shadow: 0 8px 28px rgb(0 0 0 / .22); }
:host([position=left]) .preview { margin-left: 0; }
.preview .words { padding: 10px 0 0 14px; margin-bottom: 10px; text-align: left; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; overflow-wrap: anywhere; } .preview strong { display: block; font-size: 12.5px; color: var(--xe-grey); font-weight: 500; }
.preview .away { flex: none; display: grid; place-items: center; color: var(--xe-grey); } .away svg { width: 16px; height: 16px; }
.asking, .choices { display: flex; align-items: center; justify-content: space-between; gap: 8px; } .ask p { margin: 0 0 8px; } .ask textarea { min-height: 60px; }
.about { background: var(--xe-soft); color: var(--xe-ink); } .about span { flex: 1; overflow-wrap: anywhere; } .about button { color: var(--xe-brand-ink); }
.hint a, .ask a { color: inherit; display: inline-block; min-height: 24px; }
.ask { background: var(--xe-paper); border-top: 1px solid var(--xe-line); padding: 10px 14px; }
.log { flex: 1; overflow-y: auto; padding: 14px 14px 8px; overscroll-behavior: contain; display: flex; flex-direction: column; gap: 6px; }
.older { align-self: center; color: var(--xe-brand-ink); font-size: 13.5px; padding: 0 14px; }
.time { align-self: center; color: var(--xe-grey); font-size: 12.5px; text-align: center; margin: 6px 24px 2px; }
.system { align-self: center; max-width: 92%; background: var(--xe-quiet); color: var(--xe-ink); font-size: 13.5px; padding: 7px 14px; border-radius: 12px; white-space: pre-wrap; text-align: center; }
.row { display: flex; flex-direction: column; max-width: 84%; align-self: flex-start; align-items: flex-start; }
.row.me { align-self: flex-end; align-items: flex-end; }
.bubble { padding: 9px 13px; border-radius: 4px 14px 14px 14px; background: var(--xe-paper); box-shadow: 0 1px 2px rgb(0 0 0 / .12); white-space: pre-wrap; overflow-wrap: anywhere; }
.me .bubble { background: var(--xe-brand); color: var(--xe-on-brand); border-radius: 14px 4px 14px 14px; }
.state { font-size: 12px; color: var(--xe-grey); padding: 1px 4px 0; display: flex; align-items: center; gap: 6px; }
.state.bad { color: var(--xe-warn); } .state button { color: var(--xe-warn); font-size: 13px; font-weight: 600; text-decoration: underline; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; padding: 6px 0 4px; align-self: flex-start; max-width: 100%; }
.chips button { border: 1.5px solid var(--xe-brand-ink); color: var(--xe-brand-ink); background: var(--xe-paper); border-radius: 22px; padding: 6px 16px; font-size: 14.5px; line-height: 1.4; text-align: left; }
.chips button:hover:not(:disabled) { background: var(--xe-soft); }
.media { border-radius: 12px; max-width: 200px; max-height: 220px; display: block; background: var(--xe-quiet); min-width: 60px; min-height: 60px; margin-top: 3px; }
.dots { display: flex; gap: 4px; padding: 14px 15px; } .dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--xe-edge); animation: xe-dot 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .18s; } .dots i:nth-child(3) { animation-delay: .36s; }
@keyframes xe-dot { 0%, 60%, 100% { opacity: .3; transform: none; } 30% { opacity: 1; transform: translateY(-3px); } }
footer { background: var(--xe-paper); border-top: 1px solid var(--xe-line); padding: 8px 8px 6px; }
.files { display: flex; gap: 8px; overflow-x: auto; padding: 2px 4px 8px; } .files:empty { display: none; }
.file { position: relative; width: 72px; height: 72px; border-radius: 10px; background: var(--xe-quiet); flex: none; display: grid; place-items: center; font-size: 12px; color: var(--xe-grey); overflow: hidden; text-align: center; }
.file img { width: 100%; height: 100%; object-fit: cover; } .file.busy img { opacity: .45; }
.file button { position: absolute; top: 0; right: 0; font-size: 17px; line-height: 1; display: flex; justify-content: flex-end; align-items: flex-start; padding: 3px; }
.file button span { background: rgb(0 0 0 / .66); color: #fff; width: 22px; height: 22px; line-height: 21px; border-radius: 50%; text-align: center; }
.compose { display: flex; align-items: flex-end; gap: 4px; }
textarea { flex: 1; resize: none; font: inherit; font-size: 16px; line-height: 1.5; border: 1px solid var(--xe-edge); border-radius: 12px; padding: 9px 12px; max-height: 132px; min-height: 44px; background: var(--xe-paper); color: inherit; }
textarea::placeholder { color: var(--xe-grey); opacity: 1; }
textarea:focus { outline: 2px solid var(--xe-brand-ink); outline-offset: -1px; border-color: transparent; }
.icon { display: grid; place-items: center; border-radius: 12px; color: var(--xe-grey); flex: none; width: 44px; height: 44px; } .icon:hover { background: var(--xe-soft); }
.sendit { background: var(--xe-brand); color: var(--xe-on-brand); border-radius: 12px; padding: 0 16px; font-weight: 600; flex: none; } .sendit:hover:not(:disabled) { filter: brightness(.92); }
.hint { font-size: 12px; color: var(--xe-grey); padding: 5px 6px 0; margin: 0; } .hint.bad { color: var(--xe-warn); }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
:host([mode=page]), :host([mode=page][open]) { inset: 0; } :host([mode=page]) .panel { width: 100%; height: var(--xe-height, 100dvh); border-radius: 0; box-shadow: none; } :host([mode=page]) .shut { display: none; }
@media (max-width: 520px) {
  :host([open]), :host([open][position=left]) { inset: var(--xe-top, 0) 0 auto; }
  .panel { width: 100%; height: var(--xe-height, 100dvh); border-radius: 0; }
  header { padding-top: calc(8px + env(safe-area-inset-top)); padding-left: calc(16px + env(safe-area-inset-left)); padding-right: calc(6px + env(safe-area-inset-right)); }
  footer { padding-bottom: calc(6px + env(safe-area-inset-bottom)); }
  .preview { max-width: calc(100vw - 24px); }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
@media (forced-colors: active) { .bubble, .chips button, .system { border: 1px solid; } }
`);
