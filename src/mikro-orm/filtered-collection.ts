import type { Collection } from "@mikro-orm/core"
import { GuardedCollection } from "./guarded-collection.ts"

/**
 * The drop-in collection type of MikroORM entities: a `Collection` that shows the rows of the current tenant, and shared ones.
 * Every other loaded row is dropped without a trace in the unit of work, and reported.
 *
 * @throws {TenantFailsafeError} `NOT_INSTALLED` as soon as an EntityManager without `withFailsafe` touches it; `TENANT_SWITCH`
 * when it is read in another scope than it was loaded for; `UNLOADED_WRITE` for `set()` or `removeAll()` before it is loaded
 *
 * @example
 * class Customer {
 *   addresses = new FilteredCollection<Address>(this)
 * }
 */
export interface FilteredCollection<T extends object, O extends object = object> extends Collection<T, O> {}

/** The class of `FilteredCollection`. */
export interface FilteredCollectionConstructor {
  new <T extends object, O extends object = object>(
    owner: O,
    items?: T[],
    initialized?: boolean,
  ): FilteredCollection<T, O>
  readonly prototype: FilteredCollection<object>
}

export const FilteredCollection: FilteredCollectionConstructor =
  GuardedCollection as unknown as FilteredCollectionConstructor
