// The look of the widget, as a constructed sheet: no inline style, so a strict CSP holds.
export const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host { --xe-brand: #1f6f5c; --xe-brand-dark: #17574a; --xe-soft: #e8f3f0; --xe-ink: #1d2523; --xe-grey: #5c6b67; --xe-line: #dfe6e3; --xe-warn: #b3261e;
  position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; color: var(--xe-ink);
  font: 15px/1.6 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
:host([hidden]) { display: none; }
*, *::before, *::after { box-sizing: border-box; }
button { font: inherit; color: inherit; cursor: pointer; border: 0; background: none; min-height: 44px; min-width: 44px; }
button:disabled { cursor: default; opacity: .5; }
:focus-visible { outline: 3px solid #f2a900; outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.launcher { display: flex; align-items: center; gap: 8px; padding: 0 20px 0 16px; height: 54px; border-radius: 27px; background: var(--xe-brand); color: #fff;
  font-weight: 600; box-shadow: 0 6px 20px rgb(15 60 48 / .32); position: relative; margin-left: auto; }
.launcher:hover { background: var(--xe-brand-dark); }
.badge { position: absolute; top: -5px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; background: #d6352b; color: #fff;
  font-size: 12px; line-height: 22px; text-align: center; border: 0; }
.badge:empty { display: none; }
.panel { display: flex; flex-direction: column; width: 390px; height: min(640px, calc(100vh - 40px)); background: #f6f8f7; border-radius: 16px; overflow: hidden;
  box-shadow: 0 14px 48px rgb(10 40 32 / .28); }
.panel[hidden], .launcher[hidden], [hidden] { display: none !important; }
header { display: flex; align-items: center; gap: 4px; padding: 8px 6px 8px 16px; background: var(--xe-brand); color: #fff; }
header .who { flex: 1; min-width: 0; }
header h2 { margin: 0; font-size: 16px; line-height: 1.35; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
header .status { font-size: 12.5px; opacity: .92; display: flex; align-items: center; gap: 6px; }
header .status::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: #7fe0b5; }
header .status.queue::before { background: #ffd166; } header .status.off::before { background: #c9d3d0; }
header button { border-radius: 10px; } header button:hover { background: rgb(255 255 255 / .16); }
header .person { border: 1px solid rgb(255 255 255 / .65); padding: 0 12px; font-size: 14px; min-height: 44px; }
.bar { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 4px 8px 4px 16px; background: #fff6df; font-size: 13.5px; color: #5a4300; }
.bar.off { background: #f1e5e4; color: #6d1f19; padding: 10px 16px; }
.bar button { color: #5a4300; font-weight: 600; text-decoration: underline; text-underline-offset: 3px; padding: 0 8px; }
.menu { background: #fff; border-bottom: 1px solid var(--xe-line); padding: 8px 12px; }
.menu button { border-radius: 8px; padding: 0 12px; } .menu > button { display: block; width: 100%; text-align: left; } .menu button:hover { background: var(--xe-soft); }
.stars button { font-size: 24px; color: #d08c00; }
.danger { color: var(--xe-warn); font-weight: 600; }
.log { flex: 1; overflow-y: auto; padding: 14px 14px 8px; overscroll-behavior: contain; display: flex; flex-direction: column; gap: 6px; }
.older { align-self: center; color: var(--xe-brand-dark); font-size: 13.5px; padding: 0 14px; }
.time, .note { align-self: center; color: var(--xe-grey); font-size: 12.5px; text-align: center; margin: 6px 24px 2px; }
.system { align-self: center; max-width: 92%; background: #edf0ef; color: #46524f; font-size: 13.5px; padding: 7px 14px; border-radius: 12px; white-space: pre-wrap; text-align: center; }
.row { display: flex; flex-direction: column; max-width: 84%; align-self: flex-start; align-items: flex-start; }
.row.me { align-self: flex-end; align-items: flex-end; }
.bubble { padding: 9px 13px; border-radius: 4px 14px 14px 14px; background: #fff; box-shadow: 0 1px 2px rgb(20 50 42 / .1); white-space: pre-wrap; overflow-wrap: anywhere; }
.me .bubble { background: var(--xe-brand); color: #fff; border-radius: 14px 4px 14px 14px; }
.state { font-size: 12px; color: var(--xe-grey); padding: 1px 4px 0; display: flex; align-items: center; gap: 6px; }
.state.bad { color: var(--xe-warn); } .state button { color: var(--xe-warn); font-size: 13px; font-weight: 600; text-decoration: underline; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; padding: 6px 0 4px; align-self: flex-start; max-width: 100%; }
.chips button { border: 1.5px solid var(--xe-brand); color: var(--xe-brand-dark); background: #fff; border-radius: 22px; padding: 6px 16px; font-size: 14.5px; line-height: 1.4; text-align: left; }
.chips button:hover:not(:disabled) { background: var(--xe-soft); }
.media { border-radius: 12px; max-width: 200px; max-height: 220px; display: block; background: #e4e9e7; min-width: 60px; min-height: 60px; margin-top: 3px; }
.dots { display: flex; gap: 4px; padding: 14px 15px; } .dots i { width: 7px; height: 7px; border-radius: 50%; background: #9aaaa5; animation: xe-dot 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .18s; } .dots i:nth-child(3) { animation-delay: .36s; }
@keyframes xe-dot { 0%, 60%, 100% { opacity: .3; transform: none; } 30% { opacity: 1; transform: translateY(-3px); } }
footer { background: #fff; border-top: 1px solid var(--xe-line); padding: 8px 8px 6px; }
.files { display: flex; gap: 8px; overflow-x: auto; padding: 2px 4px 8px; } .files:empty { display: none; }
.file { position: relative; width: 72px; height: 72px; border-radius: 10px; background: #e4e9e7; flex: none; display: grid; place-items: center; font-size: 12px; color: var(--xe-grey); overflow: hidden; text-align: center; }
.file img { width: 100%; height: 100%; object-fit: cover; } .file.busy img { opacity: .45; }
.file button { position: absolute; top: 0; right: 0; font-size: 17px; line-height: 1; display: flex; justify-content: flex-end; align-items: flex-start; padding: 3px; }
.file button span { background: rgb(0 0 0 / .66); color: #fff; width: 22px; height: 22px; line-height: 21px; border-radius: 50%; text-align: center; }
.compose { display: flex; align-items: flex-end; gap: 4px; }
textarea { flex: 1; resize: none; font: inherit; font-size: 16px; line-height: 1.5; border: 1px solid #b9c6c2; border-radius: 12px; padding: 9px 12px; max-height: 132px; min-height: 44px; background: #fff; color: inherit; }
textarea:focus { outline: 2px solid var(--xe-brand); outline-offset: -1px; border-color: transparent; }
.icon { display: grid; place-items: center; border-radius: 12px; color: var(--xe-grey); flex: none; width: 44px; height: 44px; } .icon:hover { background: var(--xe-soft); }
.sendit { background: var(--xe-brand); color: #fff; border-radius: 12px; padding: 0 16px; font-weight: 600; flex: none; } .sendit:hover:not(:disabled) { background: var(--xe-brand-dark); }
.hint { font-size: 12px; color: var(--xe-grey); padding: 5px 6px 0; margin: 0; } .hint.bad { color: var(--xe-warn); }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
@media (max-width: 520px) {
  :host { right: 12px; bottom: calc(12px + env(safe-area-inset-bottom)); }
  :host([open]) { inset: 0; right: 0; bottom: 0; }
  .panel { width: 100%; height: var(--xe-height, 100dvh); border-radius: 0; }
  footer { padding-bottom: calc(6px + env(safe-area-inset-bottom)); }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
@media (forced-colors: active) { .bubble, .chips button, .system { border: 1px solid; } }
`);
