import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { rowSecurity, rowSecurityChanges, type RowSecurityOptions } from "../../src/postgres/index.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { schools, schoolTables } from "./support/models.ts"
import { snapshot } from "./support/snapshot.ts"

const forms: Readonly<Record<string, RowSecurityOptions>> = {
  denormalise: { infer: ["Enrolment"] },
  exists: { infer: ["Enrolment"], form: "exists" },
  array: { infer: ["Enrolment"], form: "array" },
  "sets and a net": { infer: ["Enrolment"], sets: true, restrictive: true },
}
const kinds = ["postgresql", "pglite"] as const
const cases = kinds.flatMap((kind) => Object.entries(forms).map(([form, options]) => ({ kind, form, options })))
const tables = [
  { name: "school", key: "merchant_id", other: "merchant_id = 2" },
  { name: "student", key: "school_id", other: "school_id = 2" },
  { name: "enrolment", key: "student_id", other: "student_id = 2" },
]

describe.each(cases)("$form on $kind", ({ kind, options }) => {
  let lab: Lab
  let before: unknown

  beforeAll(async () => {
    lab = await openLab(kind, schoolTables)
    before = await snapshot(lab.admin)
    await lab.apply(rowSecurity(schools, options).up)
  })

  afterAll(() => lab.close())

  describe.each(tables)("in $name", ({ name, key, other }) => {
    const ids = async (tenant: string | undefined, ...statements: string[]) =>
      (await lab.asTenant(tenant, ...statements)).map(({ id }) => id)

    it("shows own rows, however they are asked for", async () => {
      expect(await ids("1", `select id from ${name} order by id`)).toEqual([1])
      expect(
        await ids("1", `with all_of as (select * from ${name}) select id from all_of where id > 0 or true`),
      ).toEqual([1])
    })

    it("shows no foreign row, not even by its key", async () => {
      expect(await ids("1", `select id from ${name} where id = 2`)).toEqual([])
    })

    it.each([[undefined], [""]])("shows nothing where the tenant is %j", async (tenant) => {
      expect(await ids(tenant, `select id from ${name}`)).toEqual([])
    })

    it("inserts own rows", async () => {
      expect(await ids("1", `insert into ${name} (id, ${key}) values (7, 1) returning id`)).toEqual([7])
    })

    it("inserts no foreign rows", async () => {
      const refused = lab.asTenant("1", `insert into ${name} (id, ${key}) values (7, 2)`)

      await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|23503)$/) })
    })

    it("inserts nothing without a tenant", async () => {
      const refused = lab.asTenant(undefined, `insert into ${name} (id, ${key}) values (7, 1)`)

      await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|23503)$/) })
    })

    it("updates own rows, and no others", async () => {
      expect(await ids("1", `update ${name} set ${key} = 1 returning id`)).toEqual([1])
    })

    it("gives no row away", async () => {
      const refused = lab.asTenant("1", `update ${name} set ${other}`)

      await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|23503)$/) })
    })

    it("updates nothing without a tenant", async () => {
      expect(await ids(undefined, `update ${name} set ${key} = 1 returning id`)).toEqual([])
    })

    it("deletes own rows, and no others", async () => {
      const first = ["delete from enrolment", "delete from student", "delete from school"]
      const until = first.findIndex((statement) => statement.endsWith(name))

      expect(await ids("1", ...first.slice(0, until), `delete from ${name} returning id`)).toEqual([1])
    })

    it("deletes nothing without a tenant", async () => {
      expect(await ids(undefined, `delete from ${name} returning id`)).toEqual([])
    })
  })

  it("is the same after it was applied once more", async () => {
    const once = await snapshot(lab.admin)

    await lab.apply(rowSecurity(schools, options).up)

    expect(await snapshot(lab.admin)).toEqual(once)
  })

  it("has nothing to do in a database that has it", async () => {
    const { up, down } = await rowSecurityChanges(lab.admin, schools, options)

    expect({ up, down }).toEqual({ up: [], down: [] })
  })

  it("is gone after its down statements", async () => {
    await lab.apply(rowSecurity(schools, options).down)

    expect(await snapshot(lab.admin)).toEqual(before)
  })
})
