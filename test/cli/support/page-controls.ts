import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { LedgerEntry } from "../../../src/cli/ledger.ts"
import { renderPage } from "../../../src/cli/page/render-page.ts"
import { closePage, type OpenPage, type PageBrowser } from "./page-browser.ts"
import { order } from "./page-dom.ts"
import { entry, ledger, manyFindings, weekOfFindings } from "./page-ledger.ts"

const now = new Date("2026-11-24T14:03:00Z")

/** Sorting, filtering, the address, copying, the timeline. */
export function describeControls(browser: () => PageBrowser): void {
  let opened: OpenPage
  const entries = weekOfFindings()
  const source = renderPage(ledger(entries), now)

  beforeEach(async () => {
    opened = await browser().open(source)
  })

  afterEach(async () => {
    expect(opened.problems).toEqual([])
    await closePage(opened)
  })

  function head(key: string) {
    return opened.page.locator(`th[data-key="${key}"]`)
  }

  describe("sorting", () => {
    it.each(Object.keys(sortKeys))(
      "by %s is right in both directions, and said to assistive technology",
      async (key) => {
        const upwards = sorted(entries, key, 1)
        const downwards = sorted(entries, key, -1)
        // The table is sorted by events already, so that the first click turns it round.
        const isText = typeof sortKeys[key]!(entries[0]!) === "string" || key === "events"

        await head(key).getByRole("button").click()
        const first = await order(opened.page)
        const said = await head(key).getAttribute("aria-sort")
        await head(key).getByRole("button").click()

        expect(first).toEqual(isText ? upwards : downwards)
        expect(said).toBe(isText ? "ascending" : "descending")
        expect(await order(opened.page)).toEqual(isText ? downwards : upwards)
        expect(await opened.page.locator("th:not([aria-sort=none])").count()).toBe(1)
      },
    )

    it("works from the keyboard", async () => {
      await head("relation").getByRole("button").focus()
      await opened.page.keyboard.press("Enter")
      const byEnter = await order(opened.page)
      await opened.page.keyboard.press("Space")

      expect(byEnter).toEqual(sorted(entries, "relation", 1))
      expect(await order(opened.page)).toEqual(sorted(entries, "relation", -1))
    })

    it("puts what is not known last, upwards and downwards", async () => {
      const unplaced = entries.find((finding) => finding.place === undefined)!.fingerprint

      await head("place").getByRole("button").click()
      const upwards = await order(opened.page)
      await head("place").getByRole("button").click()

      expect([upwards.at(-1), (await order(opened.page)).at(-1)]).toEqual([unplaced, unplaced])
    })

    it("is right for a thousand findings", async () => {
      const many = manyFindings(1000)
      const large = await browser().open(renderPage(ledger(many), now))

      await large.page.locator('th[data-key="rows"] button').click()

      expect(await order(large.page)).toEqual(sorted(many, "rows", -1))
      await closePage(large)
    })
  })

  describe("filtering", () => {
    it("by text shows the findings that hold all its words, in any case, and says how many", async () => {
      await opened.page.locator("[data-search]").fill("INVOICEline dropped")

      expect(await order(opened.page)).toEqual([entries[1]!.fingerprint])
      expect(await opened.page.locator("[data-status]").innerText()).toBe("1 of 9 findings")
    })

    it("by what shows the findings of the kinds that are pressed", async () => {
      await opened.page.locator('[data-kind="kept"]').click()
      await opened.page.locator('[data-kind="root"]').click()

      const wanted = entries.filter(({ what }) => what === "kept" || what === "root")
      expect(await order(opened.page)).toEqual(wanted.map((finding) => finding.fingerprint))
      expect(await opened.page.locator('[data-kind="kept"]').getAttribute("aria-pressed")).toBe("true")
    })

    it("by a relation is what the name beside a bar does", async () => {
      await opened.page.locator(".bars a", { hasText: "Product.priceOverrides" }).click()

      await expect.poll(() => opened.page.locator("[data-search]").inputValue()).toBe("Product.priceOverrides")
      expect(await order(opened.page)).toEqual([entries[3]!.fingerprint, entries[8]!.fingerprint])
    })

    it("says so where nothing is left", async () => {
      await opened.page.locator("[data-search]").fill("no such thing")

      expect(await order(opened.page)).toEqual([])
      expect(await opened.page.locator("[data-status]").innerText()).toBe("0 of 9 findings")
    })
  })

  describe("the address", () => {
    it("keeps sorting, filters and hidden explanations over a reload", async () => {
      await head("last").getByRole("button").click()
      await opened.page.locator("[data-search]").fill("merchant & co #1 +2")
      await opened.page.locator("[data-search]").fill("merchant")
      await opened.page.locator('[data-kind="dropped"]').click()
      await opened.page.locator("[data-fixes]").uncheck()
      const before = await order(opened.page)

      await opened.page.reload()

      expect(before).toEqual(
        sorted(
          entries.filter(({ what }) => what === "dropped"),
          "last",
          -1,
        ),
      )
      expect(await order(opened.page)).toEqual(before)
      expect(await opened.page.locator("[data-search]").inputValue()).toBe("merchant")
      expect(await opened.page.locator("code").first().isVisible()).toBe(false)
      expect(await head("last").getAttribute("aria-sort")).toBe("descending")
    })

    it("keeps a text with signs of its own", async () => {
      await opened.page.locator("[data-search]").fill("a&b=c #1 +2 %41")

      await opened.page.reload()

      expect(await opened.page.locator("[data-search]").inputValue()).toBe("a&b=c #1 +2 %41")
    })

    it.each(["#sort=nothing", "#sort=-", "#what=nothing,,", "#%", "#=&&fixes"])("%s changes nothing", async (hash) => {
      const other = await browser().open(source, { hash })

      expect(other.problems).toEqual([])
      expect(await order(other.page)).toEqual(entries.map((finding) => finding.fingerprint))
      await closePage(other)
    })
  })

  describe("copying a fix", () => {
    it("puts the code into the clipboard, as it was in the ledger", async () => {
      await opened.page.context().grantPermissions(["clipboard-read", "clipboard-write"])

      await opened.page.locator("[data-copy]").first().click()

      await expect.poll(() => opened.page.locator("[data-copy]").first().innerText()).toBe("Copied")
      expect(await opened.page.evaluate<string>("navigator.clipboard.readText()")).toBe(entries[0]!.fix)
    })

    it("selects the code where there is no clipboard", async () => {
      const insecure = await browser().openInsecure(source)

      await insecure.page.locator("[data-copy]").first().click()

      const label = () => insecure.page.locator("[data-copy]").first().innerText()
      await expect.poll(label).toBe("Selected: copy with the keyboard")
      expect(await insecure.page.evaluate<string>("getSelection().toString()")).toBe(entries[0]!.fix)
      await closePage(insecure)
    })
  })

  describe("the timeline", () => {
    const hours = new Map<string, number>()
    for (const [hour, events] of entries.flatMap((finding) => finding.hours))
      hours.set(hour, (hours.get(hour) ?? 0) + events)
    const readout = () => opened.page.locator("[data-readout]").innerText()
    const said = (hour: string, until: string) =>
      `2026-11-20 ${hour}–${until} UTC: ${hours.get(`2026-11-20T${hour}:00.000Z`)} events`

    it("says the exact value of the bar under the pointer, and the peak at rest", async () => {
      const atRest = await readout()

      await opened.page.locator(".slot").nth(9).hover()
      const hovered = await readout()
      await opened.page.mouse.move(0, 0)

      expect(atRest).toMatch(/^Most in one hour: \d+ events, /)
      expect(hovered).toBe(said("09:00", "10:00"))
      expect(await readout()).toBe(atRest)
    })

    it("steps through the bars by the arrow keys, and stays at the ends", async () => {
      await opened.page.locator("[data-chart]").focus()
      const seen: string[] = []
      for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "End", "Home"]) {
        await opened.page.keyboard.press(key)
        seen.push(await readout())
      }

      const [first, second] = [said("00:00", "01:00"), said("01:00", "02:00")]
      const last = `2026-11-23 23:00–2026-11-24 00:00 UTC: ${hours.get("2026-11-23T23:00:00.000Z")} events`
      expect(seen).toEqual([first, second, first, first, last.replace("2026-11-24 ", ""), first])
    })

    it("has a title and a description for those who do not see it", async () => {
      const chart = opened.page.getByRole("img", {
        name: /^Events per hour \d[\d,]* events from 2026-11-20 00:00–01:00 UTC to 2026-11-23 23:00–00:00 UTC/,
      })

      expect(await chart.count()).toBe(1)
    })

    it("is missing where no event has a time, and says how many are not in it", async () => {
      const without = renderPage(ledger([entry({ hours: [] })]), now)
      const partly = renderPage(
        ledger([
          entry({
            hours: [
              ["never", 3],
              ["2026-11-22T10:00:00.000Z", 1],
            ],
          }),
        ]),
        now,
      )

      expect(without).not.toContain('<h2 id="timeline-heading"')
      expect(partly).toContain("3 events without a readable time: not in this chart.")
    })
  })
}

const sortKeys: Readonly<Record<string, (finding: LedgerEntry) => string | number | undefined>> = {
  relation: (finding) =>
    [
      finding.relation === null ? finding.owner : `${finding.owner}.${finding.relation}`,
      finding.child,
      finding.column,
      finding.orm,
    ].join(" "),
  what: (finding) => finding.what,
  place: ({ place }) => (place === undefined ? undefined : `${place.file}:${place.line} ${place.function ?? ""}`),
  events: (finding) => finding.events,
  rows: (finding) => finding.dropped,
  first: (finding) => Date.parse(finding.firstSeen),
  last: (finding) => Date.parse(finding.lastSeen),
  releases: (finding) => finding.releases.join(" "),
  routes: (finding) => (finding.routes.length === 0 ? undefined : finding.routes.join(" ")),
  fingerprint: (finding) => finding.fingerprint,
}

/** The fingerprints in the order that a user expects; equal ones stay in the order of the ledger. */
function sorted(entries: readonly LedgerEntry[], key: string, direction: 1 | -1): string[] {
  const keyOf = sortKeys[key]!
  const known = entries.filter((finding) => keyOf(finding) !== undefined)
  const compare = (a: string | number, b: string | number): number =>
    typeof a === "number" ? a - Number(b) : a.localeCompare(String(b), "en", { numeric: true })
  const ordered = known.toSorted((a, b) => direction * compare(keyOf(a)!, keyOf(b)!))
  return [...ordered, ...entries.filter((finding) => !known.includes(finding))].map((finding) => finding.fingerprint)
}
