// oxlint-disable unicorn/consistent-function-scoping -- the function is written into the page as it is, with all it uses
import type { BrowserElement, BrowserWindow } from "./browser.ts"

/**
 * In the browser: sorting, filtering, and whether explanations are shown. What the user chose is in the address, so that a reload or
 * a link shows the same; `#sort=-events&q=customers&what=kept,root&fixes=off`.
 */
export function behaveFindings(window: BrowserWindow): void {
  window.document.addEventListener("DOMContentLoaded", () => {
    const table = window.document.querySelector("[data-findings]")
    if (table !== null) start(table, find("[data-tools]"))
  })

  function start(table: BrowserElement, tools: BrowserElement): void {
    const search = find("[data-search]")
    const fixes = find("[data-fixes]")
    const status = find("[data-status]")
    const chips = [...tools.querySelectorAll("[data-kind]")]
    const heads = [...table.querySelectorAll("th")]
    const findings = [...table.querySelectorAll("[data-finding]")].map((body, index) => {
      const cells = body.querySelector("tr")?.children
      return {
        body,
        index,
        what: body.dataset["what"] ?? "",
        text: fold(body.textContent),
        keys: heads.map((_, at) => keyOf(cells?.[at])),
      }
    })
    const collator = new Intl.Collator("en", { numeric: true })
    const resting = "-events"
    let sort = resting
    let sorted = resting

    for (const head of heads) head.replaceChildren(sortButton(head))
    for (const chip of chips) chip.addEventListener("click", () => (press(chip, !isPressed(chip)), changed()))
    search.addEventListener("input", changed)
    fixes.addEventListener("change", changed)
    window.addEventListener("hashchange", () => {
      read()
      show()
      find("#findings").scrollIntoView()
    })
    tools.hidden = false
    read()
    show()

    function sortButton(head: BrowserElement): BrowserElement {
      const button = window.document.createElement("button")
      button.setAttribute("type", "button")
      button.textContent = head.textContent.trim()
      button.addEventListener("click", () => {
        const key = head.dataset["key"] ?? ""
        const [first, second] = head.classList.contains("n") ? [`-${key}`, key] : [key, `-${key}`]
        sort = sort === first ? second : first
        changed()
      })
      return button
    }

    function changed(): void {
      write()
      show()
    }

    function show(): void {
      if (sort !== sorted) reorder()
      const terms = fold(search.value).split(/\s+/)
      const kinds = new Set(chips.filter(isPressed).map((chip) => chip.dataset["kind"]))
      let shown = 0
      for (const { body, text, what } of findings) {
        body.hidden = !((kinds.size === 0 || kinds.has(what)) && terms.every((term) => text.includes(term)))
        if (!body.hidden) shown++
      }
      table.classList.toggle("facts-only", !fixes.checked)
      status.textContent =
        shown === findings.length ? `All ${shown} findings` : `${shown} of ${findings.length} findings`
    }

    function reorder(): void {
      const isDescending = sort.startsWith("-")
      const column = heads.findIndex((head) => head.dataset["key"] === sort.replace("-", ""))
      const direction = isDescending ? -1 : 1
      const order = findings.toSorted((a, b) => {
        const [left, right] = [a.keys[column], b.keys[column]]
        // What is not known comes last in both directions.
        if (left === undefined || right === undefined)
          return Number(left === undefined) - Number(right === undefined) || a.index - b.index
        const difference =
          typeof left === "number" && typeof right === "number"
            ? left - right
            : collator.compare(String(left), String(right))
        return difference * direction || a.index - b.index
      })
      table.append(...order.map(({ body }) => body))
      for (const [at, head] of heads.entries())
        head.setAttribute("aria-sort", at !== column ? "none" : isDescending ? "descending" : "ascending")
      sorted = sort
    }

    function read(): void {
      const state = new URLSearchParams(window.location.hash.slice(1))
      const wanted = state.get("sort") ?? resting
      sort = heads.some((head) => head.dataset["key"] === wanted.replace("-", "")) ? wanted : resting
      search.value = state.get("q") ?? ""
      fixes.checked = state.get("fixes") !== "off"
      const kinds = new Set((state.get("what") ?? "").split(","))
      for (const chip of chips) press(chip, kinds.has(chip.dataset["kind"] ?? ""))
    }

    function write(): void {
      const state = new URLSearchParams()
      const kinds = chips.filter(isPressed).map((chip) => chip.dataset["kind"])
      if (sort !== resting) state.set("sort", sort)
      if (search.value !== "") state.set("q", search.value)
      if (kinds.length > 0) state.set("what", kinds.join(","))
      if (!fixes.checked) state.set("fixes", "off")
      try {
        window.history.replaceState(null, "", `#${state.toString()}`)
      } catch {
        // A browser may refuse many changes in a short time. What is shown is right all the same.
      }
    }
  }

  function keyOf(cell: BrowserElement | undefined): string | number | undefined {
    if (cell === undefined || cell.hasAttribute("data-none")) return undefined
    const number = cell.dataset["n"]
    return number === undefined ? fold(cell.textContent) : Number(number)
  }

  function fold(text: string): string {
    return text.trim().toLowerCase()
  }

  function isPressed(chip: BrowserElement): boolean {
    return chip.getAttribute("aria-pressed") === "true"
  }

  function press(chip: BrowserElement, isOn: boolean): void {
    chip.setAttribute("aria-pressed", String(isOn))
  }

  function find(selector: string): BrowserElement {
    const element = window.document.querySelector(selector)
    if (element === null) throw new Error(`The page has no ${selector}.`)
    return element
  }
}
