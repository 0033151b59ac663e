import type { EntityManager } from "@mikro-orm/core"
import { currentScope } from "../core/scope.ts"
import { tenantsOf } from "../core/scope-tenants.ts"
import { runLoadSync } from "./entity-load.ts"
import type { RelationGuard } from "./guards.ts"
import { unloadedWrite } from "./refusals.ts"
import { noteMissingScope } from "./scope-condition.ts"

/**
 * Refuses to overwrite an unloaded collection, which would empty it by the owner's key: the rows of every tenant. Allowed where
 * every tenant is meant; with `writes: "report"` only recorded.
 *
 * @throws {TenantFailsafeError} `UNLOADED_WRITE`, after a record of it
 */
export function refuseUnloadedWrite(relation: RelationGuard, operation: string, em: EntityManager | undefined): void {
  const { failsafe } = relation
  const { writes } = failsafe.policy
  if (writes === "allow") return
  const scope = currentScope()
  if (scope === undefined) noteMissingScope(relation)
  if (tenantsOf(scope) === undefined) return
  runLoadSync(failsafe, em, (load) => load.log.note(relation.findings.of("unloaded-write"), { loaded: 0, rows: 0 }))
  if (writes === "throw") throw unloadedWrite(relation, operation)
}
