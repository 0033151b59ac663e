// MikroORM forks its EntityManager for each request. Which comes first, its RequestContext or tenantScope?
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import express, { type RequestHandler } from "express"
import { defineEntity, MikroORM, NodeSqliteDialect, p, RequestContext, SqliteDriver } from "@mikro-orm/sql"
import { withoutTenant } from "tenant-failsafe"
import { fromClaim, tenantScope } from "tenant-failsafe/express"
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

async function openShop(): Promise<MikroORM> {
  const config = {
    entities: [Customer, Address],
    driver: SqliteDriver,
    dbName: ":memory:",
    driverOptions: new NodeSqliteDialect(":memory:"),
  }
  const orm = await MikroORM.init(withFailsafe(config, { tenantProperty: "merchantId" }))
  await orm.schema.create()
  await orm.em.fork().insertMany(Customer, [{ id: 1 }])
  await withoutTenant("sample rows", () =>
    orm.em.fork().insertMany(Address, [
      { id: 1, street: "Acme St 1", merchantId: 1, customer: 1 },
      { id: 2, street: "Globex Rd 2", merchantId: 2, customer: 1 },
    ]),
  )
  return orm
}

/** Stands for the verification of a token. */
const authenticate: RequestHandler = (request, _, next) => {
  const { authorization } = request.headers
  if (authorization !== undefined) Object.assign(request, { user: { merchantId: Number(authorization) } })
  next()
}

export async function run(): Promise<readonly string[]> {
  const orm = await openShop()
  const scope = tenantScope({ resolve: fromClaim("merchantId") })
  const context: RequestHandler = (_, __, next) => RequestContext.create(orm.em, next)

  async function serve(...middleware: RequestHandler[]): Promise<string> {
    const app = express().use(authenticate, ...middleware)
    app.get("/", async (_, response) => {
      const customer = await orm.em.findOneOrFail(Customer, 1, { populate: ["addresses"] })
      response.json(customer.addresses.map(({ street }) => street))
    })
    const server = app.listen(0)
    await once(server, "listening")
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    const get = async (headers: Record<string, string>): Promise<string> => {
      const response = await fetch(url, { headers })
      return response.ok ? await response.text() : String(response.status)
    }
    const answers = await Promise.all([get({ authorization: "1" }), get({ authorization: "2" }), get({})])
    server.closeAllConnections()
    server.close()
    return answers.join(" ")
  }

  // Recommended: what is refused has no EntityManager, and `authorize` cannot fill the one of the request with what it reads outside
  // any scope. Pitfall: `authorize` has no `orm.em` either, so it reads with `orm.em.fork()`.
  const scopeFirst = await serve(scope, context)
  // The rows are the same: the scope is read where they are loaded, and not when the EntityManager is forked.
  const contextFirst = await serve(context, scope)
  await orm.close()
  return [scopeFirst, contextFirst]
}
