import { helper, Reference } from "@mikro-orm/core"
import { foreignReference } from "../core/decisions.ts"
import { judge } from "../core/verdict.ts"
import type { EntityLoad } from "./entity-load.ts"
import type { RelationGuard } from "./guards.ts"
import { metaOf } from "./meta-of.ts"
import { tenantValue } from "./tenant-lookup.ts"

/** Reports the loaded to-one relations of a just hydrated entity that point at foreign rows. Nothing is altered. */
export function auditReferences(load: EntityLoad, entity: object, relations: readonly RelationGuard[]): void {
  // Once per loaded row: past MikroORM's accessors and without an iterator.
  const { __data: data } = helper(entity) as unknown as { __data: Record<string, object | null | undefined> }
  for (let index = 0; index < relations.length; index++) {
    const relation = relations[index]!
    const value = data[relation.name] ?? (entity as Record<string, object | null | undefined>)[relation.name]
    // The children of one parent point at it one after the other.
    if (value === undefined || value === null || value === load.lastOwnTarget) continue
    const target = loaded(value)
    if (target === undefined) continue
    const tenant = load.failsafe.tenantOf(metaOf(target))
    if (tenant === null) continue
    const verdict = judge(tenant.read(target), load.owned!)
    if (verdict === "own" || verdict === "shared") {
      load.lastOwnTarget = value
    } else if (verdict === "foreign") {
      noteReference(load, entity, relation)
    } else {
      load.hold({
        entities: [target],
        decide: (verdictOf) => {
          const decided = verdictOf(target)
          if (decided === "foreign") noteReference(load, entity, relation)
          if (decided === "unknown") load.log.note(relation.findings.of("unknown"), { loaded: 1, rows: 1 })
        },
        discard: () => {},
      })
    }
  }
}

/**
 * Reports the loaded to-one relations that point at these foreign rows, and returns whether there are any: rows that were loaded by
 * a query of their own are children, unless something refers to them.
 */
export function reportReferrers(load: EntityLoad, foreign: ReadonlySet<object>): boolean {
  const em = load.em!
  const identityMap = em.getUnitOfWork(false).getIdentityMap()
  let isReferred = false
  for (const owner of em.getMetadata()) {
    if (owner.embeddable || owner.virtual) continue
    for (const relation of load.failsafe.entityGuard(owner).toOne) {
      for (const entity of identityMap.getStore(owner.root).values() as Iterable<object>) {
        const target = loadedTarget(entity, relation)
        if (target === undefined || !foreign.has(target)) continue
        isReferred = true
        noteReference(load, entity, relation)
      }
    }
  }
  return isReferred
}

function noteReference(load: EntityLoad, entity: object, relation: RelationGuard): void {
  // A foreign row that points at another foreign row is reported where it was found itself.
  const own = load.failsafe.tenantOf(metaOf(entity))
  if (own !== null && judge(tenantValue(entity, own), load.owned!) === "foreign") return
  const { finding, refusal } = foreignReference(load.failsafe.policy, relation.findings)
  load.log.note(finding, { loaded: 1, rows: 1 })
  load.refuse(refusal)
}

function loadedTarget(entity: object, relation: RelationGuard): object | undefined {
  const value = (entity as Record<string, object | null | undefined>)[relation.name]
  return value === undefined || value === null ? undefined : loaded(value)
}

function loaded(value: object): object | undefined {
  const target = Reference.unwrapReference(value)
  return helper(target).isInitialized() ? target : undefined
}
