import { describe, expect, it } from "vitest"
import { TenantFailsafeError } from "../../src/core/errors.ts"
import type { LeakKind, LeakReport } from "../../src/core/leak-report.ts"
import { RowSecurityWatch, type Diagnose } from "../../src/core/row-security-watch.ts"
import { currentContext, currentScope, withoutTenant, withTenant, withTenants } from "../../src/core/scope.ts"
import type { RowSecurityDiagnosis } from "../../src/core/row-security.ts"
import { reportOf } from "../sinks/support/report.ts"

const diagnosis: RowSecurityDiagnosis = { cause: "no-force", explanation: "shop owns it.", mend: "alter table;" }

/** The records that a watch publishes about these detections. */
async function told(
  run: (see: (report: LeakReport) => void) => unknown,
  diagnose: Diagnose = async () => diagnosis,
  limit?: number,
): Promise<LeakReport[]> {
  const records: LeakReport[] = []
  const open: Promise<void>[] = []
  const observer = Object.assign((report: LeakReport) => void records.push(report), {
    expect: (record: Promise<void>) => void open.push(record),
  })
  const watch = new RowSecurityWatch(diagnose, limit)
  await run((report) => watch.saw(report, [observer]))
  await Promise.all(open)
  return records
}

const inTenant = (report: LeakReport) => (see: (report: LeakReport) => void) => withTenant(1, () => see(report))

describe("RowSecurityWatch", () => {
  it.each<[LeakKind, number]>([
    ["dropped", 1],
    ["kept", 1],
    ["reference", 1],
    ["root", 1],
    ["unknown", 1],
    ["write", 0],
    ["no-tenant", 0],
    ["unloaded-write", 0],
    ["rls-not-held", 0],
  ])("makes of a detection '%s' this many records: %i", async (what, count) => {
    expect((await told(inTenant(reportOf({ what })))).length).toBe(count)
  })

  it("tells what the database says, at the place of the detection, without its rows", async () => {
    const report = reportOf()

    const records = await told(inTenant(report))

    expect(records).toEqual([
      {
        ...report,
        what: "rls-not-held",
        loaded: 0,
        rows: 0,
        dropped: 0,
        maxDropped: 0,
        severity: "error",
        cause: "no-force",
        explanation: "shop owns it.",
        fix: "alter table;",
      },
    ])
  })

  it("says nothing where row security is not meant to hold", async () => {
    expect(await told(inTenant(reportOf()), async () => undefined)).toEqual([])
  })

  it("asks in the scope of the detection, and in no load", async () => {
    const seen: unknown[] = []
    await told(
      (see) => withTenants([1, 2], "a report", () => see(reportOf())),
      async (entity, context) => {
        seen.push(entity, context.owned, currentScope(), currentContext()?.load)
        return diagnosis
      },
    )
    expect(seen).toEqual([
      "Address",
      new Set(["1", "2"]),
      { kind: "tenants", tenants: [1, 2], reason: "a report" },
      undefined,
    ])
  })

  it("asks once for each entity, whatever leaks and wherever", async () => {
    const asked: string[] = []
    await told(
      (see) => {
        withTenant(1, () => see(reportOf()))
        withTenant(2, () => see(reportOf({ what: "root", relation: null, owner: "Address" })))
        withTenant(1, () => see(reportOf({ child: "Note" })))
      },
      async (entity) => {
        asked.push(entity)
        return diagnosis
      },
    )
    expect(asked).toEqual(["Address", "Note"])
  })

  it("does not ask before the load went on", async () => {
    const order: string[] = []
    await told(
      async (see) => {
        withTenant(1, () => see(reportOf()))
        order.push("seen")
        await Promise.resolve()
        order.push("loaded")
      },
      async () => {
        order.push("asked")
        return diagnosis
      },
    )
    expect(order).toEqual(["seen", "loaded", "asked"])
  })

  it("says nothing outside any scope and in withoutTenant", async () => {
    const records = await told((see) => {
      see(reportOf())
      withoutTenant("an export", () => see(reportOf()))
    })
    expect(records).toEqual([])
  })

  it.each<[string, Diagnose, string]>([
    [
      "with an error",
      async () => {
        throw Object.assign(new RangeError("row (4711) violates"), { code: "42501" })
      },
      "the check failed with RangeError 42501",
    ],
    [
      "at once",
      () => {
        throw new TenantFailsafeError("OPTION_INVALID", "4711", {})
      },
      "the check failed with TenantFailsafeError OPTION_INVALID",
    ],
    [
      "with what is no code",
      async () => {
        throw Object.assign(new Error("4711"), { code: "tenant 4711" })
      },
      "the check failed with Error",
    ],
    ["with no error", () => Promise.reject("4711"), "the check failed with something that is no error"],
  ])("names no cause where the check fails %s, and nothing of the error but its class", async (_, diagnose, why) => {
    const [record] = await told(inTenant(reportOf()), diagnose)

    expect([record?.cause, record?.explanation]).toEqual([
      "unknown",
      `Why is not known: ${why}. tenant-failsafe audit looks at the same catalog.`,
    ])
  })

  it("names no cause where the check takes too long", async () => {
    const [record] = await told(inTenant(reportOf()), () => new Promise(() => {}), 1)

    expect([record?.cause, record?.explanation]).toEqual([
      "unknown",
      "Why is not known: the database did not answer in 1 ms. tenant-failsafe audit looks at the same catalog.",
    ])
  })

  describe("about rows of unknown tenant", () => {
    const unknown = reportOf({ what: "unknown" })

    it.each<[string, Diagnose]>([
      ["finds nothing", async () => ({ cause: "unknown", explanation: "" })],
      ["finds that row security holds", async () => ({ cause: "stale", explanation: "" })],
      ["fails", () => Promise.reject(new Error("gone"))],
      ["takes too long", () => new Promise(() => {})],
    ])("says nothing where the check %s", async (_, diagnose) => {
      expect(await told(inTenant(unknown), diagnose, 1)).toEqual([])
    })

    it("says nothing that was said of foreign rows, nor keeps that from being said", async () => {
      const records = await told((see) =>
        withTenant(1, () => {
          for (const report of [unknown, reportOf(), unknown, unknown]) see(report)
        }),
      )
      expect(records.map(({ what }) => what)).toEqual(["rls-not-held"])
    })

    it("asks once", async () => {
      let asked = 0
      await told(
        (see) => withTenant(1, () => [see(unknown), see(unknown)]),
        async () => {
          asked++
          return { cause: "unknown", explanation: "" }
        },
      )
      expect(asked).toBe(1)
    })
  })

  it("leaves no listener behind", async () => {
    const before = process.listenerCount("exit")
    await told(inTenant(reportOf()))
    expect(process.listenerCount("exit")).toBe(before)
  })
})
