import type { EntityManager } from "@mikro-orm/core"
import { currentScope } from "../core/scope.ts"
import { tenantsOf } from "../core/scope-tenants.ts"
import { runLoadSync } from "./entity-load.ts"
import type { RelationGuard } from "./guards.ts"
import { unloadedWrite } from "./refusals.ts"
import { noteMissingScope } from "./scope-condition.ts"

/**
 * Refuses to overwrite an unloaded collection, which would empty it by the owner's key: the rows of every tenant. Allowed where
 * every tenant is meant; with `onLeak: "report"` only recorded.
 *
 * @throws {TenantFailsafeError} `UNLOADED_WRITE`, after a record of it
 */
export function refuseUnloadedWrite(relation: RelationGuard, operation: string, em: EntityManager | undefined): void {
  const scope = currentScope()
  if (scope === undefined) noteMissingScope(relation)
  if (tenantsOf(scope) === undefined) return
  const { failsafe } = relation
  runLoadSync(failsafe, em, (load) => load.log.note(relation.findings.of("unloaded-write"), { loaded: 0, rows: 0 }))
  if (failsafe.policy.onLeak !== "report") throw unloadedWrite(relation, operation)
}
