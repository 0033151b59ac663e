import { defineEntity, MikroORM, p } from "@mikro-orm/postgresql"
import { describe, expect, it, onTestFinished } from "vitest"
import { switchTenant, withTenant } from "../../../src/index.ts"
import { withFailsafe } from "../../../src/mikro-orm/index.ts"
import { withRowSecurity, withTenantSession } from "../../../src/postgres/mikro-orm/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"
import { rowSecurityNotHeld } from "./support/suite.ts"
import { guard, openWorld, other, own, type OpenSession } from "./support/world.ts"

const Customer = defineEntity({
  name: "Customer",
  properties: { id: p.integer().primary(), addresses: () => p.oneToMany(Address).mappedBy("customer") },
})
const Address = defineEntity({
  name: "Address",
  properties: {
    id: p.integer().primary(),
    street: p.string(),
    merchantId: p.integer().nullable(),
    customer: () => p.manyToOne(Customer),
  },
})
const Note = defineEntity({
  name: "Note",
  properties: { id: p.integer().primary(), address: () => p.manyToOne(Address).nullable() },
})
const EveryAddress = defineEntity({
  name: "EveryAddress",
  view: true,
  expression: "select * from address",
  properties: { id: p.integer().primary(), street: p.string(), merchantId: p.integer().nullable() },
})

const entities = [Customer, Address, Note, EveryAddress]

const open: OpenSession = async (url, options = {}, { onLeak = "drop" as const, connections = 4 } = {}) => {
  const config = withFailsafe({ entities, clientUrl: url, pool: { max: connections } }, { ...guard, onLeak })
  const orm = await MikroORM.init(withTenantSession(config, options))
  const streets = (rows: Iterable<{ street: string }>) => Array.from(rows, ({ street }) => street).toSorted()
  let em: MikroORM["em"] | undefined
  const fork = () => em?.fork({ keepTransactionContext: true }) ?? orm.em.fork()
  return {
    async streets() {
      const [customer] = await fork().find(Customer, {}, { populate: ["addresses"] })
      return streets(customer!.addresses)
    },
    roots: async () => streets(await fork().find(Address, {})),
    notes: async () => (await fork().find(Note, {}, { orderBy: { id: 1 } })).map(({ id }) => id),
    throughView: async () => streets(await fork().find(EveryAddress, {})),
    after: (statement) =>
      orm.em.fork().transactional(async (transaction) => {
        await transaction.execute(statement)
        return streets(await transaction.find(Address, { merchantId: { $ne: null } }))
      }),
    inTransaction: (run) =>
      orm.em.fork().transactional(async (transaction) => {
        em = transaction
        try {
          return await run()
        } finally {
          em = undefined
        }
      }),
    close: () => orm.close(),
  }
}

describe("row security under MikroORM", () => {
  rowSecurityNotHeld(open)

  async function openOrm(changes: readonly string[], wrap: (config: object) => object) {
    const lab = await openWorld(changes)
    const guarded = { entities, clientUrl: lab.appUrl!, extensions: [], driver: lab.database.ormConfig().driver }
    const orm = await MikroORM.init(wrap(guarded) as never)
    onTestFinished(async () => {
      await orm.close()
      await lab.close()
    })
    return orm
  }

  const off = ["alter table address disable row level security"]

  it("is told of the rows that an EntityManager kept from another scope", async () => {
    const orm = await openOrm([], (config) => withTenantSession(withFailsafe(config, guard)))
    const em = orm.em.fork()

    const { leaks } = await collectLeaks(() =>
      withTenant(own, async () => {
        const customer = await em.findOneOrFail(Customer, 1, { populate: ["addresses"] })
        await switchTenant(other, "support", () => customer.addresses.init())
        await em.find(Customer, {}, { populate: ["addresses"] })
        await em.findOne(Address, 92)
      }),
    )

    expect(leaks.filter(({ what }) => what === "rls-not-held").map(({ cause }) => cause)).toEqual(["stale"])
  })

  it("is the same when the session is installed before the failsafe", async () => {
    const orm = await openOrm(off, (config) => withFailsafe(withTenantSession(config), guard))

    const { leaks } = await collectLeaks(() => withTenant(own, () => orm.em.fork().find(Address, {})))

    expect(leaks.map(({ what }) => what)).toEqual(["root", "rls-not-held"])
  })

  it("is judged by the options of withRowSecurity", async () => {
    const options = { entities: { Address: { security: "disable" } } } as const
    const orm = await openOrm(off, (config) => withTenantSession(withRowSecurity(withFailsafe(config, guard), options)))

    const { leaks } = await collectLeaks(() => withTenant(own, () => orm.em.fork().find(Address, {})))

    expect(leaks.map(({ what }) => what)).toEqual(["root"])
  })

  it("is not expected with a schema for each tenant, unless the options say so", async () => {
    const schemas = { find: () => undefined }
    const orm = await openOrm(off, (config) =>
      withTenantSession(withFailsafe(config, guard), { schemas: { ...schemas, find: () => "tenant" } }),
    )

    const { leaks } = await collectLeaks(() => withTenant(own, () => orm.em.fork().find(Address, {})))

    expect(leaks.map(({ what }) => what)).toEqual(["root"])
  })
})
