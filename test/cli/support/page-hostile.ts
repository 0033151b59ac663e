import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { LedgerEntry } from "../../../src/cli/ledger.ts"
import { renderPage } from "../../../src/cli/page/render-page.ts"
import { closePage, type PageBrowser } from "./page-browser.ts"
import { shownFindings, skeleton, type ShownFinding } from "./page-dom.ts"
import { entry, ledger } from "./page-ledger.ts"
import { spelledOut } from "./page-unseen.ts"

const now = new Date("2026-11-24T14:03:00Z")
const seed = Number(process.env["TENANT_FAILSAFE_SEED"] ?? Math.trunc(Math.random() * 2 ** 31))
console.log(`page.test.ts: TENANT_FAILSAFE_SEED=${seed}`)

/** What a log may hold when somebody else writes into it: no string of the ledger is more than text. */
export function describeHostileValues(browser: () => PageBrowser): void {
  describe("hostile values", () => {
    it.each(payloads)("in every field are text, and change nothing else: %j", async (payload) => {
      const tame = await browser().open(renderPage(ledger(filledWith(() => "tame")), now))
      const hostile = await browser().open(renderPage(ledger(filledWith((field) => `${payload}${field}`)), now))
      // Whatever would run when it is used is used.
      await hostile.page.locator(".bars a").first().click()
      await hostile.page.locator(".chip").first().click()

      expect(await hostile.page.evaluate("window.pwned")).toBeUndefined()
      expect(await skeleton(hostile.page)).toEqual(await skeleton(tame.page))
      expect(hostile.problems).toEqual([])
      expect(hostile.requests).toHaveLength(1)
      await closePage(tame)
      await closePage(hostile)
    })

    it("would run if they were not escaped", async () => {
      const opened = await browser().open(unescaped().replace(/<meta http-equiv[^>]*>/, ""))

      await expect.poll(() => opened.page.evaluate("window.pwned")).toBe(1)
      await closePage(opened)
    })

    it("would not run even then, because the page's policy forbids it", async () => {
      const opened = await browser().open(unescaped())

      expect(opened.problems).toContainEqual(expect.stringContaining("Content Security Policy"))
      expect(await opened.page.evaluate("window.pwned")).toBeUndefined()
      await closePage(opened)
    })

    it("of any kind are shown exactly as they are, with what has no ink spelt out", { timeout: 120_000 }, async () => {
      const everyLedger = fc.asyncProperty(fc.array(anyEntry, { minLength: 1, maxLength: 6 }), async (entries) => {
        const opened = await browser().open(renderPage(ledger(entries), now))
        const shown = await shownFindings(opened.page)
        await closePage(opened)
        expect(opened.problems).toEqual([])
        expect(shown).toEqual(entries.map(expected))
      })

      await expect(fc.assert(everyLedger, { seed, numRuns: 60 })).resolves.toBeUndefined()
    })
  })
}

const payloads = [
  "<script>window.pwned = 1</script>",
  "</script><script>window.pwned = 1</script>",
  '"><img src=x onerror="window.pwned = 1">',
  "'><svg onload='window.pwned = 1'>",
  "</title></style></bdi></code></pre></td></tr></tbody></table></main><img src=x onerror=window.pwned=1>",
  '" autofocus tabindex=0 onfocus="window.pwned = 1" onmouseover="window.pwned = 1',
  "<style>* { display: none }</style>",
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<base href="https://evil.example/">',
  '<a href="javascript:window.pwned = 1">',
  "javascript:window.pwned=1//",
  "&lt;img src=x onerror=window.pwned=1&gt;",
  "&#60;script&#62;window.pwned=1&#60;/script&#62;",
  "<!-- <![CDATA[ <plaintext> <template> <textarea>",
  "--><iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
  "<scr\u0000ipt>window.pwned = 1</script>",
  "\u202E>tpircs<\u2066\u2069",
  "\uD800<script>window.pwned = 1</script>",
  "${window.pwned = 1}`;window.pwned=1//",
  '\\");window.pwned=1//',
]

function unescaped(): string {
  return renderPage(ledger(filledWith(() => "token")), now).replaceAll(
    "token",
    '"><img src=x onerror="window.pwned = 1">',
  )
}

/** Two findings whose every string comes from `fill`, also those whose type allows only some. */
function filledWith(fill: (field: string) => string): LedgerEntry[] {
  return [1, 2].map((number) =>
    entry({
      what: fill("what") as LedgerEntry["what"],
      orm: fill("orm") as LedgerEntry["orm"],
      fingerprint: fill(`fingerprint ${number}`),
      owner: fill("owner"),
      relation: fill("relation"),
      child: fill("child"),
      column: fill("column"),
      place: { file: fill("file"), line: number, function: fill("function") },
      fix: fill("fix"),
      cause: fill("cause"),
      explanation: fill("explanation"),
      firstSeen: fill("first"),
      lastSeen: fill("last"),
      releases: Array.from({ length: 5 }, (_, index) => fill(`release ${index}`)),
      routes: Array.from({ length: 5 }, (_, index) => fill(`route ${index}`)),
      hours: [
        [fill("hour"), 3],
        ["2026-11-22T10:00:00.000Z", 3],
      ],
    }),
  )
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 8 }),
  fc.string({
    unit: fc.constantFrom(...Array.from("<>&\"'`=/!-[] \t\n\r\0\u202E\u2069\u200B\uD800\uDC00aB.:;#x")),
    maxLength: 20,
  }),
  fc.constantFrom("__proto__", "constructor", "dropped", "2026-11-22T10:20:30.400Z", ...payloads),
)

const anyEntry: fc.Arbitrary<LedgerEntry> = fc
  .record({
    what: anyText as fc.Arbitrary<LedgerEntry["what"]>,
    orm: anyText as fc.Arbitrary<LedgerEntry["orm"]>,
    fingerprint: anyText,
    owner: anyText,
    relation: fc.option(anyText),
    child: anyText,
    column: anyText,
    place: fc.option(fc.record({ file: anyText, line: fc.nat(), function: fc.option(anyText, { nil: undefined }) }), {
      nil: undefined,
    }),
    fix: fc.option(anyText, { nil: undefined }),
    firstSeen: anyText,
    lastSeen: anyText,
    releases: fc.uniqueArray(anyText, { maxLength: 6 }),
    routes: fc.uniqueArray(anyText, { maxLength: 6 }),
    hours: fc.array(fc.tuple(anyText, fc.nat()), { maxLength: 3 }),
    events: fc.nat(),
    rows: fc.nat(),
    dropped: fc.nat(),
  })
  .map(entry)

function expected(finding: LedgerEntry): ShownFinding {
  const { owner, relation, place, fix } = finding
  return {
    relation: spelledOut(relation === null ? owner : `${owner}.${relation}`),
    child: spelledOut(finding.child),
    column: spelledOut(finding.column),
    orm: spelledOut(finding.orm),
    what: spelledOut(finding.what),
    place:
      place === undefined
        ? []
        : [place.file, ...(place.function === undefined ? [] : [place.function])].map(spelledOut),
    first: shownTime(finding.firstSeen),
    last: shownTime(finding.lastSeen),
    releases: finding.releases.map(spelledOut),
    routes: finding.routes.map(spelledOut),
    fingerprint: spelledOut(finding.fingerprint),
    fix:
      fix === undefined
        ? null
        : fix
            .replaceAll("\r\n", "\n")
            .split(/([\n\t])/)
            .map((part) => (part === "\n" || part === "\t" ? part : spelledOut(part)))
            .join(""),
  }
}

function shownTime(time: string): string {
  return time === "2026-11-22T10:20:30.400Z" ? "2026-11-22 10:20" : spelledOut(time)
}
