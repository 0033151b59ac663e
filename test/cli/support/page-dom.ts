import type { Page } from "playwright-core"

/** What one finding shows, read out of the document that the browser made of the page. */
export interface ShownFinding {
  readonly relation: string
  readonly child: string
  readonly column: string
  readonly orm: string
  readonly what: string
  readonly place: readonly string[]
  readonly first: string
  readonly last: string
  readonly releases: readonly string[]
  readonly routes: readonly string[]
  readonly fingerprint: string
  readonly fix: string | null
}

/** The findings in the order of the document, also those that a filter hides. */
export function shownFindings(page: Page): Promise<ShownFinding[]> {
  return page.evaluate<ShownFinding[]>(`[...document.querySelectorAll("[data-finding]")].map((body) => {
    const cells = [...body.querySelector("tr").children]
    const names = (cell) => [...cell.querySelectorAll("bdi")].map((name) => name.textContent)
    const [relation, child, column, orm] = names(cells[0])
    return {
      relation, child, column, orm,
      what: cells[1].textContent,
      place: names(cells[2]),
      first: cells[5].textContent,
      last: cells[6].textContent,
      releases: names(cells[7]),
      routes: names(cells[8]),
      fingerprint: cells[9].textContent,
      fix: body.querySelector("code")?.textContent ?? null,
    }
  })`)
}

/** The fingerprints of the findings that can be seen, from top to bottom. */
export function order(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("[data-finding]:not([hidden])")]
    .map((body) => body.querySelector("tr").lastElementChild.textContent)`)
}

/** Every element of the document with the names of its attributes, in order: what a value that breaks out would change. */
export function skeleton(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("*:not(wbr)")]
    .map((element) => [element.localName, ...element.getAttributeNames()].join(" "))`)
}

/** A text whose contrast is too weak to be read. */
export interface FaintText {
  readonly text: string
  readonly color: string
  readonly ground: string
  readonly ratio: number
}

/**
 * The texts with less contrast than WCAG AA asks for: 4.5, or 3 where the text is large. Beside what is written in the document, labels
 * and placeholders that come from the style sheet; and how many texts were looked at.
 */
export function faintTexts(page: Page): Promise<{ readonly looked: number; readonly faint: readonly FaintText[] }> {
  return page.evaluate(`(() => {
    const parse = (color) => {
      const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number)
      if (!/^rgba?\\(/.test(color)) throw new Error("unreadable colour " + color)
      return { r, g, b, a }
    }
    const over = (top, below) => Object.fromEntries(["r", "g", "b"].map((key) => [key, top[key] * top.a + below[key] * (1 - top.a)]).concat([["a", 1]]))
    const groundOf = (element) => {
      if (element === null) return { r: 255, g: 255, b: 255, a: 1 }
      const own = parse(getComputedStyle(element).backgroundColor)
      return own.a === 1 ? own : over(own, groundOf(element.parentElement))
    }
    const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)
    const luminance = ({ r, g, b }) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    const texts = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement
      if (node.textContent.trim() === "" || element.closest("svg, [hidden]") !== null) continue
      texts.push({ text: node.textContent.trim(), element, style: getComputedStyle(element) })
    }
    for (const element of document.querySelectorAll("body *")) {
      for (const pseudo of ["::before", "::after"]) {
        const style = getComputedStyle(element, pseudo)
        if (!["none", "normal", '""'].includes(style.content)) texts.push({ text: style.content, element, style })
      }
      if (element.localName === "input") texts.push({ text: "placeholder", element, style: getComputedStyle(element, "::placeholder") })
    }
    const faint = []
    for (const { text, element, style } of texts) {
      const ground = groundOf(element)
      const ink = over(parse(style.color), ground)
      const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a)
      const ratio = (light + 0.05) / (dark + 0.05)
      const size = parseFloat(style.fontSize)
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
      if (ratio < (isLarge ? 3 : 4.5)) faint.push({ text, color: style.color, ground: JSON.stringify(ground), ratio })
    }
    return { looked: texts.length, faint }
  })()`)
}
