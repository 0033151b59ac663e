import { stripVTControlCharacters } from "node:util"
import { writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { LeakRecord } from "../../src/core/leak-report.ts"
import { inFolder } from "./support/folder.ts"
import { fingerprint, overflow, recordOf } from "./support/records.ts"
import { runCommand } from "./support/terminal.ts"

const fix = 'await em.find(Customer, where, {\n  populate: ["addresses"],\n})'
const dropped = recordOf({ fix, route: "/customers/:id", release: "2026.11" })
const later = recordOf({
  kind: "summary",
  events: 1200,
  rows: 31_402,
  dropped: 31_402,
  lastSeen: "2026-11-21T08:00:00.000Z",
})
const { "code.function.name": _, ...atTopLevel } = recordOf({
  what: "root",
  owner: "Invoice",
  relation: null,
  child: "Invoice",
  fingerprint: "v1:f000000000000002",
  rows: 1,
  dropped: 0,
})
const records = [dropped, later, atTopLevel, overflow]

function logOf(...lines: readonly (LeakRecord | string)[]): string {
  return lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")
}

async function report(format: string, log: string, columns = 80, ...args: readonly string[]): Promise<string> {
  const { stdout } = await runCommand(["leaks", "-", "--format", format, ...args], { piped: log, columns })
  return stdout
}

/** A baseline that knows the dropped rows, and a leak that is gone. */
function baseline(): string {
  const path = inFolder()("leaks.json")
  const known = { what: "dropped", place: "src/customers.ts, listCustomers", since: "2026-11-01" }
  const leaks = [
    { ...known, fingerprint: dropped.fingerprint, relation: "Customer.addresses" },
    { ...known, fingerprint: fingerprint(9), relation: "Customer.orders" },
  ]
  writeFileSync(path, JSON.stringify({ v: 1, leaks }))
  return path
}

describe("the table", () => {
  it("has each leak with its counts, its place and its fix, and what is missing", async () => {
    expect(await report("table", logOf(...records, '{"event":"tenant_leak"'))).toBe(
      `Leak                What       Rows  In vain  Loads

Customer.addresses  dropped  31,406   31,406  1,201
  rows of other tenants dropped
  src/customers.ts:12 in listCustomers
  2026-11-20 10:15 to 2026-11-21 08:00
  routes /customers/:id
  releases 2026.11
  v1:09c0da4f603c5b17

    await em.find(Customer, where, {
      populate: ["addresses"],
    })

Invoice             root          1        0      1
  query for rows of other tenants
  src/customers.ts:12
  2026-11-20 10:15 to 2026-11-20 10:15
  v1:f000000000000002

More leaks, not told apart: 7 rows in 3 loads, 6 of them fetched in vain.

2 leaks. Read 4 records in 5 lines of 1 file, 1 unreadable line.
`,
    )
  })

  it("tells new leaks from known ones, and lists those that are gone", async () => {
    expect(await report("table", logOf(dropped, atTopLevel), 60, "--baseline", baseline())).toBe(
      `Leak                What     Rows  In vain  Loads

Customer.addresses  dropped     4        4      1
  rows of other tenants dropped
  src/customers.ts:12 in listCustomers
  2026-11-20 10:15 to 2026-11-20 10:15
  routes /customers/:id
  releases 2026.11
  v1:09c0da4f603c5b17 known

    await em.find(Customer, where, {
      populate: ["addresses"],
    })

Invoice             root        1        0      1
  query for rows of other tenants
  src/customers.ts:12
  2026-11-20 10:15 to 2026-11-20 10:15
  v1:f000000000000002 new

Fixed since:
  Customer.orders  dropped  src/customers.ts, listCustomers
  v1:0000000000000009

2 leaks, 1 of them new. Read 2 records in 2 lines of 1 file.
`,
    )
  })

  it("breaks long and wide names at the width of a terminal, and never a number", async () => {
    const wide = recordOf({ owner: "顧客データベース管理システム", relation: "住所一覧表示項目", rows: 2 ** 53 - 1 })

    expect(await report("table", logOf(wide), 60)).toBe(
      `Leak          What                      Rows  In vain  Loads

顧客データベ  dropped  9,007,199,254,740,991        4      1
ース管理シス
テム.住所一
覧表示項目
  rows of other tenants dropped
  src/customers.ts:12 in listCustomers
  2026-11-20 10:15 to 2026-11-20 10:15
  v1:09c0da4f603c5b17

1 leak. Read 1 record in 1 line of 1 file.
`,
    )
  })

  it("lists five routes and releases, and how many there are besides", async () => {
    const many = Array.from({ length: 7 }, (_, index) => recordOf({ route: `/r${index}`, release: `${index}` }))

    expect(await report("table", logOf(...many))).toContain(
      "  routes /r0, /r1, /r2, /r3, /r4 and 2 more\n  releases 0, 1, 2, 3, 4 and 2 more\n",
    )
  })

  it("says that there are no leaks", async () => {
    expect(await report("table", "nothing\n")).toBe("No leaks. Read 0 records in 1 line of 1 file.\n")
  })

  it("does not say that there are none where none is told apart", async () => {
    expect(await report("table", logOf(overflow))).toBe(
      `More leaks, not told apart: 7 rows in 3 loads, 6 of them fetched in vain.

No leaks beyond those. Read 1 record in 1 line of 1 file.
`,
    )
  })

  it("says the same in colours", async () => {
    const args = ["--baseline", baseline(), "--color"]

    const coloured = await report("table", logOf(...records), 80, ...args)

    expect(coloured).toContain("\u001B[1mCustomer.addresses\u001B[22m")
    expect(stripVTControlCharacters(coloured)).toBe(await report("table", logOf(...records), 80, ...args.slice(0, 2)))
  })
})

describe("colours", () => {
  it.each([
    ["on a terminal", true, {}, [], true],
    ["not where nobody sees them", false, {}, [], false],
    ["not with NO_COLOR", true, { NO_COLOR: "1" }, [], false],
    ["with an empty NO_COLOR", true, { NO_COLOR: "" }, [], true],
    ["not on a terminal that has none", true, { TERM: "dumb" }, [], false],
    ["where they are forced", false, { FORCE_COLOR: "1" }, [], true],
    ["where they are asked for, in spite of NO_COLOR", false, { NO_COLOR: "1" }, ["--color"], true],
    ["not where they are forbidden", true, { FORCE_COLOR: "1" }, ["--no-color"], false],
  ] as const)("are there %s", async (_, isTTY, env, args, expected) => {
    const { stdout } = await runCommand(["leaks", "-", ...args], { piped: logOf(dropped), isTTY, env })

    expect(stdout.includes("\u001B[")).toBe(expected)
  })
})

it("json is the ledger, with what is new and what is gone", async () => {
  expect(JSON.parse(await report("json", logOf(dropped, overflow), 80, "--baseline", baseline()))).toEqual({
    entries: [
      {
        what: "dropped",
        fingerprint: "v1:09c0da4f603c5b17",
        orm: "mikro-orm",
        owner: "Customer",
        relation: "addresses",
        child: "Address",
        column: "merchantId",
        place: { file: "src/customers.ts", line: 12, function: "listCustomers" },
        fix,
        events: 1,
        loaded: 7,
        rows: 4,
        dropped: 4,
        maxDropped: 4,
        firstSeen: "2026-11-20T10:15:00.000Z",
        lastSeen: "2026-11-20T10:15:00.000Z",
        releases: ["2026.11"],
        routes: ["/customers/:id"],
        hours: [["2026-11-20T10:00:00.000Z", 1]],
        isNew: false,
      },
    ],
    overflow: { events: 3, rows: 7, dropped: 6 },
    input: { files: 1, bytes: logOf(dropped, overflow).length, lines: 2, records: 2, unreadable: 0 },
    fixed: [],
  })
})

describe("markdown", () => {
  it("has a table, the fixes, and what was read", async () => {
    expect(await report("markdown", logOf(dropped, atTopLevel), 80, "--baseline", baseline())).toBe(
      `| New? | Relation | What | Rows | In vain | Loads | First seen | Last seen | Place | Routes | Releases | Fingerprint |
| --- | --- | --- | ---: | ---: | ---: | --- | --- | --- | --- | --- | --- |
| known | <code>Customer.addresses</code> | <code>dropped</code> rows of other tenants dropped | 4 | 4 | 1 | 2026-11-20 10:15 | 2026-11-20 10:15 | <code>src/customers.ts&#58;12 in listCustomers</code> | <code>/customers/&#58;id</code> | <code>2026.11</code> | <code>v1&#58;09c0da4f603c5b17</code> |
| new | <code>Invoice</code> | <code>root</code> query for rows of other tenants | 1 | 0 | 1 | 2026-11-20 10:15 | 2026-11-20 10:15 | <code>src/customers.ts&#58;12</code> |  |  | <code>v1&#58;f000000000000002</code> |

<code>Customer.addresses</code> at <code>src/customers.ts&#58;12 in listCustomers</code>:

\`\`\`ts
await em.find(Customer, where, {
  populate: ["addresses"],
})
\`\`\`

Fixed since:

- <code>Customer.orders</code> <code>dropped</code> v1:0000000000000009

**2 leaks, 1 of them new.** Read 2 records in 2 lines of 1 file.
`,
    )
  })

  it("lets no name be markup, end a cell or call somebody", async () => {
    const hostile = recordOf({ owner: "A|B`*_[x](http://e)<img>@team #1 www.e.com \\|", relation: "r" })

    expect((await report("markdown", logOf(hostile))).split("\n")[2]).toBe(
      "| <code>A&#124;B&#96;&#42;&#95;&#91;x&#93;&#40;http&#58;//e&#41;&#60;img&#62;&#64;team &#35;1 www&#46;e.com &#92;&#124;.r</code> " +
        "| <code>dropped</code> rows of other tenants dropped | 4 | 4 | 1 | 2026-11-20 10:15 | 2026-11-20 10:15 " +
        "| <code>src/customers.ts&#58;12 in listCustomers</code> |  |  | <code>v1&#58;09c0da4f603c5b17</code> |",
    )
  })

  it("fences a fix that has a fence in it", async () => {
    expect(await report("markdown", logOf(recordOf({ fix: "a\n````\nb" })))).toContain("\n`````ts\na\n````\nb\n`````\n")
  })
})

describe("GitHub's annotations", () => {
  it("warn of new leaks, and note known ones and those that are gone", async () => {
    expect(await report("github", logOf(dropped, atTopLevel), 80, "--baseline", baseline())).toBe(
      `::notice file=src/customers.ts,line=12,title=Known tenant leak%3A Customer.addresses::rows of other tenants dropped: 4 rows in 1 load, all fetched in vain (dropped, v1:09c0da4f603c5b17)%0A%0Aawait em.find(Customer, where, {%0A  populate: ["addresses"],%0A})
::warning file=src/customers.ts,line=12,title=Tenant leak%3A Invoice::query for rows of other tenants: 1 row in 1 load (root, v1:f000000000000002)
::notice title=Fixed tenant leak%3A Customer.orders::No longer seen (dropped, v1:0000000000000009)
`,
    )
  })

  it("warn of leaks that are not told apart", async () => {
    expect(await report("github", logOf(overflow))).toBe(
      "::warning title=Tenant leaks::More leaks, not told apart: 7 rows in 3 loads, 6 of them fetched in vain.\n",
    )
  })

  it("let no name be a property or a command", async () => {
    const hostile = recordOf({ "code.file.path": "a,line=1::b%0A\n::error::x.ts", owner: "C%,:\r\n::stop-commands::x" })

    expect(await report("github", logOf(hostile))).toBe(
      "::warning file=a%2Cline=1%3A%3Ab%250A\uFFFD%3A%3Aerror%3A%3Ax.ts,line=12,title=Tenant leak%3A C%25%2C%3A\uFFFD\uFFFD%3A%3Astop-commands%3A%3Ax.addresses" +
        "::rows of other tenants dropped: 4 rows in 1 load, all fetched in vain (dropped, v1:09c0da4f603c5b17)\n",
    )
  })
})

describe("whatever a log says", () => {
  const escape = "\u001B]0;x\u0007\u001B[2J\u009B2J\u202E\r\n"
  const hostile = recordOf({
    owner: `o${escape}`,
    relation: `r${escape}`,
    child: `c${escape}`,
    column: `p${escape}`,
    route: `/${escape}`,
    release: `1${escape}`,
    fix: `f${escape}`,
    "code.file.path": `s${escape}`,
    "code.function.name": `n${escape}`,
  })

  it.each(["table", "json", "markdown", "github", "sarif"])(
    "the report as %s has no control characters",
    async (format) => {
      const { stdout, stderr } = await runCommand(["leaks", "-", "-f", format], { piped: logOf(hostile), columns: 80 })

      expect(stdout).toContain("\uFFFD")
      // eslint-disable-next-line no-control-regex
      expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/)
    },
  )
})
