const storedTenant = Symbol("stored tenant")

/** An entity with MikroORM's own companion of it. */
type Marked = { readonly __helper: { [storedTenant]?: unknown } }

/** Remembers the tenant that the database holds for an entity: told by a load or by an insert, never by the application. */
export function rememberStored(entity: object, tenant: unknown): void {
  // A property, not a WeakMap: this runs once per loaded row.
  ;(entity as Marked).__helper[storedTenant] = tenant
}

/** The remembered tenant; null for a shared row, undefined where it has to be looked up. */
export function storedTenantOf(entity: object): unknown {
  return (entity as Marked).__helper[storedTenant]
}

/** From now on it has to be looked up. */
export function forgetStored(entity: object): void {
  ;(entity as Marked).__helper[storedTenant] = undefined
}
