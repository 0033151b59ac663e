import type { Finding } from "./leak-report.ts"
import { fixForMikroOrm } from "./suggested-fix-mikro-orm.ts"
import { fixForTypeorm } from "./suggested-fix-typeorm.ts"

/** What a fix is made from: a finding, how its rows arrived, and where their tenant is stored. */
export interface FixInput extends Finding {
  /** As in the record: `"joined"`, `"select-in"`, `"join"`, `"query"`, … */
  readonly strategy?: string | undefined
  /** What the application called, where that is known: an EntityManager, a collection that is loaded later, or a query builder. */
  readonly call?: "find" | "collection" | "query builder" | undefined
  /** Undefined where one condition cannot tell whose a row is: links that have tenants, or entities of one table that disagree. */
  readonly tenant: TenantPath | undefined
}

/** Where the tenant of an entity's rows is stored, as conditions of the ORM spell it. */
export interface TenantPath {
  /** The properties along `column`. */
  readonly steps: readonly TenantStep[]
  /** The JavaScript type of the value at its end; undefined for a type of the application's own. */
  readonly type: "number" | "string" | "bigint" | undefined
}

/** One property of a tenant's path. */
export interface TenantStep {
  readonly name: string
  /** Whether it may be null, which makes the row a shared one. */
  readonly isNullable: boolean
  /** Of a to-one relation: the entity it leads to, and that one's only key. */
  readonly target?: { readonly entity: string; readonly key: string }
}

/**
 * Code that closes a leak where it happened: a load of the owner with a condition on the relation, which keeps every owner and every
 * shared row. It names the owner's class, `em` or `dataSource`, the query's own condition `where`, and `requireTenant` of
 * `tenant-failsafe`. Where a load had no scope, `withTenant` gets a `tenant` that the caller must have. Undefined where no change of a
 * query helps.
 */
export function suggestedFix(input: FixInput): string | undefined {
  return input.orm === "mikro-orm" ? fixForMikroOrm(input) : fixForTypeorm(input)
}
