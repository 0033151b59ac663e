import type { EntityMetadata } from "@mikro-orm/core"
import { decideChildren, foreignChildren, missingScope, unknownChildren, type Decision } from "../core/decisions.ts"
import { currentContext } from "../core/scope.ts"
import { Judge, judge } from "../core/verdict.ts"
import { EntityLoad } from "./entity-load.ts"
import type { Failsafe } from "./failsafe.ts"
import type { RelationGuard } from "./guards.ts"
import { metaOf } from "./meta-of.ts"
import type { TenantOf } from "./tenant-of.ts"

/** The collection side of a screening: how a row leaves after it was let in. */
export interface Screened {
  readonly owner: object
  isInitialized(): boolean
  evict(entities: ReadonlySet<object>): void
}

/** What a screening decided: the rows to keep and the scope they were loaded for; or that nothing may be loaded. */
export interface Screening {
  readonly kept: readonly object[]
  readonly key: string | undefined
}

/**
 * Decides which of the loaded rows belong into a collection. Returns undefined when the load is refused; the collection then
 * stays unloaded. Own rows cost one comparison each; the scope is read once.
 */
export function screen(
  relation: RelationGuard,
  collection: Screened,
  items: readonly object[],
  strategy: string,
): Screening | undefined {
  const { failsafe } = relation
  const context = currentContext()
  if (context?.scope === undefined) return withoutScope(relation, items, strategy)
  const { owned } = context
  // A collection that keeps everything may be read in every scope.
  const key = failsafe.policy.onLeak === "report" ? undefined : context.key
  if (owned === undefined || items.length === 0) return { kept: items, key }

  let kept: object[] | undefined
  let foreign: object[] | undefined
  let meta: EntityMetadata | undefined
  let read: TenantOf["read"] | undefined
  let unknown: object[] | undefined
  const judgement = new Judge(owned)
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!
    if (metaOf(item) !== meta) {
      meta = metaOf(item)
      read = failsafe.tenantOf(meta)?.read
    }
    if (read !== undefined) {
      const verdict = judgement.judge(read(item))
      if (verdict === "foreign") {
        kept ??= items.slice(0, index)
        ;(foreign ??= []).push(item)
        continue
      }
      if (verdict === "unknown") (unknown ??= []).push(item)
    }
    kept?.push(item)
  }
  if (kept === undefined && unknown === undefined && relation.pivot === undefined) return { kept: items, key }

  return settleLoad(failsafe, (load) => {
    load.acquit(items)
    let decided = items
    if (foreign !== undefined) {
      const decision = foreignChildren(failsafe.policy, relation.findings)
      settleRows(load, decision, collection.owner, foreign, items.length, strategy)
      if (failsafe.policy.onLeak !== "report") decided = kept!
    }
    if (relation.pivot !== undefined) load.holdLinked({ relation, collection, items: decided })
    if (load.em === undefined && relation.pivot !== undefined && failsafe.policy.onUnknown !== "keep") decided = []
    if (unknown === undefined) return { kept: decided, key }
    if (load.em !== undefined) {
      hold(load, relation, collection, unknown, items.length)
      return { kept: decided, key }
    }
    // Synchronous: there is no looking up, and nothing is in the collection yet that could be taken out later.
    const decision = unknownChildren(failsafe.policy, relation.findings)
    const isKept = settleRows(load, decision, collection.owner, unknown, items.length, strategy)
    const undecided = new Set(unknown)
    return { kept: isKept ? decided : decided.filter((item) => !undecided.has(item)), key }
  })
}

/**
 * Decides whether a row that the ORM adds to a loaded collection, because it was loaded later, belongs there. A collection that will be
 * screened as a whole leaves records and look-ups to that.
 */
export function admits(relation: RelationGuard, collection: Screened, item: object, isScreenedLater: boolean): boolean {
  const { failsafe } = relation
  const context = currentContext()
  if (context?.scope === undefined || context.owned === undefined) return true
  const tenant = failsafe.tenantOf(metaOf(item))
  const verdict = tenant === null ? "shared" : judge(tenant.read(item), context.owned)
  if ((verdict === "own" || verdict === "shared") && relation.pivot === undefined) return true
  if (isScreenedLater) return verdict !== "foreign" || failsafe.policy.onLeak === "report"
  return settleLoad(failsafe, (load) => {
    // Unloaded, nobody sees it; loading it will ask for all its links.
    const asksLinks = relation.pivot !== undefined && verdict !== "foreign" && collection.isInitialized()
    if (asksLinks) load.holdLinked({ relation, collection, items: [item] })
    if (verdict === "own" || verdict === "shared") return true
    if (verdict === "unknown" && load.em !== undefined) {
      hold(load, relation, collection, [item], 1)
      return true
    }
    const decide = verdict === "unknown" ? unknownChildren : foreignChildren
    return settleRows(load, decide(failsafe.policy, relation.findings), collection.owner, [item], 1, "propagation")
  })
}

function withoutScope(relation: RelationGuard, items: readonly object[], strategy: string): Screening | undefined {
  const { failsafe } = relation
  return settleLoad(failsafe, (load) => {
    // The ORM tries again, select-in, what stayed unloaded after a join.
    if (load.isRefused) return undefined
    const decision = missingScope(failsafe.policy, relation.findings, load.log)
    if (decision === undefined) return { kept: items, key: undefined }
    load.log.note(decision.finding, { loaded: items.length, rows: items.length, strategy })
    load.refuse(decision.refusal)
    return decision.refusal === undefined ? { kept: items, key: undefined } : undefined
  })
}

/** Applies what was decided about rows of a collection; returns whether they stay. */
function settleRows(
  load: EntityLoad,
  { finding, isKept, refusal }: Decision,
  owner: object,
  rows: readonly object[],
  loaded: number,
  strategy: string,
): boolean {
  if (finding.what === "dropped") {
    const dropped = (load.failsafe.dropped ??= new WeakSet())
    for (const row of rows) dropped.add(row)
  }
  load.log.noteRows(finding, owner, rows, loaded, !isKept, strategy)
  load.refuse(refusal)
  return isKept
}

function hold(
  load: EntityLoad,
  relation: RelationGuard,
  collection: Screened,
  unknown: readonly object[],
  loaded: number,
): void {
  load.hold({
    entities: unknown,
    decide(verdictOf) {
      const { foreign = [], unknown: undecided = [] } = Object.groupBy(unknown, verdictOf)
      const out = new Set<object>()
      for (const [decision, rows] of decideChildren(load.failsafe.policy, relation.findings, foreign, undecided)) {
        if (settleRows(load, decision, collection.owner, rows, loaded, "look-up")) continue
        for (const row of rows) out.add(row)
      }
      if (out.size > 0) collection.evict(out)
    },
    discard: () => collection.evict(new Set(unknown)),
  })
}

/** Acts within the load that is going on; where the ORM hydrates outside of one, the action is a load of its own. */
function settleLoad<R>(failsafe: Failsafe, act: (load: EntityLoad) => R): R {
  const context = currentContext()
  const current = EntityLoad.current(context, failsafe)
  if (current !== undefined) return act(current)
  const load = new EntityLoad(failsafe, undefined, context)
  const result = act(load)
  load.close()
  return result
}
