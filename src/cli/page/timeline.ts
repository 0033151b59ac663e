import type { LedgerEntry } from "../ledger.ts"
import { markup, type Html } from "./escape.ts"
import { count, counted, dayOf, minuteOf } from "./format.ts"
import { bucketsOf, type Slot } from "./timeline-buckets.ts"

/**
 * The events over time as an SVG, with the exact value of each bar as its tooltip, and in the line below where the script runs. Nothing
 * where no event has a time.
 */
export function timeline(entries: readonly LedgerEntry[]): Html {
  const { unit, slots, undated } = bucketsOf(entries.map((entry) => entry.hours))
  const peak = slots.reduce<Slot | undefined>(
    (most, slot) => (slot.events > (most?.events ?? 0) ? slot : most),
    undefined,
  )
  if (peak === undefined) return markup``
  const total = slots.reduce((sum, slot) => sum + slot.events, 0)
  const most = `Most in one ${unit}: ${counted(peak.events, "event")}, ${peak.label}`
  return markup`<section class="panel" aria-labelledby="timeline-heading">
    <h2 id="timeline-heading">Events per ${unit}</h2>
    <div class="chart" data-chart>
      <span class="scale" aria-hidden="true">${count(peak.events)}</span>
      <svg
        class="timeline"
        role="img"
        aria-labelledby="timeline-title timeline-desc"
        viewBox="0 0 ${slots.length} 100"
        preserveAspectRatio="none"
      >
        <title id="timeline-title">Events per ${unit}</title>
        <desc id="timeline-desc">
          ${counted(total, "event")} from ${slots[0]?.label} to ${slots.at(-1)?.label}. ${most}.
        </desc>
        ${slots.map((slot, index) => bar(slot, index, peak.events))}
      </svg>
      ${axis(slots, unit)}
    </div>
    <p class="readout" data-readout aria-live="polite">${most}</p>
    ${undated > 0 ? markup`<p class="note">${counted(undated, "event")} without a readable time: not in this chart.</p>` : ""}
  </section>`
}

function bar(slot: Slot, index: number, most: number): Html {
  // At least as tall as can be seen: one event beside a thousand is not none.
  const height = slot.events === 0 ? 0 : Math.max(2, (slot.events / most) * 100)
  const rest = (100 - height).toFixed(2)
  const drawn =
    height > 0
      ? markup`<rect class="bar" x="${(index + 0.08).toFixed(2)}" y="${rest}" width="0.84" height="${height.toFixed(2)}" />`
      : ""
  const title = markup`<title>${slot.label}: ${counted(slot.events, "event")}</title>`
  return markup`${drawn}<rect class="slot" x="${index}" y="0" width="1" height="100">${title}</rect>
    `
}

function axis(slots: readonly Slot[], unit: string): Html {
  const write = unit === "hour" ? minuteOf : dayOf
  const marks = slots.length < 3 ? slots : [slots[0]!, slots[Math.floor(slots.length / 2)]!, slots.at(-1)!]
  return markup`<div class="axis" aria-hidden="true">
    ${marks.map((slot) => markup`<span>${write(slot.start)}</span>`)}
  </div> `
}
