import { switchTenant, withTenant, withTenants, withoutTenant, type TenantId } from "../../src/index.ts"
import type { Relation } from "./relations.ts"

/** One scope that a relation is read in. */
export interface ScopeCase {
  readonly name: string
  /** The tenants whose rows are own; undefined for every tenant. */
  readonly tenants: readonly TenantId[] | undefined
  run<R>(run: () => Promise<R>): Promise<R>
  /** Runs as a tenant whose rows are not, or not all, those of this scope. */
  asOther<R>(run: () => Promise<R>): Promise<R>
}

export function scopesOf({ tenants: [first, second] }: Relation): readonly ScopeCase[] {
  const as =
    (tenant: TenantId) =>
    <R>(run: () => Promise<R>) =>
      switchTenant(tenant, "the other tenant of the test", run)
  return [
    { name: "first tenant", tenants: [first], run: (run) => withTenant(first, run), asOther: as(second) },
    { name: "second tenant", tenants: [second], run: (run) => withTenant(second, run), asOther: as(first) },
    {
      name: "both tenants",
      tenants: [first, second],
      run: (run) => withTenants([first, second], "report of the group", run),
      asOther: as(first),
    },
    { name: "bypass", tenants: undefined, run: (run) => withoutTenant("nightly export", run), asOther: as(first) },
  ]
}
