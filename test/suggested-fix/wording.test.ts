import { describe, expect, it } from "vitest"
import type { LeakKind } from "../../src/core/leak-report.ts"
import { suggestedFix, type FixInput, type TenantPath } from "../../src/core/suggested-fix.ts"

const shared: TenantPath = { steps: [{ name: "merchantId", isNullable: true }], type: "number" }
const owned: TenantPath = { steps: [{ name: "merchantId", isNullable: false }], type: "number" }

function fix(input: Partial<FixInput>): string | undefined {
  const place = { owner: "Customer", relation: "addresses", child: "Address", column: "merchantId" }
  return suggestedFix({ what: "dropped", orm: "mikro-orm", tenant: owned, ...place, ...input })
}

describe("for MikroORM", () => {
  it("confines what is populated", () => {
    expect(fix({ tenant: shared })).toBe(
      `await em.find(Customer, where, {
  populate: ["addresses"],
  populateWhere: { addresses: { $or: [{ merchantId: Number(requireTenant()) }, { merchantId: null }] } },
})`,
    )
  })

  it("confines a collection that is loaded later", () => {
    expect(fix({ call: "collection" })).toBe(
      "await customer.addresses.init({ where: { merchantId: Number(requireTenant()) } })",
    )
  })

  it("joins with a condition where a query builder was used", () => {
    expect(fix({ call: "query builder" })).toBe(
      `await em
  .createQueryBuilder(Customer, "customer")
  .leftJoinAndSelect("customer.addresses", "address", { "address.merchantId": Number(requireTenant()) })
  .where(where)
  .getResultList()`,
    )
  })

  it("populates where a join could not tell the rows of an entity from its owners", () => {
    const steps = [
      { name: "school", isNullable: false, target: { entity: "School", key: "id" } },
      { name: "town", isNullable: false },
    ]
    const friends = { owner: "Pupil", relation: "friends", child: "Pupil", tenant: { steps, type: "number" } } as const
    expect(fix({ ...friends, call: "query builder" })).toBe(fix({ ...friends, call: "find" }))
  })

  it("narrows the query itself where its rows are foreign", () => {
    expect(fix({ what: "root", owner: "Address", relation: null })).toBe(
      "await em.find(Address, { $and: [where, { merchantId: Number(requireTenant()) }] })",
    )
  })

  it("gives a load a tenant, and the condition that it then needs", () => {
    expect(fix({ what: "no-tenant", relation: "notes", child: "Note" })).toBe(
      `await withTenant(tenant, () =>
  em.find(Customer, where, { populate: ["notes"], populateWhere: { notes: { merchantId: Number(requireTenant()) } } }),
)`,
    )
  })

  it("loads the own rows of a collection that is to be replaced", () => {
    expect(fix({ what: "unloaded-write" })).toBe(fix({ call: "collection" }))
  })

  it("calls no variable by a reserved word", () => {
    expect(fix({ owner: "Package", call: "collection" })).toMatch(/^await packageEntity\.addresses\.init\(/)
  })

  it("does not guess the type of a column", () => {
    expect(fix({ tenant: { ...owned, type: undefined } })).toBeUndefined()
  })
})

describe("for TypeORM", () => {
  it("joins with a condition", () => {
    expect(fix({ orm: "typeorm", tenant: shared, strategy: "join" })).toBe(
      `const own = "(address.merchantId = :tenant OR address.merchantId IS NULL)"
await dataSource
  .createQueryBuilder(Customer, "customer")
  .leftJoinAndSelect("customer.addresses", "address", own, { tenant: Number(requireTenant()) })
  .where(where)
  .getMany()`,
    )
  })

  it("asks for the parents of own rows where the tenant is theirs", () => {
    const steps = [
      { name: "student", isNullable: true, target: { entity: "Student", key: "id" } },
      { name: "school", isNullable: true },
    ]
    expect(fix({ orm: "typeorm", relation: "enrolments", child: "Enrolment", tenant: { steps, type: "number" } })).toBe(
      `const query = dataSource.createQueryBuilder(Customer, "customer").where(where)
const parents = query.subQuery().select("student.id").from(Student, "student")
parents.where("(student.school = :tenant OR student.school IS NULL)", { tenant: Number(requireTenant()) })
const own = \`(enrolment.student IS NULL OR enrolment.student IN \${parents.getQuery()})\`
await query.leftJoinAndSelect("customer.enrolments", "enrolment", own).getMany()`,
    )
  })

  it("narrows the query itself where its rows are foreign", () => {
    expect(fix({ orm: "typeorm", what: "root", owner: "Address", relation: null })).toBe(
      `await dataSource
  .createQueryBuilder(Address, "address")
  .setFindOptions({ where })
  .andWhere("address.merchantId = :tenant", { tenant: Number(requireTenant()) })
  .getMany()`,
    )
  })

  it("passes the tenant as it is to a column of the application's own type", () => {
    expect(fix({ orm: "typeorm", tenant: { ...owned, type: undefined } })).toMatch(/\{ tenant: requireTenant\(\) \}/)
  })

  it.each(["tree", "relation ids", "save"])("has no condition for rows of a %s", (strategy) => {
    expect(fix({ orm: "typeorm", strategy })).toBeUndefined()
  })

  it("does not decide which rows a save should spare", () => {
    expect(fix({ orm: "typeorm", what: "unloaded-write" })).toBeUndefined()
  })
})

describe.each(["mikro-orm", "typeorm"] as const)("for either (%s)", (orm) => {
  it("is the same whether foreign rows were dropped or kept", () => {
    expect(fix({ orm, what: "kept" })).toBe(fix({ orm }))
  })

  it.each<LeakKind>(["reference", "write", "unknown"])("is none where no query is to blame: %s", (what) => {
    expect(fix({ orm, what })).toBeUndefined()
  })

  it("is none where no condition tells whose a row is", () => {
    expect(fix({ orm, tenant: undefined })).toBeUndefined()
  })
})
