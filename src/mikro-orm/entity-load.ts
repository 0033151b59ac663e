import type { EntityManager } from "@mikro-orm/core"
import { captureOrigin } from "../core/call-site.ts"
import type { TenantFailsafeError } from "../core/errors.ts"
import { trackScope } from "../core/last-scoped.ts"
import { LeakLog } from "../core/leak-log.ts"
import { tenantsOf } from "../core/scope-tenants.ts"
import type { TenantId } from "../core/tenant-id.ts"
import { currentContext, runInContext } from "../core/scope.ts"
import { loadingIn, type Observer, type ScopeContext } from "../core/scope-context.ts"
import { judge, type Verdict } from "../core/verdict.ts"
import type { Failsafe } from "./failsafe.ts"
import { checkLinks, leaveUnchecked, type Linked } from "./pivot-links.ts"
import { metaOf } from "./meta-of.ts"
import { reportReferrers } from "./references.ts"
import type { TenantOf } from "./tenant-of.ts"
import { lookUpTenants, tenantValue } from "./tenant-lookup.ts"

/** Rows whose tenant was not loaded with them: decided together when the load settles. */
export interface Held {
  readonly entities: readonly object[]
  /** Applies the verdicts; `"unknown"` where the look-up found no tenant either. */
  decide(verdictOf: (entity: object) => Verdict): void
  /** Takes the rows out without a record, because the load failed before they could be judged. */
  discard(): void
}

/**
 * One load: a call of the application's from its start until its promise resolves, with everything that the ORM reads in
 * between. Findings are gathered here, so that a relation yields one record per load, and rows of unknown tenant wait here
 * until one query per entity has told whose they are.
 */
export class EntityLoad {
  readonly failsafe: Failsafe
  readonly em: EntityManager | undefined
  /** The normalised keys of the tenants that are own; undefined where nothing is judged. */
  readonly owned: ReadonlySet<string> | undefined
  readonly log: LeakLog
  /** Foreign rows that came by queries of their own: children, or targets of a to-one. Each with the number of those queries. */
  readonly #suspects = new Map<object, number>()
  /** The value of a to-one whose target was found to be own last. */
  lastOwnTarget: object | undefined
  /** Set while a query within this load is about to be sent through a fork: the fork's load is an inner one. */
  expectsFork = false
  /** Its rows go to the ORM and not to the application. */
  readonly isInner: boolean
  /** In a fork whose rows are copied into another EntityManager, foreign rows must not stay behind. */
  readonly isRefresh: boolean
  readonly #observers: readonly Observer[]
  readonly #held: Held[] = []
  readonly #linked: Linked[] = []
  readonly #tenants: readonly TenantId[]
  #refusal: TenantFailsafeError | undefined

  constructor(failsafe: Failsafe, em: EntityManager | undefined, context: ScopeContext | undefined, isRefresh = false) {
    const outer = EntityLoad.current(context, failsafe)
    this.failsafe = failsafe
    this.em = em
    this.owned = context?.scope === undefined ? undefined : context.owned
    this.#tenants = tenantsOf(context?.scope) ?? []
    // In a bypass nothing is detected, so nobody will ask where the load began.
    const origin = context?.scope?.kind === "bypass" ? undefined : captureOrigin()
    // What all requests share tells nothing about one of them.
    const isOneRequests = origin !== undefined && em !== undefined && !em.global
    this.log = new LeakLog(origin, isOneRequests ? trackScope(em, context, origin) : undefined)
    this.isRefresh = isRefresh || outer?.isRefresh === true
    this.isInner = outer?.expectsFork === true
    this.#observers = context?.observers ?? []
  }

  /** The load that is going on in this context, if it is one of the given failsafe's. */
  static current(context: ScopeContext | undefined, failsafe: Failsafe): EntityLoad | undefined {
    const load = context?.load
    return load instanceof EntityLoad && load.failsafe === failsafe && !load.log.isOver ? load : undefined
  }

  hold(held: Held): void {
    this.#held.push(held)
  }

  /** Items of an m:n relation whose links have a tenant of their own. */
  holdLinked(linked: Linked): void {
    this.#linked.push(linked)
  }

  suspect(entity: object): void {
    this.#suspects.set(entity, (this.#suspects.get(entity) ?? 0) + 1)
  }

  /** These rows were loaded for a collection: one query less that may have been a reference's. */
  acquit(entities: readonly object[]): void {
    if (this.#suspects.size === 0) return
    for (const entity of entities) {
      const queries = this.#suspects.get(entity)
      if (queries === 1) this.#suspects.delete(entity)
      else if (queries !== undefined) this.#suspects.set(entity, queries - 1)
    }
  }

  get isRefused(): boolean {
    return this.#refusal !== undefined
  }

  /** Lets the load fail at its end, when every collection is in a consistent state. The first refusal counts. */
  refuse(error: TenantFailsafeError | undefined): void {
    this.#refusal ??= error
  }

  /** Looks up what is unknown, decides it, publishes the records; throws when the load is refused. */
  async settle(): Promise<void> {
    for (let looked = 0; looked < this.#held.length || this.#linked.length > 0;) {
      const entities = this.#held.slice(looked).flatMap((held) => held.entities)
      looked = this.#held.length
      // What an earlier load looked up may have changed since.
      const unknown = entities.filter((entity) => this.#tenantOf(entity)?.read(entity) === undefined)
      if (this.em === undefined) break
      if (unknown.length > 0) await lookUpTenants(this.em, this.failsafe, unknown)
      const linked = this.#linked.splice(0)
      if (linked.length > 0) await checkLinks(this, this.em, this.#tenants, linked)
    }
    this.close()
  }

  /** Like `settle`, without a look-up: for what the ORM does synchronously. */
  close(): void {
    for (const held of this.#held.splice(0)) held.decide((entity) => this.#judge(entity))
    for (const linked of this.#linked.splice(0)) leaveUnchecked(this, linked)
    if (this.#suspects.size > 0) reportReferrers(this, new Set(this.#suspects.keys()))
    this.#suspects.clear()
    this.log.publish(this.#observers, this.failsafe.rowSecurity)
    if (this.#refusal !== undefined) throw this.#refusal
  }

  #judge(entity: object): Verdict {
    return this.owned === undefined ? "own" : judge(this.#valueOf(entity), this.owned)
  }

  #valueOf(entity: object): unknown {
    const tenant = this.#tenantOf(entity)
    return tenant === null ? null : tenantValue(entity, tenant)
  }

  #tenantOf(entity: object): TenantOf | null {
    return this.failsafe.tenantOf(metaOf(entity))
  }

  /**
   * The ORM failed on the way: nothing that could not be judged may stay in a collection. Returns the reason: a refusal that came
   * before, since the ORM stumbles over a collection that stayed unloaded.
   */
  abandon(error: unknown): unknown {
    for (const held of this.#held.splice(0)) held.discard()
    for (const { collection, items } of this.#linked.splice(0)) collection.evict(new Set(items))
    this.log.publish(this.#observers, this.failsafe.rowSecurity)
    return this.#refusal ?? error
  }
}

/** Runs an operation of an EntityManager as one load; an operation within a load of the same EntityManager belongs to it. */
export function runLoad<R>(
  failsafe: Failsafe,
  em: EntityManager,
  run: (load: EntityLoad, isOutermost: boolean) => Promise<R>,
  context: ScopeContext | undefined = currentContext(),
  isRefresh = false,
): Promise<R> {
  const current = EntityLoad.current(context, failsafe)
  if (current?.em === em) return within(current, run)
  const load = new EntityLoad(failsafe, em, context, isRefresh)
  return runInContext(loadingIn(context, load), () => settled(load, run))
}

/** The synchronous counterpart of `runLoad`. */
export function runLoadSync<R>(failsafe: Failsafe, em: EntityManager | undefined, run: (load: EntityLoad) => R): R {
  const context = currentContext()
  const current = EntityLoad.current(context, failsafe)
  if (current !== undefined && (em === undefined || current.em === em)) return run(current)
  const load = new EntityLoad(failsafe, em, context)
  return runInContext(loadingIn(context, load), () => {
    load.log.begin()
    try {
      const result = run(load)
      load.close()
      return result
    } catch (error) {
      throw load.abandon(error)
    } finally {
      load.log.end()
    }
  })
}

/** An operation within a load. One that nobody awaited may end after the load did. */
async function within<R>(load: EntityLoad, run: (load: EntityLoad, isOutermost: boolean) => Promise<R>): Promise<R> {
  load.log.begin()
  try {
    return await run(load, false)
  } finally {
    load.log.end()
    if (load.log.isOver) await load.settle()
  }
}

async function settled<R>(load: EntityLoad, run: (load: EntityLoad, isOutermost: boolean) => Promise<R>): Promise<R> {
  load.log.begin()
  try {
    const result = await run(load, !load.isInner)
    await load.settle()
    return result
  } catch (error) {
    throw load.abandon(error)
  } finally {
    load.log.end()
  }
}
