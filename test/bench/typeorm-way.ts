import { DataSource, EntitySchema, type QueryRunner } from "typeorm"
import { withFailsafe } from "../../src/typeorm/index.ts"
import { batchOf, tenant } from "./domain.ts"
import { flushesPerSample, type Execute, type Way, type WayConfig, type Work } from "./ways.ts"

interface Customer {
  id: number
  batch: number
  name: string
  merchantId: number
  addresses: Address[]
}

interface Address {
  id: number
  street: string
  city: string
  postcode: string
  merchantId: number
  customer: Customer
}

const id = { type: "int", primary: true } as const
const merchantId = { name: "merchant_id", type: "int" } as const
const customerSchema = new EntitySchema<Customer>({
  name: "Customer",
  tableName: "customer",
  columns: { id, batch: { type: "int" }, name: { type: "text" }, merchantId },
  relations: { addresses: { type: "one-to-many", target: "Address", inverseSide: "customer", cascade: true } },
})
const addressSchema = new EntitySchema<Address>({
  name: "Address",
  tableName: "address",
  columns: { id, street: { type: "text" }, city: { type: "text" }, postcode: { type: "text" }, merchantId },
  relations: {
    customer: {
      type: "many-to-one",
      target: "Customer",
      inverseSide: "addresses",
      joinColumn: { name: "customer_id" },
    },
  },
})

// One save takes about a millisecond: too little to be timed alone.
const savesPerSample = 100

export async function openTypeormWay({ name, guarded, clientUrl }: WayConfig): Promise<Way> {
  const plain = new DataSource({ type: "postgres", url: clientUrl, entities: [customerSchema, addressSchema] })
  const dataSource = guarded ? withFailsafe(plain, { tenantProperty: "merchantId" }) : plain
  await dataSource.initialize()
  const customers = dataSource.getRepository(customerSchema)

  async function load({ shape, ownership, strategy, task }: Work): Promise<Customer[]> {
    const batch = batchOf(shape, ownership)
    if (name !== "filter") {
      const relationLoadStrategy = strategy === "join" ? "join" : "query"
      // A table that was written to gives its rows in another order.
      const order = task === "flush" ? { addresses: { id: "ASC" } as const } : {}
      return customers.find({ where: { batch }, relations: { addresses: true }, relationLoadStrategy, order })
    }
    return customers
      .createQueryBuilder("customer")
      .leftJoinAndSelect("customer.addresses", "address", "address.merchantId = :tenant", { tenant })
      .where({ batch })
      .getMany()
  }

  async function save({ shape }: Work): Promise<Customer[]> {
    const [customer] = await load({ shape, ownership: "own", strategy: "join", task: "load" })
    for (let count = 0; count < savesPerSample; count++) {
      customer!.name = `edited ${count % 2}`
      await customers.save(customer!)
    }
    return [customer!]
  }

  async function flush(work: Work): Promise<Customer[]> {
    const loaded = await load(work)
    const children = loaded.flatMap((customer) => customer.addresses)
    for (let count = 0; count < flushesPerSample; count++) {
      for (const child of children) child.street = `edited ${count % 2}`
      await dataSource.getRepository(addressSchema).save(children)
    }
    return loaded
  }

  const tasks = { load, save, flush }
  return {
    load: (work) => tasks[work.task](work),
    childrenOf: (customer) => (customer as Customer).addresses,
    intercept(wrap) {
      const createQueryRunner = dataSource.createQueryRunner.bind(dataSource)
      dataSource.createQueryRunner = (mode) => {
        const runner: QueryRunner = createQueryRunner(mode)
        runner.query = wrap(runner.query.bind(runner) as Execute) as QueryRunner["query"]
        return runner
      }
    },
    close: () => dataSource.destroy(),
  }
}
