import type { Collection } from "@mikro-orm/core"
import type { MikroORM } from "@mikro-orm/postgresql"
import type { FailsafeOptions, LeakReport, TenantId } from "../../src/index.ts"
import { expectTypeOf } from "vitest"
import { FilteredCollection, withFailsafe } from "../../src/mikro-orm/index.ts"

class Address {
  id!: number
  street!: string
}
class Customer {
  id!: number
  readonly addresses = new FilteredCollection<Address>(this)
}

// The drop-in type is a Collection, and takes its items' type along.
const customer = new Customer()
const asCollection: Collection<Address> = customer.addresses
expectTypeOf(customer.addresses.getItems()).toEqualTypeOf<Address[]>()
expectTypeOf(customer.addresses[0]).toEqualTypeOf<Address | undefined>()

// The configuration keeps its type, so that MikroORM.init infers what it inferred before.
const config = { entities: [Customer, Address], dbName: "shop", debug: true }
const guarded = withFailsafe(config, { tenantProperty: "merchantId" })
expectTypeOf(guarded).toEqualTypeOf<typeof config>()
export const start = (orm: typeof MikroORM) => orm.init(guarded)

expectTypeOf<FailsafeOptions["tenantProperty"]>().toEqualTypeOf<string | readonly string[]>()
expectTypeOf<TenantId>().toEqualTypeOf<string | number | bigint>()
expectTypeOf<LeakReport["relation"]>().toEqualTypeOf<string | null>()

// @ts-expect-error -- an option that does not exist
withFailsafe(config, { tenantProperty: "merchantId", onLeaks: "drop" })
// @ts-expect-error -- a mode that does not exist
withFailsafe(config, { tenantProperty: "merchantId", onLeak: "ignore" })
// @ts-expect-error -- a relation without its entity
withFailsafe(config, { tenantProperty: "merchantId", unfiltered: { auditLog: "reason" } })

export { asCollection }
