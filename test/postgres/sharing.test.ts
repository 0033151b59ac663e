import { afterEach, describe, expect, it } from "vitest"
import { rowSecurity, type RowSecurityOptions } from "../../src/postgres/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import {
  column,
  enrolment,
  modelOf,
  reference,
  school,
  schools,
  schoolTables,
  source,
  student,
  table,
} from "./support/models.ts"

const opened: Lab[] = []

afterEach(async () => {
  for (const lab of opened.splice(0)) await lab.close()
})

const merchant = column("merchant_id", "integer", true)
const toProduct = reference("product_id", "product", { isNullable: true })
const products = modelOf(
  table("product", { columns: [column("id"), merchant], tenant: source("merchantId", merchant) }),
  table("price", {
    columns: [column("id"), column("product_id", "integer", true)],
    foreignKeys: [toProduct],
    tenant: source("product.merchantId", merchant, toProduct),
  }),
)
/** The products 1 and 2 belong to a merchant each, 3 to nobody; prices likewise, and the price 4 is of no product. */
const productTables = [
  "create table product (id integer primary key, merchant_id integer)",
  "create table price (id integer primary key, product_id integer references product)",
  "insert into product values (1, 1), (2, 2), (3, null)",
  "insert into price values (1, 1), (2, 2), (3, 3), (4, null)",
]

async function open(
  options: RowSecurityOptions,
  model = products,
  tables: readonly string[] = productTables,
): Promise<Lab> {
  const lab = await openLab("postgresql", tables)
  opened.push(lab)
  await lab.apply(rowSecurity(model, options).up)
  return lab
}

async function ids(rows: Promise<Record<string, unknown>[]>): Promise<unknown[]> {
  return (await rows).map(({ id }) => id)
}

describe.each(["denormalise", "exists", "array"] as const)("shared rows with the form %s", (form) => {
  it("are read by every tenant", async () => {
    const lab = await open({ form })

    expect(await ids(lab.asTenant("1", "select id from product order by id"))).toEqual([1, 3])
    expect(await ids(lab.asTenant("1", "select id from price order by id"))).toEqual([1, 3, 4])
  })

  it.each(["product", "price"])("are changed, claimed and deleted by none: %s", async (name) => {
    const lab = await open({ form })
    const key = name === "product" ? "merchant_id" : "product_id"

    expect(await ids(lab.asTenant("1", `update ${name} set id = id where id >= 3 returning id`))).toEqual([])
    expect(await ids(lab.asTenant("1", `update ${name} set ${key} = 1 where id >= 3 returning id`))).toEqual([])
    expect(await ids(lab.asTenant("1", `delete from ${name} where id >= 3 returning id`))).toEqual([])
  })

  it.each([
    ["insert into product values (9, null)"],
    ["insert into price values (9, null)"],
    ["insert into price values (9, 3)"],
    ["update price set product_id = null where id = 1"],
  ])("are not made: %s", async (statement) => {
    const lab = await open({ form })

    await expect(lab.asTenant("1", statement)).rejects.toMatchObject({ code: "42501" })
  })

  it("are written where that is wanted", async () => {
    const lab = await open({ form, shared: "write" })

    expect(await ids(lab.asTenant("1", "insert into price values (9, null) returning id"))).toEqual([9])
    expect(await ids(lab.asTenant("1", "update product set id = id where id = 3 returning id"))).toEqual([3])
    await expect(lab.asTenant("1", "insert into price values (9, 2)")).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|23503)$/),
    })
  })
})

describe.each(["denormalise", "exists", "array"] as const)("a set of tenants with the form %s", (form) => {
  const open3 = async () =>
    open({ infer: ["Enrolment"], form, sets: true, restrictive: true }, schools, [
      ...schoolTables,
      "insert into school values (3, 3)",
      "insert into student values (3, 3)",
      "insert into enrolment values (3, 3, 'spring')",
    ])
  const both = { "app.tenant_ids": '["1","3"]', "app.tenant_id": "1" }

  it("is read as a whole, and nothing else", async () => {
    const lab = await open3()

    expect(await ids(lab.withSettings(both, "select id from enrolment order by id"))).toEqual([1, 3])
  })

  it("is read where no tenant may be written", async () => {
    const lab = await open3()

    expect(await ids(lab.withSettings({ "app.tenant_ids": "[1,3]" }, "select id from school order by id"))).toEqual([
      1, 3,
    ])
  })

  it("is written for one tenant only", async () => {
    const lab = await open3()

    expect(await ids(lab.withSettings(both, "update enrolment set term = 'autumn' returning id"))).toEqual([1])
    expect(await ids(lab.withSettings(both, "delete from enrolment returning id"))).toEqual([1])
    await expect(lab.withSettings(both, "insert into enrolment values (9, 3)")).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|23503)$/),
    })
  })

  it("is the tenant alone where there is no set", async () => {
    const lab = await open3()

    expect(await ids(lab.asTenant("3", "select id from enrolment"))).toEqual([3])
  })

  it.each(["[]", "", "[null]"])("shows nothing for %j", async (set) => {
    const lab = await open3()

    expect(await ids(lab.withSettings({ "app.tenant_ids": set }, "select id from enrolment"))).toEqual([])
  })

  it("is refused where it is no list", async () => {
    const lab = await open3()

    await expect(lab.withSettings({ "app.tenant_ids": "{1,3}" }, "select id from enrolment")).rejects.toMatchObject({
      code: "22P02",
    })
  })
})

describe("overrides of an entity", () => {
  it("judge by what the application wrote", async () => {
    const lab = await open(
      { infer: ["Enrolment"], entities: { Enrolment: { using: "term = 'spring'", withCheck: "term = 'autumn'" } } },
      schools,
      schoolTables,
    )

    expect(await ids(lab.asTenant(undefined, "select id from enrolment order by id"))).toEqual([1, 2])
    await expect(lab.asTenant("1", "insert into enrolment values (9, 1, 'spring')")).rejects.toMatchObject({
      code: "42501",
    })
  })

  it("keep the generated half where only one is given", async () => {
    const lab = await open({ entities: { School: { withCheck: "id < 100" } } }, modelOf(school), schoolTables)

    expect(await ids(lab.asTenant("1", "select id from school"))).toEqual([1])
    await expect(lab.asTenant("1", "insert into school values (100, 1)")).rejects.toMatchObject({ code: "42501" })
  })

  it.each([
    ["force", { relrowsecurity: true, relforcerowsecurity: true }],
    ["enable", { relrowsecurity: true, relforcerowsecurity: false }],
    ["disable", { relrowsecurity: false, relforcerowsecurity: false }],
  ] as const)("switch one table: %s", async (security, flags) => {
    const lab = await open({ entities: { School: { security } } }, modelOf(school, student, enrolment), schoolTables)

    const found = await lab.database.sql(
      "select relrowsecurity, relforcerowsecurity from pg_class where relname = 'school'",
    )

    expect(found).toEqual([flags])
  })

  it("protect a table that is nobody's", async () => {
    const lab = await open({ entities: { Enrolment: { using: "id = 2", withCheck: "false" } } }, schools, schoolTables)

    expect(await ids(lab.asTenant(undefined, "select id from enrolment"))).toEqual([2])
  })
})
