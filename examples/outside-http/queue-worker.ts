// How does a BullMQ worker know whose job it runs?
import { defineEntity, MikroORM, NodeSqliteDialect, p, SqliteDriver } from "@mikro-orm/sql"
import { requireTenant, tenantJob, withoutTenant, withTenant, type TenantId } from "tenant-failsafe"
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

/** What is used of BullMQ's Job. */
interface Job {
  readonly data: { readonly customer: number; readonly merchantId?: TenantId }
  readonly attemptsMade: number
}

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

  const processor = tenantJob(
    (job: Job) => job.data.merchantId,
    async (job: Job, _token?: string, signal?: AbortSignal) => {
      if (job.data.merchantId === 1 && job.attemptsMade === 0) throw new Error("printer offline")
      signal?.throwIfAborted()
      const customer = await orm.em.fork().findOneOrFail(Customer, job.data.customer, { populate: ["addresses"] })
      return `printed ${customer.addresses.map(({ street }) => street).join(", ")}`
    },
  )
  // At boot. A processor without tenantJob runs in whatever scope its worker was created in: the same tenant for every job.
  const queue = startWorker(processor)

  // In a request. The queue carries data and no scope, so that the tenant has to be in the payload.
  for (const merchant of [1, 2]) withTenant(merchant, () => queue.add({ customer: 1, merchantId: requireTenant() }))
  queue.add({ customer: 1 })

  const log = await queue.drain()
  await orm.close()
  return log
}

/** Stands for `new Queue(name)` and `new Worker(name, processor)`: two attempts for each job. */
function startWorker(processor: (job: Job, token?: string, signal?: AbortSignal) => Promise<string>) {
  const waiting: Job[] = []
  return {
    add: (data: Job["data"]) => waiting.push({ data, attemptsMade: 0 }),
    async drain(): Promise<string[]> {
      const log: string[] = []
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        const { data, attemptsMade } = job
        const outcome = await processor(job, "token", new AbortController().signal).catch((error: unknown) => {
          if (attemptsMade < 1) waiting.push({ data, attemptsMade: attemptsMade + 1 })
          return `failed with ${(error as { code?: string }).code ?? (error as Error).message}`
        })
        log.push(`merchant ${data.merchantId ?? "?"}, attempt ${attemptsMade + 1}: ${outcome}`)
      }
      return log
    },
  }
}
