import { describe, expect, it } from "vitest"
import { renderPage } from "../../../src/cli/page/render-page.ts"
import { closePage, type PageBrowser } from "./page-browser.ts"
import { faintTexts } from "./page-dom.ts"
import { entry, ledger, weekOfFindings } from "./page-ledger.ts"

const now = new Date("2026-11-24T14:03:00Z")
const light = "rgb(246, 246, 243)"
const dark = "rgb(20, 22, 25)"
const ground = "getComputedStyle(document.body).backgroundColor"

/** Themes, contrast, small screens, print. */
export function describeLooks(browser: () => PageBrowser): void {
  const source = renderPage(
    ledger(weekOfFindings(), { input: { unreadable: 2 }, overflow: { events: 9, rows: 9, dropped: 9 } }),
    now,
  )

  describe("the theme", () => {
    it.each([
      ["light", light],
      ["dark", dark],
    ] as const)("is %s where the system is", async (colorScheme, color) => {
      const opened = await browser().open(source, { colorScheme })

      expect(await opened.page.evaluate<string>(ground)).toBe(color)
      await closePage(opened)
    })

    it("follows the system while the page is open", async () => {
      const opened = await browser().open(source, { colorScheme: "light" })

      await opened.page.emulateMedia({ colorScheme: "dark" })

      expect(await opened.page.evaluate<string>(ground)).toBe(dark)
      await closePage(opened)
    })

    it("can be switched, stays switched after a reload, and goes back", async () => {
      const opened = await browser().open(source, { colorScheme: "light" })
      const toggle = opened.page.locator("[data-theme-toggle]")

      await toggle.click()
      const switched = await opened.page.evaluate<string>(ground)
      await opened.page.reload()
      const reloaded = await opened.page.evaluate<string>(ground)
      const label = await toggle.innerText()
      await toggle.click()

      expect([switched, reloaded, label]).toEqual([dark, dark, "Light theme"])
      expect(await opened.page.evaluate<string>(ground)).toBe(light)
      await closePage(opened)
    })
  })

  describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
    it.each([
      ["a desk", 1440],
      ["a phone", 360],
    ])("every text on %s has the contrast of WCAG AA", async (_, width) => {
      const opened = await browser().open(source, { colorScheme, viewport: { width, height: 800 } })
      await opened.page.locator('[data-kind="kept"]').click()
      await opened.page.locator('[data-kind="dropped"]').click()

      const { looked, faint } = await faintTexts(opened.page)

      expect(looked).toBeGreaterThan(200)
      expect(faint).toEqual([])
      await closePage(opened)
    })

    it("text that is too faint would be noticed", async () => {
      const unruly = source.replace(/<meta http-equiv[^>]*>/, "").replace("<h2 ", '<h2 style="color: #888" ')
      const opened = await browser().open(unruly.replace('class="period"', 'style="opacity: 1; color: #77777799"'), {
        colorScheme,
      })

      const { faint } = await faintTexts(opened.page)

      expect(faint.map(({ text }) => text)).toContainEqual(expect.stringContaining("written 2026-11-24"))
      await closePage(opened)
    })

    it("the bars stand out from their ground by 3 to 1", async () => {
      const opened = await browser().open(source, { colorScheme })

      const colors = await opened.page.evaluate<string[]>(`[".timeline .bar", ".bars .bar.exposed"]
        .map((selector) => getComputedStyle(document.querySelector(selector)).fill)
        .concat([".panel", ".bars svg"].map((selector) => getComputedStyle(document.querySelector(selector)).backgroundColor))`)

      const [accent, exposed, panel, track] = colors.map(luminance)
      for (const bar of [accent!, exposed!])
        for (const behind of [panel!, track!]) expect(contrast(bar, behind)).toBeGreaterThan(3)
      await closePage(opened)
    })
  })

  describe("the size of the screen", () => {
    it.each([320, 360, 768, 1100, 1101, 1280, 1920])("%i pixels need no horizontal scrolling", async (width) => {
      const long = "x".repeat(300)
      const unbroken = entry({
        owner: long,
        relation: long,
        child: long,
        column: long,
        fix: long,
        routes: [long],
        releases: [long],
        place: { file: long, line: 1, function: long },
      })
      const opened = await browser().open(renderPage(ledger([unbroken, ...weekOfFindings()]), now), {
        viewport: { width, height: 740 },
      })

      expect(await opened.page.evaluate<number>("document.documentElement.scrollWidth")).toBe(width)
      await closePage(opened)
    })

    it("makes cards of the findings on a phone: the values of a finding stand below each other, with their names", async () => {
      const opened = await browser().open(source, { viewport: { width: 360, height: 740 } })

      const [place, events] = await opened.page.evaluate<{ x: number; y: number; label: string }[]>(
        `[2, 3].map((index) => document.querySelector("[data-finding] tr").children[index]).map((cell) => {
          const { x, y } = cell.getBoundingClientRect()
          return { x, y, label: getComputedStyle(cell, "::before").content }
        })`,
      )

      expect(events!.x).toBe(place!.x)
      expect(events!.y).toBeGreaterThan(place!.y)
      expect([place!.label, events!.label]).toEqual(['"Place"', '"Events"'])
      await closePage(opened)
    })
  })

  it("moves nothing where the system asks for less motion", async () => {
    const opened = await browser().open(source, { reducedMotion: "reduce" })
    const behavior = "getComputedStyle(document.documentElement).scrollBehavior"

    const reduced = await opened.page.evaluate<string>(behavior)
    await opened.page.emulateMedia({ reducedMotion: "no-preference" })

    expect([reduced, await opened.page.evaluate<string>(behavior)]).toEqual(["auto", "smooth"])
    await closePage(opened)
  })

  it("prints in light, with every release that is folded away on the screen, and without tools", async () => {
    const opened = await browser().open(source, { colorScheme: "dark" })
    const folded = opened.page.locator("details li").first()
    const before = await folded.isVisible()

    await opened.page.emulateMedia({ media: "print" })

    expect(await opened.page.evaluate<string>(ground)).toBe(light)
    expect([before, await folded.isVisible()]).toEqual([false, true])
    expect(await opened.page.locator(".tools").isVisible()).toBe(false)
    await closePage(opened)
  })

  it.each([
    ["a desk in light", { colorScheme: "light", viewport: { width: 1440, height: 900 } }],
    ["a desk in dark", { colorScheme: "dark", viewport: { width: 1440, height: 900 } }],
    ["a phone", { colorScheme: "light", viewport: { width: 360, height: 740 } }],
  ] as const)("can be seen on %s", async (_, options) => {
    const opened = await browser().open(source, options)

    const png = await opened.page.screenshot()

    expect(png.subarray(1, 4).toString()).toBe("PNG")
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([options.viewport.width, options.viewport.height])
    expect(png.length).toBeGreaterThan(20_000)
    await closePage(opened)
  })
}

function luminance(color: string): number {
  const [red, green, blue] = color.match(/[\d.]+/g)!.map((value) => {
    const share = Number(value) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
}
