import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { afterEach, describe, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant, withTenants } from "../../../../src/index.ts"
import type { OrmSessionOptions } from "../../../../src/postgres/mikro-orm/index.ts"
import { collectLeaks } from "../../../../src/testing/index.ts"
import type { LeakReport } from "../../../../src/testing/index.ts"
import type { Lab } from "../../support/lab.ts"
import { tableCauses, viewCauses, type Cause } from "./causes.ts"
import { openWorld, other, own, type OpenSession, type Session } from "./world.ts"

/** What each ORM owes where row security is declared active, and does not hold. */
export function rowSecurityNotHeld(open: OpenSession): void {
  const opened: { close(): Promise<unknown> }[] = []

  afterEach(async () => {
    for (const resource of opened.splice(0).toReversed()) await resource.close()
  })

  async function start(
    changes: readonly string[],
    options?: OrmSessionOptions,
    more?: Parameters<OpenSession>[2],
  ): Promise<Session & { readonly lab: Lab }> {
    const lab = await openWorld(changes)
    opened.push(lab)
    const session = await open(lab.appUrl!, options, more)
    opened.push(session)
    return { ...session, lab }
  }

  const off = ["alter table address disable row level security"]
  const inOwn = <R>(run: () => Promise<R>) => collectLeaks(() => withTenant(own, run))

  describe("a foreign row that reaches the ORM", () => {
    it.each(tableCauses)("is an error with its cause: $cause, after $changes", async ({ changes, ...expected }) => {
      const { streets } = await start(changes)

      const { result, leaks } = await inOwn(streets)

      expect(result).toEqual(["own", "shared"])
      expect(leaks.map(({ what }) => what)).toEqual(["dropped", "rls-not-held"])
      expectCause(leaks[1]!, expected)
    })

    it.each(viewCauses)(
      "is an error with its cause in a view: $cause, after $changes",
      async ({ changes, ...expected }) => {
        const { throughView } = await start(changes)

        const { leaks } = await inOwn(throughView)

        expect(leaks.map(({ what }) => what)).toEqual(["root", "rls-not-held"])
        expectCause(leaks[1]!, expected)
      },
    )

    it("is an error that has the place of the detection, and no rows", async () => {
      const { streets, lab } = await start(off)

      const { leaks } = await inOwn(streets)

      const [dropped, notHeld] = leaks as [LeakReport, LeakReport]
      const { strategy: _strategy, fix: _fix, ...place } = dropped
      expect(notHeld).toEqual({
        ...place,
        what: "rls-not-held",
        loaded: 0,
        rows: 0,
        dropped: 0,
        maxDropped: 0,
        severity: "error",
        cause: "rls-disabled",
        explanation:
          "Row security is off on public.address: whoever may read it reads the rows of every tenant, and policies do not hold.",
        fix: 'alter table "public"."address" enable row level security;\nalter table "public"."address" force row level security;',
      })
      expect(Object.isFrozen(notHeld)).toBe(true)
      expect(told(notHeld)).not.toMatch(new RegExp(`${own}|${other}|${lab.role}|9[123]|shared`))
    })

    it("is mended by what the record suggests", async () => {
      const { streets, lab } = await start(off)
      const { leaks } = await inOwn(streets)
      await lab.admin.query(leaks[1]!.fix!)

      const { result, leaks: after } = await inOwn(streets)

      expect([result, after]).toEqual([["own", "shared"], []])
    })

    it("is told once for each entity, and each time as a leak", async () => {
      const { streets, roots, throughView } = await start(off)

      const { leaks } = await inOwn(async () => [await streets(), await streets(), await roots(), await throughView()])

      expect(leaks.filter(({ what }) => what !== "rls-not-held").map(({ what }) => what)).toEqual([
        "dropped",
        "dropped",
        "root",
        "root",
      ])
      const notHeld = leaks.filter(({ what }) => what === "rls-not-held")
      expect(notHeld.map(({ owner, relation, child }) => `${owner}.${relation} ${child}`).toSorted()).toEqual([
        "Customer.addresses Address",
        "EveryAddress.null EveryAddress",
      ])
    })

    it("is told once by 50 loads at a time", async () => {
      const { streets } = await start(off)

      const { leaks } = await inOwn(() => Promise.all(Array.from({ length: 50 }, streets)))

      expect(leaks.filter(({ what }) => what === "rls-not-held").length).toBe(1)
      expect(leaks.length).toBe(51)
    })

    it.each([
      ["kept", "report"],
      ["dropped", "throw"],
    ] as const)("is told where it is %s, with onLeak: '%s'", async (what, onLeak) => {
      const { streets } = await start(off, {}, { onLeak })

      const { leaks } = await inOwn(() => streets().catch(() => []))

      expect(leaks.map((leak) => leak.what)).toEqual([what, "rls-not-held"])
    })

    it("is told to whoever takes the records, after the load", async () => {
      const { streets } = await start(off)
      const seen: string[] = []
      const arrived = Promise.withResolvers<void>()
      const listen = (record: unknown) => {
        const { what } = record as LeakReport
        seen.push(what)
        if (what === "rls-not-held") arrived.resolve()
      }
      subscribe("tenant-failsafe:leak", listen)

      await inOwn(async () => {
        await streets()
        seen.push("loaded")
      })
      await arrived.promise
      unsubscribe("tenant-failsafe:leak", listen)

      expect(seen).toEqual(["dropped", "loaded", "rls-not-held"])
    })

    it("is told where policies hide the row that tells its tenant, which nobody knows then", async () => {
      const { notes } = await start([])

      const { result, leaks } = await inOwn(notes)

      expect(result).toEqual([81, 82, 83, 84])
      expect(leaks.map(({ what, child, rows }) => [what, child, rows])).toEqual([
        ["unknown", "Note", 1],
        ["rls-not-held", "Note", 0],
      ])
      expectCause(leaks[1]!, {
        cause: "no-policy",
        explanation: /^public\.note has no policy, and row security is off: /,
        mend: 'create policy "tenant_failsafe" on "public"."note"',
      })
    })

    it("is told about a set of tenants, when it belongs to none of them", async () => {
      const { streets } = await start(off)

      const { leaks } = await collectLeaks(() => withTenants([own, 1], "a report of the holding", streets))

      expect(leaks.map(({ what, cause }) => [what, cause])).toEqual([
        ["dropped", undefined],
        ["rls-not-held", "rls-disabled"],
      ])
    })
  })

  describe("the check", () => {
    it("leaves a transaction with the only connection alone, and follows it", async () => {
      const { inTransaction, streets } = await start(off, {}, { connections: 1 })

      const { result, leaks } = await inOwn(() => inTransaction(async () => [await streets(), await streets()]))

      expect(result).toEqual([
        ["own", "shared"],
        ["own", "shared"],
      ])
      expect(leaks.map(({ what, cause }) => [what, cause])).toEqual([
        ["dropped", undefined],
        ["dropped", undefined],
        ["rls-not-held", "rls-disabled"],
      ])
    })

    it("is made known although the pool was closed at once", async () => {
      const { streets, close } = await start(off, {}, { connections: 1 })

      const { leaks } = await inOwn(async () => {
        await streets()
        await close()
      })

      expect(leaks.map(({ what, severity }) => [what, severity])).toEqual([
        ["dropped", undefined],
        ["rls-not-held", "error"],
      ])
    })

    it("finds a session whose tenant is not the scope's", async () => {
      const session = { functions: { setting: "shop.tenant_id", setsSetting: "shop.tenant_ids" } }
      const { roots } = await start([`alter role :app set app.tenant_id = '${other}'`], session)

      const { leaks } = await inOwn(roots)

      expect(leaks.map(({ what }) => what)).toEqual(["root", "rls-not-held"])
      expectCause(leaks[1]!, {
        cause: "session-other-tenant",
        explanation: /^app\.tenant\(\) returns another tenant than the scope's\. Give withTenantSession the settings /,
        mend: undefined,
      })
    })

    it("finds a session without a tenant", async () => {
      const session = { functions: { setting: "shop.tenant_id", setsSetting: "shop.tenant_ids" } }
      const { roots } = await start(
        [
          "create function seen(merchant integer) returns boolean language sql stable " +
            "return coalesce(merchant = app.tenant()::integer, true)",
          "create policy seen on address for select using (seen(merchant_id))",
        ],
        session,
      )

      const { leaks } = await inOwn(roots)

      expect(leaks.map(({ what }) => what)).toEqual(["root", "rls-not-held"])
      expectCause(leaks[1]!, {
        cause: "session-not-set",
        explanation: /^app\.tenant\(\) returns no tenant to this session\. /,
        mend: undefined,
      })
    })

    it("finds that row security holds, where SQL of the application's own changed the tenant", async () => {
      const { after } = await start([])

      const { leaks } = await inOwn(() => after(`select set_config('app.tenant_id', '${other}', true)`))

      expect(leaks.map(({ what }) => what)).toEqual(["root", "rls-not-held"])
      expectCause(leaks[1]!, {
        cause: "stale",
        explanation: /^Row security holds on public\.address by now: /,
        mend: undefined,
      })
    })
  })

  describe("nothing is told", () => {
    const sets = [
      "drop policy tenant_failsafe_read on address",
      "create policy tenant_failsafe_read on address for select " +
        "using (merchant_id = any ((select app.tenants()::int[])::int[]) or merchant_id is null)",
    ]

    it.each<[string, (session: Session) => Promise<unknown>, readonly string[]]>([
      ["where row security holds", ({ streets }) => withTenant(own, streets), ["own", "shared"]],
      [
        "of rows of a set's tenants",
        ({ streets }) => withTenants([own, other], "a report", streets),
        ["other", "own", "shared"],
      ],
      ["in withoutTenant", ({ roots }) => withoutTenant("an export", roots), ["shared"]],
      [
        "where the scope was switched",
        ({ streets }) => withTenant(own, () => switchTenant(other, "support", streets)),
        ["other", "shared"],
      ],
      ["through a view that holds", ({ throughView }) => withTenant(own, throughView), ["own", "shared"]],
    ])("%s", async (_, read, expected) => {
      const session = await start(sets, { rowSecurity: { sets: true } })

      const { result, leaks } = await collectLeaks(() => read(session))

      expect([result, leaks]).toEqual([expected, []])
    })

    it("in withoutTenant where it does not hold", async () => {
      const { streets } = await start(off)

      const { result, leaks } = await collectLeaks(() => withoutTenant("an export", streets))

      expect([result, leaks]).toEqual([["other", "own", "shared"], []])
    })

    it("of shared rows", async () => {
      const { streets } = await start([...off, "delete from note", `delete from address where merchant_id = ${other}`])

      const { result, leaks } = await inOwn(streets)

      expect([result, leaks]).toEqual([["own", "shared"], []])
    })

    it.each<[string, OrmSessionOptions]>([
      ["that row security is not there", { rowSecurity: "none" }],
      ["that it is off on the table", { rowSecurity: { entities: { Address: { security: "disable" } } } }],
    ])("where the options say %s", async (_, options) => {
      const { streets } = await start(off, options)

      const { leaks } = await inOwn(streets)

      expect(leaks.map(({ what }) => what)).toEqual(["dropped"])
    })
  })

  it("refuses options of row security that there are not, at once", async () => {
    await expect(open("postgres://localhost/none", { rowSecurity: { forms: "exists" } as object })).rejects.toThrow(
      "'forms' is no option of rowSecurity. Did you mean 'form'?",
    )
  })
}

function expectCause(report: LeakReport, { cause, explanation, mend }: Omit<Cause, "changes">): void {
  expect([report.severity, report.cause]).toEqual(["error", cause])
  expect(report.explanation).toMatch(explanation)
  expect(report.fix ?? "nothing is suggested").toContain(mend ?? "nothing is suggested")
  // Not the tenants, nor what a condition compares with.
  expect(told(report)).not.toMatch(new RegExp(`${own}|${other}`))
}

/** Without times and fingerprints, whose digits are any. */
function told({ cause, explanation, fix }: LeakReport): string {
  return JSON.stringify([cause, explanation, fix])
}
