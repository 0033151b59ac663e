import { tableStyles } from "./styles-table.ts"

/** The page's style sheet. `light-dark()` follows the system, or the theme that was chosen. */
export const styles: string = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f6f3, #141619);
  --panel: light-dark(#ffffff, #1b1e22);
  --sunken: light-dark(#f1f1ed, #121417);
  --ink: light-dark(#1d2023, #e4e6e8);
  --quiet: light-dark(#575d64, #a3a9b1);
  --line: light-dark(#deded8, #30343a);
  --edge: light-dark(#85898d, #767d86);
  --accent: light-dark(#1f6280, #74b6d6);
  --exposed: light-dark(#a8321f, #f2917f);
  --uncertain: light-dark(#7a5200, #dcb15a);
  --warning: light-dark(#fbf1d9, #2c2616);
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
:root[data-theme="light"] { color-scheme: light }
:root[data-theme="dark"] { color-scheme: dark }
* { box-sizing: border-box }
[hidden] { display: none !important }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.5 var(--sans) }
main { max-width: 1500px; margin: 0 auto; padding: 28px 28px 64px }
h1, h2, p, dl, dd, ul, pre { margin: 0; padding: 0 }
h1 { font-size: 24px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em }
h2 { font-size: 15px; font-weight: 650 }
ul { list-style: none }
a { color: var(--ink); text-decoration-color: var(--edge); text-underline-offset: 3px }
a:hover { color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.name { overflow-wrap: anywhere; white-space: pre-wrap }
button, input { font: inherit; color: inherit }
button { background: var(--panel); border: 1px solid var(--edge); border-radius: 5px; padding: 3px 10px; cursor: pointer }
button:hover { border-color: var(--ink) }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.mono, pre { font-family: var(--mono); font-size: 12.5px }
.number, .figure, .n { font-variant-numeric: tabular-nums }
.left { color: var(--exposed) }
.note, .period, .remark, .read { color: var(--quiet) }

.top { display: flex; gap: 16px; justify-content: space-between; align-items: flex-start }
.top button { white-space: nowrap }
.totals { display: flex; flex-wrap: wrap; gap: 16px 48px; margin: 24px 0 18px }
.totals dt { color: var(--quiet) }
.totals .figure { display: block; font-size: 30px; line-height: 1.2; font-weight: 600; letter-spacing: -0.02em }
.totals .exposed .figure { color: var(--exposed) }
.totals .remark { font-size: 12.5px }
.warning { background: var(--warning); border-left: 3px solid var(--uncertain); padding: 8px 14px; margin-top: 8px; max-width: 110ch }

.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 16px 18px; min-width: 0 }
.charts { display: grid; grid-template-columns: 3fr 2fr; gap: 16px; margin: 22px 0 36px }
.charts .panel:only-child { grid-column: 1 / -1 }
.empty { margin-top: 24px; padding: 40px 28px }
.empty h2 { font-size: 30px; letter-spacing: -0.02em }
.empty p { max-width: 68ch; color: var(--quiet) }

.chart { position: relative; margin-top: 26px; border-radius: 4px }
.scale { position: absolute; top: -21px; left: 0; font-size: 12px; color: var(--quiet); font-variant-numeric: tabular-nums }
.timeline { display: block; width: 100%; height: 148px; border-top: 1px dashed var(--line); border-bottom: 1px solid var(--edge) }
.bar { fill: var(--accent) }
.bar.exposed { fill: var(--exposed) }
.slot { fill: transparent }
.slot:hover, .slot.current { fill: light-dark(#0000001c, #ffffff24) }
.axis { display: flex; justify-content: space-between; font-size: 12px; color: var(--quiet); font-variant-numeric: tabular-nums; margin-top: 4px }
.readout { margin-top: 8px; font-variant-numeric: tabular-nums; min-height: 1.5em }

.bars { display: grid; grid-template-columns: fit-content(55%) minmax(60px, 1fr) auto; column-gap: 14px; margin-top: 10px }
.bars li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; padding: 3px 0; line-height: 1.35 }
.bars svg { width: 100%; height: 10px; background: var(--sunken) }
.bars .number { text-align: right; min-width: 4ch }
.legend { font-size: 12.5px; color: var(--quiet) }
.key::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 5px; background: var(--accent) }
.key.exposed { margin-left: 12px }
.key.exposed::before { background: var(--exposed) }
${tableStyles}
@media (max-width: 900px) {
  main { padding: 18px 14px 40px }
  .charts { grid-template-columns: minmax(0, 1fr) }
  .totals { display: grid; grid-template-columns: 1fr 1fr; gap: 16px }
}
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth }
}
@media print {
  :root, :root[data-theme] { color-scheme: light }
  main { max-width: none; padding: 0 }
  .tools, .top button, .fix button { display: none }
  .charts { display: block }
  .panel { margin-bottom: 12px; break-inside: avoid }
  .bar { print-color-adjust: exact }
  tbody { break-inside: avoid; content-visibility: visible }
  thead { position: static }
  details::details-content { content-visibility: visible }
}
`
