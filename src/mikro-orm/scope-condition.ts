import { missingScope } from "../core/decisions.ts"
import type { TenantId } from "../core/tenant-id.ts"
import { currentContext } from "../core/scope.ts"
import { tenantsOf } from "../core/scope-tenants.ts"
import { runLoadSync } from "./entity-load.ts"
import type { RelationGuard } from "./guards.ts"
import type { Condition } from "./tenant-of.ts"

/**
 * The tenants to which a query on a relation's rows is confined; undefined where every tenant is meant, or nothing is to change.
 *
 * @throws {TenantFailsafeError} `TENANT_MISSING` outside any scope, unless `noTenant` says otherwise
 */
export function scopeTenants(relation: RelationGuard): readonly TenantId[] | undefined {
  const scope = currentContext()?.scope
  if (scope === undefined) noteMissingScope(relation)
  return relation.failsafe.policy.onLeak === "report" ? undefined : tenantsOf(scope)
}

/** The condition that confines a query on a relation's rows to the scope. Throws like `scopeTenants`. */
export function scopeCondition(relation: RelationGuard): Condition | undefined {
  const tenants = scopeTenants(relation)
  return tenants === undefined ? undefined : relation.failsafe.tenantOf(relation.target)?.condition(tenants)
}

/** Applies `noTenant` to a query on a relation's rows outside any scope. */
export function noteMissingScope(relation: RelationGuard): void {
  runLoadSync(relation.failsafe, undefined, (load) => {
    const decision = missingScope(relation.failsafe.policy, relation.findings, load.log)
    if (decision === undefined) return
    load.log.note(decision.finding, { loaded: 0, rows: 0 })
    load.refuse(decision.refusal)
  })
}
