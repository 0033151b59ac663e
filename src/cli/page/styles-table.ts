/** The part of the style sheet that is about the findings: a table, and cards where it does not fit. */
export const tableStyles: string = `
.tools { display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: center; margin: 12px 0 }
.search { display: flex; gap: 8px; align-items: center; flex: 0 1 380px }
.search input { width: 100%; min-width: 0; padding: 4px 10px; background: var(--panel); border: 1px solid var(--edge); border-radius: 5px }
.search input::placeholder { color: var(--quiet); opacity: 1 }
.chips { display: flex; flex-wrap: wrap; gap: 6px }
.chip[aria-pressed="true"] { background: var(--ink); color: var(--panel); border-color: var(--ink) }
.chip .number { opacity: 1 }
.tools [role="status"] { margin-left: auto; color: var(--quiet) }

table { display: block; background: var(--panel); border: 1px solid var(--line) }
thead { display: block; position: sticky; top: 0; z-index: 1; background: var(--panel); box-shadow: inset 0 -1px var(--edge) }
tr { display: grid; grid-template-columns: 16fr 9.5fr 17.5fr 6fr 9.5fr 7.5fr 7.5fr 7.5fr 11fr 8fr }
th { text-align: left; font-size: 13px; font-weight: 600; padding: 8px 10px; white-space: nowrap }
th, td { display: block; min-width: 0 }
th button { all: unset; cursor: pointer }
th button:hover { color: var(--accent) }
th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
th button::after { content: " \\2195"; color: var(--quiet); font-weight: 400 }
th[aria-sort="ascending"] button::after { content: " \\2191"; color: var(--accent); font-weight: 650 }
th[aria-sort="descending"] button::after { content: " \\2193"; color: var(--accent); font-weight: 650 }
td { padding: 10px 10px 6px; line-height: 1.4 }
th.n, td.n { text-align: right }
tbody { display: block; border-top: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 160px }
.main { font-weight: 600 }
.sub, td .left { display: block; font-size: 12px; line-height: 1.4; color: var(--quiet) }
td .left { color: var(--exposed) }
.small { font-size: 11.5px }
td time { white-space: normal }
summary { cursor: pointer; color: var(--quiet) }
.what { font-weight: 600; white-space: nowrap }
.what::before, .chip::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 7px; background: var(--accent); border-radius: 50% }
.what.exposed { color: var(--exposed) }
.what.exposed::before, .chip.exposed::before { background: var(--exposed); border-radius: 0 }
.what.uncertain { color: var(--uncertain) }
.what.uncertain::before, .chip.uncertain::before { background: none; box-shadow: inset 0 0 0 2px var(--uncertain) }
.change td { grid-column: 1 / -1; padding: 0 10px 14px }
.change-inside { display: grid; grid-template-columns: 25fr 75fr; gap: 20px; align-items: start }
.change p { color: var(--quiet); font-size: 13px; max-width: 46ch; padding-top: 4px }
.change p:only-child { grid-column: 1 / -1; max-width: none }
.facts-only .change { display: none }
.fix { position: relative; min-width: 0; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px }
.fix pre { overflow-x: auto; padding: 9px 84px 9px 12px; tab-size: 2; border-radius: 6px }
.fix button { position: absolute; top: 5px; right: 5px; font-size: 12.5px; padding: 2px 9px }

@media (max-width: 1100px) {
  table { background: none; border: 0 }
  thead { position: static; background: none; box-shadow: none }
  thead tr { display: flex; flex-wrap: wrap; gap: 4px 14px; margin-bottom: 12px }
  thead tr::before { content: "Sort by"; color: var(--quiet) }
  th { padding: 0 }
  tbody { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; margin-bottom: 12px }
  tr { grid-template-columns: repeat(auto-fit, minmax(min(100%, 360px), 1fr)); column-gap: 28px }
  td, td.n { display: grid; grid-template-columns: 92px minmax(0, 1fr); column-gap: 10px; align-content: start; padding: 3px 0; text-align: left }
  td::before { content: attr(data-label); grid-row: 1 / span 3; font-size: 13px; color: var(--quiet) }
  td > * { grid-column: 2 }
  td:first-child { display: block; grid-column: 1 / -1; font-size: 15px; padding-bottom: 6px }
  td:first-child::before { content: none }
  td ul { display: flex; flex-wrap: wrap; gap: 0 12px }
  .change td { padding: 8px 0 2px }
  .change-inside { grid-template-columns: minmax(0, 1fr); gap: 8px }
  .tools [role="status"] { margin-left: 0 }
}
`
