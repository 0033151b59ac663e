import { describe, expect, it } from "vitest"
import { renderPage } from "../../../src/cli/page/render-page.ts"
import { closePage, type OpenPage, type PageBrowser } from "./page-browser.ts"
import { order } from "./page-dom.ts"
import { entry, ledger, manyFindings, weekOfFindings } from "./page-ledger.ts"

const now = new Date("2026-11-24T14:03:00Z")

/** What the page says, and that it needs nothing but itself. */
export function describeContent(browser: () => PageBrowser): void {
  async function textOf(source: string): Promise<string> {
    const opened = await browser().open(source)
    const text = await opened.page.locator("main").innerText()
    await closePage(opened)
    return text.replaceAll(/\s+/g, " ")
  }

  describe("a page with findings", () => {
    it("opens without an error, breaks no rule of its own policy, and asks for nothing but itself", async () => {
      const opened = await browser().open(renderPage(ledger(weekOfFindings()), now))

      await opened.page.locator("th button").first().click()

      expect(opened.problems).toEqual([])
      expect(opened.requests).toHaveLength(1)
      await closePage(opened)
    })

    it("has a policy that the browser enforces: an added script and an added style do nothing", async () => {
      const source = renderPage(ledger([entry()]), now)
      const opened = await browser().open(
        source.replace("<main>", `<script>document.title = "added"</script><main style="display: none">`),
      )

      expect(await opened.page.title()).toBe("Tenant leaks")
      expect(await opened.page.locator("main").isVisible()).toBe(true)
      expect(opened.problems).toHaveLength(2)
      await closePage(opened)
    })

    it("says the totals, the period, and what was read", async () => {
      const entries = [
        entry({ events: 1200, rows: 30_000, dropped: 30_000 }),
        entry({
          what: "kept",
          relation: "notes",
          events: 34,
          rows: 1402,
          dropped: 0,
          firstSeen: "2026-11-20T08:14:59.000Z",
        }),
        entry({ what: "kept", events: 1, rows: 5, dropped: 0, lastSeen: "2026-11-24T13:55:00.000Z" }),
      ]

      const text = await textOf(renderPage(ledger(entries), now))

      expect(text).toContain("2026-11-20 08:14 to 2026-11-24 13:55 UTC, written 2026-11-24 14:03 UTC")
      expect(text).toContain("Findings 3 in 2 relations Events 1,235 loads")
      expect(text).toContain("Rows fetched in vain 30,000 read,")
      expect(text).toContain("Rows left in place 1,407 reported,")
      expect(text).toContain("Read: 3 files, 57.2 MB, 400,000 lines, 812 records.")
    })

    it("says why row security did not hold", async () => {
      const explanation = "shop owns public.address."
      const failed = entry({ what: "rls-not-held", rows: 0, dropped: 0, cause: "no-force", explanation })

      const text = await textOf(renderPage(ledger([failed]), now))

      expect(text).toContain("the database returned rows of another tenant all the same")
      expect(text).toContain("no-force: shop owns public.address.")
    })

    it("says what the totals lack: unreadable lines and what was not told apart", async () => {
      const lacking = ledger([entry()], {
        input: { unreadable: 1 },
        overflow: { events: 1240, rows: 9300, dropped: 8000 },
      })

      const text = await textOf(renderPage(lacking, now))

      expect(text).toContain("1 line names a leak and could not be read")
      expect(text).toContain("On top of these numbers, 1,240 events with 9,300 rows (8,000 fetched in vain)")
    })

    it("warns of nothing when nothing is missing", async () => {
      expect(renderPage(ledger([entry()]), now)).not.toContain('class="warning"')
    })

    it("adds up the rows of a relation over its findings, largest first", async () => {
      const entries = [
        entry({ rows: 40, dropped: 40 }),
        entry({ relation: "notes", rows: 100, dropped: 70 }),
        entry({ what: "kept", rows: 7, dropped: 0 }),
      ]
      const opened = await browser().open(renderPage(ledger(entries), now))

      const bars = await opened.page.locator(".bars li").allInnerTexts()

      expect(bars.map((bar) => bar.replaceAll(/\s+/g, " ").trim())).toEqual([
        "Customer.notes 70 + 30 left in place",
        "Customer.addresses 40 + 7 left in place",
      ])
      await closePage(opened)
    })

    it("says how much is in the relations that have no bar", async () => {
      const entries = Array.from({ length: 13 }, (_, index) => entry({ relation: `r${index}`, rows: 5, dropped: 5 }))

      expect(await textOf(renderPage(ledger(entries), now))).toContain("3 more relations with 15 rows: in the table.")
    })

    it("is complete without its script: every finding and fix in the order of the ledger, no dead tools", async () => {
      const entries = weekOfFindings()
      const opened = await browser().open(renderPage(ledger(entries), now), { javaScriptEnabled: false })

      expect(await order(opened.page)).toEqual(entries.map((finding) => finding.fingerprint))
      expect(await visibleCount(opened, "[data-finding]")).toBe(entries.length)
      expect(await visibleCount(opened, "code")).toBe(entries.filter((finding) => finding.fix !== undefined).length)
      expect(await visibleCount(opened, "button, input")).toBe(0)
      await closePage(opened)
    })

    it("shows a thousand findings, all of them, in the order of the ledger", async () => {
      const entries = manyFindings(1000)
      const opened = await browser().open(renderPage(ledger(entries), now))

      expect(await order(opened.page)).toEqual(entries.map((finding) => finding.fingerprint))
      await closePage(opened)
    })
  })

  describe("a page without findings", () => {
    const counts = { overflow: { events: 0, rows: 0, dropped: 0 } }

    it.each([
      ["and no more than that", {}, "None in what was read. Code that did not run in this time"],
      [
        "but that nothing was read",
        { input: { files: 1, bytes: 0, lines: 0, records: 0 } },
        "Nothing was read, so nothing is known.",
      ],
      ["but that lines could not be read", { input: { unreadable: 2 } }, "This is no clean bill."],
      ["but that events were counted", { overflow: { events: 3, rows: 3, dropped: 3 } }, "yet events were counted"],
    ])("says 0 leaks, %s", async (_, change, verdict) => {
      const source = renderPage(ledger([], { ...counts, ...change }), now)

      const text = await textOf(source)

      expect(text).toContain("0 leaks")
      expect(text).toContain(verdict)
      expect(text).toMatch(/Read: \d files?, /)
    })

    it("opens without an error", async () => {
      const opened = await browser().open(renderPage(ledger([]), now))

      expect(opened.problems).toEqual([])
      await closePage(opened)
    })
  })
}

async function visibleCount({ page }: OpenPage, selector: string): Promise<number> {
  const visible = await Promise.all((await page.locator(selector).all()).map((element) => element.isVisible()))
  return visible.filter(Boolean).length
}
