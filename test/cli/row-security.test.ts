import { describe, expect, it } from "vitest"
import { rowSecurityReport, type LeakReport } from "../../src/core/leak-report.ts"
import { recordOf } from "./support/records.ts"
import { runCommand } from "./support/terminal.ts"

const dropped = recordOf()
const notHeld = rowSecurityReport(dropped, {
  cause: "no-force",
  explanation: "shop owns public.address, and row security does not hold for owners.",
  mend: 'alter table "public"."address" force row level security;',
})

async function report(
  format: string,
  records: readonly object[] = [notHeld],
  ...more: readonly string[]
): Promise<string> {
  const piped = records.map((record) => JSON.stringify(record)).join("\n")
  const { stdout } = await runCommand(["leaks", "-", "--format", format, ...more], { piped, columns: 80 })
  return stdout
}

async function entryOf(record: object): Promise<Record<string, unknown>> {
  const { entries } = JSON.parse(await report("json", [record])) as { readonly entries: Record<string, unknown>[] }
  return entries[0]!
}

describe("a record that row security did not hold", () => {
  it("is a finding beside the leak that showed it", async () => {
    const { entries } = JSON.parse(await report("json", [dropped, notHeld])) as { readonly entries: LeakReport[] }

    expect(entries.map(({ what, fingerprint, dropped: rows }) => [what, fingerprint, rows])).toEqual([
      ["dropped", dropped.fingerprint, 4],
      ["rls-not-held", dropped.fingerprint, 0],
    ])
  })

  it("stands in the table with its cause, and the SQL that mends it", async () => {
    expect(await report("table")).toBe(`Leak                What          Rows  In vain  Loads

Customer.addresses  rls-not-held     0        0      1
  row security did not hold
  no-force: shop owns public.address, and row security does not hold for owners.
  src/customers.ts:12 in listCustomers
  2026-11-20 10:15 to 2026-11-20 10:15
  v1:09c0da4f603c5b17

    alter table "public"."address" force row level security;

1 leak. Read 1 record in 1 line of 1 file.
`)
  })

  it("is an error for code scanning, and for GitHub", async () => {
    const sarif = JSON.parse(await report("sarif")) as { readonly runs: { readonly results: object[] }[] }
    expect(sarif.runs[0]!.results).toMatchObject([
      {
        ruleId: "tenant-leak/rls-not-held",
        level: "error",
        message: {
          text:
            "Customer.addresses at src/customers.ts:12 in listCustomers: row security did not hold, 1 load.\n\n" +
            "no-force: shop owns public.address, and row security does not hold for owners.\n\n" +
            'alter table "public"."address" force row level security;',
        },
      },
    ])
    expect(await report("github")).toMatch(
      /^::error file=src\/customers\.ts,line=12,title=Tenant leak%3A Customer\.addresses::row security/,
    )
  })

  it("has its cause and its SQL in Markdown, where nothing of it is markup", async () => {
    const markdown = await report("markdown", [{ ...notHeld, explanation: "`x` | <b>@you</b>" }])
    expect(markdown).toContain(
      "row security did not hold<br><code>no-force&#58; &#96;x&#96; &#124; &#60;b&#62;&#64;you&#60;/b&#62;</code> |",
    )
    expect(markdown).toContain('```sql\nalter table "public"."address" force row level security;\n```')
  })

  it("is chosen by --what", async () => {
    const { entries } = JSON.parse(await report("json", [dropped, notHeld], "--what", "rls-not-held")) as {
      readonly entries: LeakReport[]
    }
    expect(entries.map(({ what }) => what)).toEqual(["rls-not-held"])
  })

  it("is read without its cause where that is missing or no text, and cleaned of what a terminal would obey", async () => {
    const { cause: _cause, explanation: _explanation, ...bare } = notHeld
    expect(await entryOf(bare)).not.toHaveProperty("cause")
    expect(await entryOf({ ...notHeld, cause: 7, explanation: {} })).not.toHaveProperty("explanation")
    expect((await entryOf({ ...notHeld, explanation: "a\u0007b\nc" }))["explanation"]).toBe("a\uFFFDb\uFFFDc")
  })

  it("gives no other kind of record a cause", async () => {
    expect(await entryOf({ ...dropped, cause: "no-force", explanation: "of the logger's" })).not.toHaveProperty("cause")
  })
})
