import type { EntityProperty } from "@mikro-orm/core"
import { allOf } from "./all-of.ts"
import type { Failsafe } from "./failsafe.ts"
import { scopeCondition } from "./scope-condition.ts"

type LoadFromPivotTable = (
  property: EntityProperty,
  owners: unknown[],
  where?: object,
  orderBy?: unknown,
  ctx?: unknown,
  options?: { readonly _partitionLimit?: object },
  pivotJoin?: boolean,
) => Promise<unknown>

/**
 * A limit per parent is applied by the database, where foreign rows use it up and own ones would be missing. Confined to
 * the scope, it counts own rows only. An m:n relation passes the EntityManager by; its rows come straight from the driver.
 */
export function confinePivotLimits(failsafe: Failsafe, driver: object): void {
  const port = driver as { loadFromPivotTable: LoadFromPivotTable }
  const load = port.loadFromPivotTable.bind(driver)
  port.loadFromPivotTable = (property, owners, where, orderBy, ctx, options, pivotJoin) => {
    const confined = options?._partitionLimit === undefined ? where : confine(failsafe, property, where)
    return load(property, owners, confined, orderBy, ctx, options, pivotJoin)
  }
}

/** The condition of a limited load of one relation's rows, confined to the scope. */
function confine(failsafe: Failsafe, property: EntityProperty, where: object | undefined): object | undefined {
  const relation = failsafe.relationOf(property)
  const condition = relation === null ? undefined : scopeCondition(relation)
  if (condition === undefined) return where
  return allOf(where, [condition])
}
