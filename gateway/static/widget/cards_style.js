// The look of what stands in the message list beside plain bubbles. Colours are those of style.js.
export const CARDS = new CSSStyleSheet();
CARDS.replaceSync(`
.log { overflow-anchor: none; }
.said { position: relative; max-width: 100%; } .row:has(> .card, > .orders) > .said { max-width: calc(100% - 46px); }
.link { color: var(--xe-brand-ink); overflow-wrap: anywhere; } .me .bubble .link { color: inherit; }
.bubble.folded { max-height: 15em; overflow: hidden; mask: linear-gradient(#000 70%, transparent); }
.fold { color: var(--xe-brand-ink); font-size: 13.5px; padding: 0 8px; text-decoration: underline;}
.quote { max-width: 100%; font-size: 13px; line-height: 1.45; color: var(--xe-grey); background: var(--xe-quiet); border-inline-start: 3px solid var(--xe-edge); border-radius: 6px; padding: 4px 8px; margin-bottom: 3px;
  display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; overflow-wrap: anywhere; }
.tool { position: absolute; top: -4px; inset-inline-end: -46px; width: 44px; height: 44px; display: grid; place-items: center; border-radius: 50%; color: var(--xe-grey); opacity: 0; }
.me .tool { inset-inline: -46px auto; }
.row:hover .tool, .tool:focus-visible, .tool[aria-expanded=true] { opacity: 1; } .tool svg { width: 18px; height: 18px; }
.tools { display: flex; background: var(--xe-paper); border: 1px solid var(--xe-line); border-radius: 10px; margin-top: 3px; } .tools button { padding: 0 14px; font-size: 14px; }
.used { display: flex; flex-wrap: wrap; gap: 8px; padding: 4px 0; } .used button, .card button:disabled { opacity: 1; color: var(--xe-grey); border: 1px dashed var(--xe-edge); background: none; }
.used button, .acts button { border-radius: 22px; padding: 6px 14px; font-size: 14px; } .used .chosen { border-style: solid; font-weight: 600; color: var(--xe-ink); }
.card { background: var(--xe-paper); color: var(--xe-ink); border: 1px solid var(--xe-line); border-radius: 12px; padding: 10px 12px; margin-top: 4px; max-width: 100%; min-width: min(250px, 100%); }
.row:has(> .card, > .orders) { max-width: 96%; }
.card p { margin: 0; } .sub { font-size: 13px; color: var(--xe-grey); overflow-wrap: anywhere; }
.head, .goods { display: flex; gap: 10px; align-items: flex-start; justify-content: space-between; } .goods > div { flex: 1; min-width: 0; }
.mark { flex: none; font-size: 12.5px; color: var(--xe-ink); background: var(--xe-soft); border-radius: 8px; padding: 2px 8px; }
.thumb { width: 64px; height: 64px; flex: none; object-fit: cover; border-radius: 8px; background: var(--xe-soft); display: grid; place-items: center; font-size: 22px; color: var(--xe-grey); }
.orders, .line { list-style: none; margin: 8px 0 0; padding: 0; width: 100%; }
.acts { display: flex; flex-wrap: wrap; gap: 8px; padding-top: 8px; } .acts button { border: 1px solid var(--xe-brand-ink); color: var(--xe-brand-ink); }
.acts button:hover:not(:disabled) { background: var(--xe-soft); }
.line { font-size: 13.5px; line-height: 1.5; }
.line li { position: relative; padding: 0 0 12px 22px; } .line li:last-child { padding-bottom: 0; }
.line li::before { content: ""; position: absolute; left: 3px; top: 6px; width: 9px; height: 9px; border-radius: 50%; border: 2px solid var(--xe-edge); background: var(--xe-paper); z-index: 1; }
.line li::after { content: ""; position: absolute; left: 8px; top: 12px; bottom: -6px; border-inline-start: 2px solid var(--xe-line); } .line li:last-child::after { display: none; }
.line .done::before { background: var(--xe-edge); } .line .now::before { left: 1px; top: 4px; width: 13px; height: 13px; background: var(--xe-brand-ink); border-color: var(--xe-brand-ink); }
.line .now { font-weight: 600; } .line .next { color: var(--xe-grey); } .line .next::after { border-left-style: dashed; } .line time { display: block; font-weight: 400; font-size: 12.5px; color: var(--xe-grey); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13.5px; white-space: nowrap; } caption { text-align: start; font-weight: 600; padding-bottom: 6px; white-space: normal; }
th, td { padding: 6px 9px; border-bottom: 1px solid var(--xe-line); text-align: center; } thead th { color: var(--xe-grey); font-weight: 500; } th small { display: block; font-size: 11.5px; } tbody th { position: sticky; left: 0; background: var(--xe-paper); }
.view { padding: 0; border-radius: 12px; display: block; }
.video { position: relative; display: grid; place-items: center; padding: 0; overflow: hidden; } .video img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
.video span { position: relative; background: rgb(0 0 0 / .72); color: #fff; border-radius: 20px; padding: 4px 14px; font-size: 13px; }
.file progress { position: absolute; inset: auto 5px 5px; width: calc(100% - 10px); height: 6px; } .file.bad { outline: 2px solid var(--xe-warn); outline-offset: -2px; }
.file .retry { inset: auto 0 0; color: #fff; background: rgb(0 0 0 / .72); font-size: 12.5px;}
.snap { display: none; } @media (hover: none) and (pointer: coarse) { .snap { display: grid; } }
.quoting { display: flex; align-items: center; gap: 4px; padding: 0 4px 6px; } .quoting .quote { flex: 1; margin: 0; }
.sheet { border-bottom: 1px solid var(--xe-line); margin-bottom: 8px; max-height: min(46vh, 340px); overflow-y: auto; padding: 0 4px 10px; overscroll-behavior: contain; }
.sheet .head { align-items: center; position: sticky; top: 0; background: var(--xe-paper); z-index: 2; }
.dropping { outline: 3px dashed var(--xe-brand-ink); }
@media (hover: none) { .tool { opacity: 1; } }
@media (forced-colors: active) { .card, .mark, .quote { border: 1px solid; } .line .now::before { background: Highlight; } }
`);
