import { DataSource, EntitySchema, type Repository } from "typeorm"
import { withFailsafe, type FailsafeOptions, type FilteredCollection } from "tenant-failsafe/typeorm"

interface Address {
  id: number
  merchantId: number
}

interface Customer {
  id: number
  addresses: FilteredCollection<Address>
}

class ShopDataSource extends DataSource {
  readonly shop = "north"
}

/** Compiled, never run. */
export function types(customer: Customer, plain: Address[], repository: Repository<Customer>): void {
  // Assignable to and from an array.
  customer.addresses = plain
  plain = customer.addresses
  const streets: number[] = customer.addresses.map(({ merchantId }) => merchantId)

  // The DataSource keeps its own type.
  const options: FailsafeOptions = { tenantProperty: "merchantId" }
  const shop: string = withFailsafe(new ShopDataSource({ type: "sqljs" }), options).shop

  // TypeORM's own types see through the collection type.
  void repository.find({ relations: { addresses: true }, where: { addresses: { merchantId: 1 } } })
  const schema = new EntitySchema<Customer>({
    name: "Customer",
    columns: {},
    relations: { addresses: { type: "one-to-many", target: "Address" } },
  })

  // @ts-expect-error -- an unknown option
  withFailsafe(new DataSource({ type: "sqljs" }), { tenantProperty: "merchantId", onleak: "drop" })
  // @ts-expect-error -- a configuration is no DataSource
  withFailsafe({ type: "sqljs" }, options)
  // @ts-expect-error -- the collection holds addresses
  const names: string[] = customer.addresses

  void [streets, shop, schema, names]
}
