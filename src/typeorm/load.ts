import type { ObjectLiteral, QueryRunner } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { captureOrigin, type Origin } from "../core/call-site.ts"
import { trackScope } from "../core/last-scoped.ts"
import { LeakLog } from "../core/leak-log.ts"
import { currentContext, runInContext } from "../core/scope.ts"
import { loadingIn, type ScopeContext } from "../core/scope-context.ts"
import type { Failsafe } from "./failsafe.ts"
import type { RelationGuard } from "./guards.ts"
import type { Hydration } from "./hydration.ts"
import type { Save } from "./writes/save.ts"
import type { Statement } from "./writes/statements/statement.ts"

/** What the rows of a query are that TypeORM makes on its own, while it loads or saves something else. */
export type Role =
  /** The rows of a relation, loaded for these entities. */
  | {
      readonly kind: "relation"
      readonly guard: RelationGuard
      readonly relation: RelationMetadata
      readonly owners: readonly ObjectLiteral[]
    }
  /** The rows of a tree below an entity; each is the owner of its children. */
  | { readonly kind: "tree"; readonly guard: RelationGuard; readonly owners: readonly ObjectLiteral[] }
  /** The stored state that `save` compares an entity with: of every tenant. */
  | { readonly kind: "snapshot" }
  /** The rows of a relation that is left alone on purpose. */
  | { readonly kind: "unfiltered" }

/** What TypeORM is in the middle of writing. */
export type Persisting =
  | { readonly kind: "save"; readonly save: Save }
  /** What it sends of a `save` that was judged. */
  | { readonly kind: "judged" }
  /** What it sends for `relation().of()`, whose rows were judged by their keys. */
  | { readonly kind: "judged rows" }
  | { readonly kind: "statement"; readonly statement: Statement }

/** What the queries within one call of the application's share, carried by the scope's context. */
export class Load {
  readonly failsafe: Failsafe
  /** Where findings are gathered until the outermost query is done; undefined before it has begun. */
  readonly log: LeakLog | undefined
  /** What the next query is; undefined for the application's own. */
  readonly role: Role | undefined
  /** Where the load began, if that was before its first query. */
  readonly origin: Origin | undefined
  /** How many queries took the role over. */
  taken = 0
  /** The query that is just becoming entities. In here, because one query builder may run for several tenants at a time. */
  hydration: Hydration | undefined
  readonly persisting: Persisting | undefined

  constructor(failsafe: Failsafe, log: LeakLog | undefined, role?: Role, origin?: Origin, persisting?: Persisting) {
    this.failsafe = failsafe
    this.log = log
    this.role = role
    this.origin = origin
    this.persisting = persisting
  }

  /** The load that is going on in a context, if it is one of this failsafe's. */
  static current(context: ScopeContext | undefined, failsafe: Failsafe): Load | undefined {
    const load = context?.load
    return load instanceof Load && load.failsafe === failsafe && load.log?.isOver !== true ? load : undefined
  }
}

/** Runs what makes a query on its own, so that the query knows what its rows are. */
export function runAs<R>(failsafe: Failsafe, role: Role, run: (load: Load) => R): R {
  const context = currentContext()
  const log = Load.current(context, failsafe)?.log
  // Behind a lazy relation's getter, TypeORM's own frames would push the application's off the stack.
  const isFirst = log === undefined && role.kind !== "snapshot"
  const load = new Load(failsafe, log, role, isFirst ? captureOrigin() : undefined)
  return runInContext(loadingIn(context, load), () => run(load))
}

/** Runs TypeORM's persistence. What listeners load meanwhile are loads of their own. */
export function runPersisting<R>(failsafe: Failsafe, persisting: Persisting, run: () => R): R {
  const load = new Load(failsafe, undefined, undefined, undefined, persisting)
  return runInContext(loadingIn(currentContext(), load), run)
}

/** The write in which this happens. */
export function currentPersisting(failsafe: Failsafe): Persisting | undefined {
  return Load.current(currentContext(), failsafe)?.persisting
}

/** The `save` or `remove` in which this happens. */
export function currentSave(failsafe: Failsafe): Save | undefined {
  const persisting = currentPersisting(failsafe)
  return persisting?.kind === "save" ? persisting.save : undefined
}

/**
 * Runs a load: what it finds is published when the outermost one ends, so that a relation yields one record however many
 * queries were made.
 */
export async function runLoad<R>(
  failsafe: Failsafe,
  run: (log: LeakLog, load: Load) => Promise<R>,
  queryRunner?: QueryRunner,
): Promise<R> {
  const context = currentContext()
  const current = Load.current(context, failsafe)
  const around = current?.log
  const log = around ?? logOf(current?.origin ?? captureOrigin(), context, queryRunner)
  const load = new Load(failsafe, log)
  log.begin()
  try {
    return await runInContext(loadingIn(context, load), () => run(log, load))
  } finally {
    log.end()
    if (around === undefined || log.isOver) log.publish(context?.observers ?? [], failsafe.rowSecurity)
  }
}

/**
 * The log of what begins here. A transaction is one request's; a query runner that serves one query tells nothing about the one before.
 */
export function logOf(
  origin: Origin,
  context: ScopeContext | undefined,
  queryRunner: QueryRunner | undefined,
): LeakLog {
  const isOneRequests = queryRunner?.isTransactionActive === true
  return new LeakLog(origin, isOneRequests ? trackScope(queryRunner, context, origin) : undefined)
}
