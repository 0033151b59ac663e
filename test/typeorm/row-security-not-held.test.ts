import "reflect-metadata"
import { DataSource, EntitySchema, type EntityManager } from "typeorm"
import { describe } from "vitest"
import { withTenantSession } from "../../src/postgres/typeorm/index.ts"
import { withFailsafe } from "../../src/typeorm/index.ts"
import { rowSecurityNotHeld } from "../postgres/disagreement/support/suite.ts"
import { guard, type OpenSession } from "../postgres/disagreement/support/world.ts"

interface AddressRow {
  id: number
  street: string
  merchantId: number | null
  customer: CustomerRow
}

interface CustomerRow {
  id: number
  addresses: AddressRow[]
}

const Customer = new EntitySchema<CustomerRow>({
  name: "Customer",
  columns: { id: { type: "int", primary: true } },
  relations: { addresses: { type: "one-to-many", target: "Address", inverseSide: "customer" } },
})
const columns = {
  id: { type: "int", primary: true },
  street: { type: "text" },
  merchantId: { type: "int", name: "merchant_id", nullable: true },
} as const
const Address = new EntitySchema<AddressRow>({
  name: "Address",
  columns,
  relations: { customer: { type: "many-to-one", target: "Customer", joinColumn: { name: "customer_id" } } },
})
const Note = new EntitySchema<{ id: number; address: AddressRow | null }>({
  name: "Note",
  columns: { id: { type: "int", primary: true } },
  relations: {
    address: { type: "many-to-one", target: "Address", joinColumn: { name: "address_id" }, nullable: true },
  },
})
const EveryAddress = new EntitySchema<Omit<AddressRow, "customer">>({
  name: "EveryAddress",
  type: "view",
  expression: "select * from address",
  tableName: "every_address",
  columns,
})

const open: OpenSession = async (url, options = {}, { onLeak = "drop" as const, connections = 4 } = {}) => {
  const plain = new DataSource({
    type: "postgres",
    url,
    entities: [Customer, Address, Note, EveryAddress],
    extra: { max: connections },
  })
  const source = withTenantSession(withFailsafe(plain, { ...guard, onLeak }), options)
  await source.initialize()
  const streets = (rows: readonly { street: string }[]) => rows.map(({ street }) => street).toSorted()
  let manager: EntityManager = source.manager
  return {
    async streets() {
      const [customer] = await manager.find(Customer, { relations: { addresses: true } })
      return streets(customer!.addresses)
    },
    roots: async () => streets(await manager.find(Address)),
    notes: async () => (await manager.find(Note, { order: { id: "ASC" } })).map(({ id }) => id),
    throughView: async () => streets(await manager.find(EveryAddress)),
    after: (statement) =>
      source.transaction(async (transaction) => {
        await transaction.query(statement)
        return streets(
          await transaction.createQueryBuilder(Address, "address").where("merchant_id is not null").getMany(),
        )
      }),
    inTransaction: (run) =>
      source.transaction(async (transaction) => {
        manager = transaction
        try {
          return await run()
        } finally {
          manager = source.manager
        }
      }),
    close: async () => source.isInitialized && source.destroy(),
  }
}

describe("row security under TypeORM", () => {
  rowSecurityNotHeld(open)
})
