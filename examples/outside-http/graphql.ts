// How are resolvers, a DataLoader and a subscription kept to one tenant?
import DataLoader from "dataloader"
import { buildSchema, execute, parse, subscribe, type ExecutionResult } from "graphql"
import { defineEntity, MikroORM, NodeSqliteDialect, p, SqliteDriver } from "@mikro-orm/sql"
import { bindTenantIterable, withoutTenant, withTenant } from "tenant-failsafe"
import { withFailsafe } from "tenant-failsafe/mikro-orm"

const Customer = defineEntity({
  name: "Customer",
  properties: () => ({ id: p.integer().primary(), addresses: () => p.oneToMany(Address).mappedBy("customer") }),
})
const Address = defineEntity({
  name: "Address",
  properties: () => ({
    id: p.integer().primary(),
    street: p.string(),
    merchantId: p.integer(),
    customer: () => p.manyToOne(Customer),
  }),
})

const schema = buildSchema(`
  type Query { streets(customer: Int!): [String!]! }
  type Subscription { streets(customer: Int!): [String!]! }
`)

export async function run(): Promise<readonly string[]> {
  const orm = await MikroORM.init(
    withFailsafe(
      {
        entities: [Customer, Address],
        driver: SqliteDriver,
        dbName: ":memory:",
        driverOptions: new NodeSqliteDialect(":memory:"),
      },
      { tenantProperty: "merchantId" },
    ),
  )
  await orm.schema.create()
  await orm.em.fork().insertMany(Customer, [{ id: 1 }])
  await withoutTenant("sample rows", () =>
    orm.em.fork().insertMany(Address, [
      { id: 1, street: "Acme St 1", merchantId: 1, customer: 1 },
      { id: 2, street: "Globex Rd 2", merchantId: 2, customer: 1 },
    ]),
  )

  async function loadStreets(ids: readonly number[]): Promise<string[][]> {
    const customers = await orm.em.fork().find(Customer, { id: { $in: [...ids] } }, { populate: ["addresses"] })
    const streets = new Map(customers.map(({ id, addresses }) => [id, addresses.map(({ street }) => street)]))
    return ids.map((id) => streets.get(id) ?? [])
  }
  // A loader for each request. Pitfall: a shared one runs the batch of several requests in the scope of the first, and its cache
  // gives to one tenant what was loaded for another.
  const createContext = () => ({ streets: new DataLoader<number, string[]>(loadStreets) })
  type Context = ReturnType<typeof createContext>

  const query = (merchant: number) =>
    withTenant(merchant, async () =>
      execute({
        schema,
        document: parse("{ streets(customer: 1) }"),
        rootValue: { streets: ({ customer }: { customer: number }, { streets }: Context) => streets.load(customer) },
        contextValue: createContext(),
      }),
    )

  const events = async function* () {
    // Each event reads again: a loader would remember.
    for (;;) yield { streets: async () => (await loadStreets([1]))[0] }
  }
  // Pitfall: graphql calls the resolvers of an event when the next result is asked for, by whoever asks: the server's transport.
  const open = (merchant: number) =>
    withTenant(merchant, async () => {
      const document = parse("subscription { streets(customer: 1) }")
      const results = await subscribe({ schema, document, rootValue: { streets: events } })
      return bindTenantIterable(results as AsyncGenerator<ExecutionResult, void, void>)
    })

  const answers = await Promise.all([query(1), query(2)])
  const [acme, globex] = await Promise.all([open(1), open(2)])
  const steps = await Promise.all([acme.next(), globex.next(), globex.next(), acme.next()])
  await Promise.all([acme.return?.(), globex.return?.()])
  await orm.close()
  return [...answers, ...steps.map(({ value }) => value as ExecutionResult)].map((result) => JSON.stringify(result))
}
