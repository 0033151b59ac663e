// What do the routes look like? As if there were one tenant: neither side of the join has a condition.
import type { FastifyInstance } from "fastify"
import type { DataSource } from "typeorm"
import { requireTenant } from "tenant-failsafe"
import { ItemSchema, TenantSchema } from "./entities.ts"

export function routes(app: FastifyInstance, dataSource: DataSource): void {
  app.get("/tenants", async () => {
    const tenants = await dataSource.getRepository(TenantSchema).find({ relations: { items: true } })
    return tenants.map(({ name, items }) => ({ name, items: items.map(({ label }) => label).toSorted() }))
  })

  // Raw SQL, which no ORM can filter: the database does.
  app.get("/report", () =>
    dataSource.query(
      "select tenant.name, count(item.id)::int as items from tenant left join item on item.tenant_id = tenant.id group by 1",
    ),
  )
  app.get("/report/items", () =>
    dataSource.query(
      "select item.label, tenant.name from item left join tenant on tenant.id = item.tenant_id order by item.label",
    ),
  )

  app.post<{ Body: { readonly label: string } }>("/items", async ({ body }) => {
    const items = dataSource.getRepository(ItemSchema)
    const { id } = await items.save({ label: body.label, tenant: { id: Number(requireTenant()) } })
    return { id }
  })

  // A mistake that was not caught: the tenant comes from the body. The database refuses the row.
  app.post<{ Body: { readonly label: string; readonly tenant: number } }>("/import", async ({ body }) => {
    await dataSource.query("insert into item (label, tenant_id) values ($1, $2)", [body.label, body.tenant])
    return {}
  })
}
