import type { EntityMetadata } from "@mikro-orm/core"
import { foreignRoots, unknownRoots, type Decision } from "../core/decisions.ts"
import { Judge, type Verdict } from "../core/verdict.ts"
import type { EntityLoad } from "./entity-load.ts"
import type { EntityGuard } from "./guards.ts"
import { metaOf } from "./meta-of.ts"
import { reportReferrers } from "./references.ts"
import type { TenantOf } from "./tenant-of.ts"

/** Reports the foreign rows among the results of the application's own query. Nothing is altered. */
export function auditRoots(load: EntityLoad, entities: readonly object[]): void {
  const { failsafe } = load
  if (failsafe.policy.roots === "ignore") return
  judgeAll(load, entities, (guard, rows, verdictOf) => {
    const verdicts = Map.groupBy(rows, verdictOf)
    const { policy } = failsafe
    note(load, foreignRoots(policy, guard.findings), rows.length, verdicts.get("foreign")?.length ?? 0)
    note(load, unknownRoots(policy, guard.findings), rows.length, verdicts.get("unknown")?.length ?? 0)
  })
}

/** Like `auditRoots`, for an entity that was there already: a foreign one is a reference where a to-one points at it. */
export function auditReloaded(load: EntityLoad, entity: object): void {
  judgeAll(load, [entity], (guard, _, verdictOf) => {
    const verdict = verdictOf(entity)
    if (verdict === "foreign" && reportReferrers(load, new Set([entity]))) return
    const { policy } = load.failsafe
    note(load, foreignRoots(policy, guard.findings), 1, verdict === "foreign" ? 1 : 0)
    note(load, unknownRoots(policy, guard.findings), 1, verdict === "unknown" ? 1 : 0)
  })
}

/** Keeps in mind which rows of an inner query are foreign, where a to-one may point at them. */
export function suspectReferences(load: EntityLoad, entities: readonly object[]): void {
  const { failsafe, owned } = load
  // One query's rows are of one hierarchy.
  if (owned === undefined || entities.length === 0 || !failsafe.isReferenced(metaOf(entities[0]!))) return
  const judgement = new Judge(owned)
  const unknown: object[] = []
  let meta: EntityMetadata | undefined
  let tenant: TenantOf | null = null
  for (const entity of entities) {
    if (metaOf(entity) !== meta) {
      meta = metaOf(entity)
      tenant = failsafe.tenantOf(meta)
    }
    if (tenant === null) continue
    const verdict = judgement.judge(tenant.read(entity))
    if (verdict === "foreign") load.suspect(entity)
    else if (verdict === "unknown") unknown.push(entity)
  }
  if (unknown.length === 0) return
  load.hold({
    entities: unknown,
    decide(verdictOf) {
      for (const entity of unknown) if (verdictOf(entity) === "foreign") load.suspect(entity)
    },
    discard: () => {},
  })
}

type Conclude = (guard: EntityGuard, rows: readonly object[], verdictOf: (entity: object) => Verdict) => void

/** Judges rows by entity: at once where every tenant is loaded, else when the load settles. */
function judgeAll(load: EntityLoad, entities: readonly object[], conclude: Conclude): void {
  const { failsafe, owned } = load
  if (owned === undefined) return
  for (const [meta, rows] of Map.groupBy(entities, metaOf)) {
    const guard = failsafe.entityGuard(meta)
    const { tenant } = guard
    if (tenant === null) continue
    const judgement = new Judge(owned)
    const verdicts = new Map(rows.map((entity) => [entity, judgement.judge(tenant.read(entity))]))
    const unknown = rows.filter((entity) => verdicts.get(entity) === "unknown")
    if (unknown.length === 0) {
      conclude(guard, rows, (entity) => verdicts.get(entity)!)
      continue
    }
    load.hold({
      entities: unknown,
      decide(verdictOf) {
        for (const entity of unknown) verdicts.set(entity, verdictOf(entity))
        conclude(guard, rows, (entity) => verdicts.get(entity)!)
      },
      discard: () => {},
    })
  }
}

function note(load: EntityLoad, decision: Decision | undefined, loaded: number, rows: number): void {
  if (decision === undefined || rows === 0) return
  load.log.note(decision.finding, { loaded, rows })
  load.refuse(decision.refusal)
}
