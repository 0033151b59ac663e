import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { auditCodes } from "../../../src/postgres/audit/codes.ts"
import type { Lab } from "../support/lab.ts"
import { faultsOfPolicies } from "./support/faults-of-policies.ts"
import { faultsOfRolesAndViews } from "./support/faults-of-roles-and-views.ts"
import { faultsOfTables } from "./support/faults-of-tables.ts"
import { brief, openShop, seeded } from "./support/shop.ts"

const faults = [...faultsOfPolicies, ...faultsOfTables, ...faultsOfRolesAndViews]

it("has a fault for each code", () => {
  expect(new Set(faults.map(({ found }) => found.code))).toEqual(new Set(Object.keys(auditCodes)))
})

describe.each(["postgresql", "pglite"] as const)("on %s", (kind) => {
  let lab: Lab

  beforeAll(async () => {
    lab = await openShop(kind)
  })

  afterAll(() => lab.close())

  it("finds nothing where everything is as it should be", async () => {
    const report = await seeded(lab, [], ({ audit }) => audit())

    expect(report).toEqual({ role: lab.role, tables: 6, findings: [], unseen: [] })
  })

  const shows = [
    "role-superuser",
    "role-bypassrls",
    "rls-disabled",
    "policy-always-true",
    "view-not-invoker",
    "matview",
    "partition-no-rls",
  ]

  // What makes it an error, and what the claim below is worth.
  it.each(
    faults.filter(
      ({ found: { code, severity } }) => shows.includes(code) || (code === "no-force" && severity === "error"),
    ),
  )("$found.code shows foreign rows: $name", async ({ statements }) => {
    expect(await seeded(lab, statements, ({ foreignRows }) => foreignRows())).not.toEqual([])
  })

  it.each([
    ["check-always-true", "insert into school values (9, 2)"],
    ["insert-no-check", "insert into notice values (9, null)"],
  ])("%s lets rows be written that are not the tenant's own: %s", async (code, statement) => {
    const { statements } = faults.find(({ found }) => found.code === code)!

    await seeded(lab, statements, ({ asMerchant }) => asMerchant(statement))
    const refused = seeded(lab, [], ({ asMerchant }) => asMerchant(statement))

    await expect(refused).rejects.toMatchObject({ code: "42501" })
  })

  describe.each(faults)("$found.code: $name", ({ statements, found }) => {
    it("is found, and nothing else", async () => {
      expect(brief(await seeded(lab, statements, ({ audit }) => audit()))).toEqual([found])
    })

    it("is gone after its mend, which leaves nothing else behind", async () => {
      const left = await seeded(lab, statements, async ({ audit, run }) => {
        for (const { mend } of (await audit()).findings) await run(mend)
        return audit()
      })

      expect(brief(left)).toEqual([])
    })

    it("lets nobody see a foreign row after its mend", async () => {
      const seen = await seeded(lab, statements, async ({ audit, run, foreignRows }) => {
        for (const { mend } of (await audit()).findings) await run(mend)
        return foreignRows()
      })

      expect(seen).toEqual([])
    })
  })
})
