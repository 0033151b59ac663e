import type { BrowserElement, BrowserWindow } from "./browser.ts"

/** In the browser: the line below the chart says the value of the bar under the pointer, or of the one that the arrow keys chose. */
export function behaveTimeline(window: BrowserWindow): void {
  window.document.addEventListener("DOMContentLoaded", () => {
    const chart = window.document.querySelector("[data-chart]")
    const readout = window.document.querySelector("[data-readout]")
    if (chart === null || readout === null) return
    const slots = [...chart.querySelectorAll(".slot")]
    const atRest = readout.textContent
    let current = -1

    chart.tabIndex = 0
    chart.setAttribute("role", "group")
    chart.setAttribute("aria-label", "Events over time. The arrow keys step through them.")
    chart.addEventListener("pointerover", ({ target }) => {
      const index = slots.indexOf(target.closest(".slot") as BrowserElement)
      if (index >= 0) show(index)
    })
    chart.addEventListener("pointerleave", () => show(-1))
    chart.addEventListener("blur", () => show(-1))
    chart.addEventListener("keydown", (event) => {
      const last = slots.length - 1
      const next = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: last }[event.key]
      if (next === undefined) return
      event.preventDefault()
      show(Math.max(0, Math.min(last, next)))
    })

    function show(index: number): void {
      slots[current]?.classList.toggle("current", false)
      slots[index]?.classList.toggle("current", true)
      current = index
      readout!.textContent = slots[index]?.textContent ?? atRest
    }
  })
}
