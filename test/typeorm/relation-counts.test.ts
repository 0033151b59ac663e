import * as typeorm from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import type { FailsafeOptions } from "../../src/typeorm/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { isOlderTypeorm, openLab, type Lab } from "./support/lab.ts"
import { openGroups, type Groups } from "./support/lab-groups.ts"

/** What TypeORM 0.3 had and 1 has no more. */
interface Counting {
  loadRelationCountAndMap?: (
    property: string,
    relation: string,
    alias?: string,
    factory?: (query: Condition) => Condition,
  ) => this
}

interface Condition {
  andWhere(condition: string): Condition
}

const olderExports = typeorm as unknown as {
  RelationCount?: (relation: (object: never) => unknown) => PropertyDecorator
}

if (!isOlderTypeorm)
  describe("TypeORM 1", () => {
    it("has no relation counts that would have to be confined", () => {
      expect(olderExports.RelationCount).toBeUndefined()
      expect((typeorm.SelectQueryBuilder.prototype as Counting).loadRelationCountAndMap).toBeUndefined()
    })
  })

if (isOlderTypeorm)
  describe("a relation count of TypeORM 0.3", () => {
    let lab: Groups

    afterEach(() => lab.close())

    async function open(failsafe: Partial<FailsafeOptions> | null = {}): Promise<void> {
      lab = await openGroups({ failsafe })
    }

    // TypeORM 0.3 counts by the first column of a key: badges are beyond it.
    const relations = ["members", "slots", "vehicles"] as const

    async function count(relation: string, condition?: string): Promise<unknown> {
      const query = lab.dataSource.getRepository(lab.Group).createQueryBuilder("g").where("g.id = 1")
      const args: [string, string, string?, ((query: Condition) => Condition)?] = ["g.amount", `g.${relation}`]
      if (condition !== undefined) args.push("child", (inner) => inner.andWhere(condition))
      ;(query as unknown as Counting).loadRelationCountAndMap!(...args)
      return ((await query.getOneOrFail()) as unknown as { amount: unknown }).amount
    }

    it.each(relations)("counts foreign rows without the failsafe, of %s", async (relation) => {
      await open(null)

      expect(await withTenant(1, () => count(relation))).toBe(3)
    })

    it.each(relations)("counts own and shared rows alone, of %s", async (relation) => {
      await open()

      const { result, leaks } = await collectLeaks(async () => [
        await withTenant(1, () => count(relation)),
        await withTenant(3, () => count(relation)),
        await withTenants([1, 2], "group report", () => count(relation)),
        await withoutTenant("support desk", () => count(relation)),
      ])

      expect(result).toEqual([2, 1, 3, 3])
      expect(leaks).toEqual([])
    })

    it("keeps the application's own condition", async () => {
      await open()

      const { result } = await collectLeaks(() => withTenant(1, () => count("slots", "child.line < 2")))

      expect(result).toBe(1)
    })

    it("counts all rows with onLeak: 'report'", async () => {
      await open({ onLeak: "report" })

      expect(await withTenant(1, () => count("slots"))).toBe(3)
    })

    it("is refused outside any scope, and reported", async () => {
      await open()

      const { result, leaks } = await collectLeaks(() => rejectionOf(count("slots")))

      expect(result).toMatchObject({ code: "TENANT_MISSING", details: { owner: "Group", relation: "slots" } })
      expect(leaks.map(({ what, relation }) => [what, relation])).toEqual([["no-tenant", "slots"]])
    })

    it("counts everything outside any scope with noTenant: 'allow'", async () => {
      await open({ noTenant: "allow" })

      expect(await count("slots")).toBe(3)
    })

    it("comes out right when one query builder is executed in several scopes", async () => {
      await open()
      const query = lab.dataSource.getRepository(lab.Group).createQueryBuilder("g").where("g.id = 1")
      ;(query as unknown as Counting).loadRelationCountAndMap!("g.amount", "g.slots")
      const load = async () => ((await query.getOneOrFail()) as unknown as { amount: unknown }).amount

      expect([
        await withTenant(1, load),
        await withTenant(2, load),
        await withoutTenant("support desk", load),
        await withTenant(1, load),
      ]).toEqual([2, 2, 3, 2])
    })
  })

if (isOlderTypeorm)
  describe("a @RelationCount property of TypeORM 0.3", () => {
    const opened: Lab[] = []

    afterEach(async () => {
      for (const lab of opened.splice(0)) await lab.close()
    })

    function entities() {
      @typeorm.Entity()
      class Tag {
        @typeorm.PrimaryColumn({ type: "int" }) id!: number
        @typeorm.Column({ type: "int", nullable: true }) merchantId!: number | null
        @typeorm.ManyToMany(() => Customer, (customer) => customer.tags) customers!: unknown[]
      }
      @typeorm.Entity()
      class Customer {
        @typeorm.PrimaryColumn({ type: "int" }) id!: number
        @typeorm.ManyToMany(() => Tag, (tag) => tag.customers)
        @typeorm.JoinTable({
          name: "customer_tag",
          joinColumn: { name: "customer_id" },
          inverseJoinColumn: { name: "tag_id" },
        })
        tags!: Tag[]
        @(olderExports.RelationCount?.((customer: Customer) => customer.tags) ?? (() => {})) tagCount!: number
      }
      return { Tag, Customer }
    }

    async function openTags(failsafe: Partial<FailsafeOptions> | null): Promise<() => Promise<number>> {
      const { Tag, Customer } = entities()
      const lab = await openLab([Tag, Customer], { failsafe })
      opened.push(lab)
      await lab.database.sql("insert into customer (id) values (1)")
      await lab.database.sql('insert into tag (id, "merchantId") values (1, 1), (2, 2), (3, null)')
      await lab.database.sql("insert into customer_tag (customer_id, tag_id) values (1, 1), (1, 2), (1, 3)")
      return async () => (await lab.dataSource.getRepository(Customer).findOneByOrFail({ id: 1 })).tagCount
    }

    it("counts own and shared rows of a many-to-many relation alone", async () => {
      const vanilla = await openTags(null)
      const guarded = await openTags({})

      expect([await vanilla(), await withTenant(1, guarded), await withoutTenant("support desk", guarded)]).toEqual([
        3, 2, 3,
      ])
    })

    it("is confined after the DataSource was destroyed and initialized again", async () => {
      const guarded = await openTags({})
      const { dataSource } = opened[0]!
      await dataSource.destroy()
      await dataSource.initialize()

      expect(await withTenant(1, guarded)).toBe(2)
    })

    it("is not confined on another DataSource that has the same entities and is not guarded", async () => {
      const { Tag, Customer } = entities()
      const first = await openLab([Tag, Customer])
      const second = await openLab([Tag, Customer], { failsafe: null })
      opened.push(first, second)
      for (const { database } of [first, second]) {
        await database.sql("insert into customer (id) values (1)")
        await database.sql('insert into tag (id, "merchantId") values (1, 1), (2, 2)')
        await database.sql("insert into customer_tag (customer_id, tag_id) values (1, 1), (1, 2)")
      }
      const load = async ({ dataSource }: Lab) =>
        (await dataSource.getRepository(Customer).findOneByOrFail({ id: 1 })).tagCount

      expect(await withTenant(1, () => Promise.all([load(first), load(second)]))).toEqual([1, 2])
    })
  })
