import type { LeakReport } from "../../src/core/leak-report.ts"
import type { DatabaseKind, TestDatabase } from "../support/databases.ts"
import type { Pair } from "./oracle.ts"
import type { Relation, RelationKey } from "./relations.ts"

/** What an ORM brings to the conformance suite. The suite brings tables, rows and expectations. */
export interface Harness<Session> {
  readonly orm: string
  /** The relations that the ORM can map: all of them unless given. */
  readonly relations?: readonly RelationKey[]
  /** Opens the ORM, guarded, over the tables of `schema.ts`. */
  open(db: TestDatabase): Promise<Session>
  close(session: Session): Promise<void>
  readonly reads: Paths<RequiredRead, ReadPath<Session>>
  readonly chains: Paths<RequiredChain, ChainPath<Session>>
  readonly crowds: Paths<RequiredCrowd, (session: Session, customer: number) => Promise<readonly number[]>>
  readonly flushes: Paths<RequiredFlush, FlushPath<Session>>
  readonly edits: Readonly<Record<RequiredEdit, EditHazard<Session>>>
  readonly unloaded: Paths<RequiredUnloaded, UnloadedHazard<Session>>
  /** Removes customer 1 with its notes loaded; the notes are removed along with their customer. */
  removeParent(session: Session): Promise<Aftermath>
}

/** The keys that every ORM owes, and those that only one ORM has. */
export type Paths<Required extends string, Path> = Readonly<Record<Required, Path>> & Readonly<Record<string, Path>>

export type RequiredRead =
  | "eager, one query"
  | "eager, a query per relation"
  | "found one"
  | "found and counted"
  | "loaded later"
  | "loaded again"
  | "partial columns without the tenant"
  | "query builder"
  | "serialised"
  | "inside a transaction"
  | "result cache filled by another tenant"
  | "same manager, after another tenant"

export type RequiredChain = "eager, one query" | "eager, a query per relation" | "loaded later"

export type RequiredCrowd = "eager, one query"

export type RequiredFlush =
  | "eager, one query"
  | "eager, a query per relation"
  | "loaded later"
  | "loaded again"
  | "partial columns without the tenant"
  | "serialised"

/** Edits of a loaded collection of customer 1, each followed by a flush. New children have the id 900. */
export type RequiredEdit = "add a new child" | "remove an own child" | "remove all" | "replace all"

/** Writes that would reach rows which nobody loaded. */
export type RequiredUnloaded = "remove all" | "replace all" | "assign"

/** One way to read a to-many relation; called inside the scope. */
export interface ReadPath<Session> {
  /** The relations that can be read this way: all of them unless given. */
  over?(relation: Relation): boolean
  /** The databases on which the ORM can read this way: all of them unless given. */
  readonly on?: readonly DatabaseKind[]
  /** Returns what a user sees: pairs of parent and child, or `"1: 3"` for a path that only counts. */
  run(context: ReadContext<Session>): Promise<readonly string[]>
  readonly yields?: "pairs" | "counts"
  /** Whether foreign rows reach the ORM and are dropped with a report (default), or the database leaves them out. */
  readonly foreignRows?: "dropped" | "never fetched"
  /** One load of all parents (default), or one for each. */
  readonly loads?: "together" | "per parent"
  /** What a report counts as loaded: all rows (default), or the foreign ones where rows arrive one by one. */
  readonly counts?: "all rows" | "foreign rows"
  /** Reports of these kinds are no business of this path. */
  readonly ignores?: readonly LeakReport["what"][]
}

export interface ReadContext<Session> {
  readonly session: Session
  readonly key: RelationKey
  readonly relation: Relation
  readonly db: TestDatabase
  /** The largest number of own children that a parent has. */
  readonly mostOwn: number
  /** Runs in the same scope, but its reports do not count. */
  unobserved<R>(run: () => Promise<R>): Promise<R>
  /** Runs in the scope of a tenant other than the tested one; its reports do not count. */
  asOther<R>(run: () => Promise<R>): Promise<R>
}

/** Reads all purchases with their lines and the lines' products. */
export interface ChainPath<Session> {
  readonly loads?: "together" | "per parent"
  run(session: Session): Promise<{ readonly lines: readonly Pair[]; readonly products: readonly Pair[] }>
}

/** Loads a relation, leaves it alone and saves everything. */
export interface FlushPath<Session> {
  (session: Session, key: RelationKey): Promise<void>
  /** The relations that can be loaded this way: all of them unless given. */
  over?(relation: Relation): boolean
}

/** The to-many relations of a customer whose writes differ. */
export type Family = "addresses" | "notes" | "tags" | "labels" | "badges"

export type EditHazard<Session> = (session: Session, family: Family) => Promise<void>

/** What became of a write: `"done"` or why not, and what the same manager reads afterwards. */
export interface Aftermath {
  readonly outcome: string
  readonly ownAfterwards: readonly Pair[]
}

/** A write to a relation of customer 1 that nobody loaded; the same manager then saves customer 2. A new child has the id 900. */
export interface UnloadedHazard<Session> {
  /** Whether the failsafe refuses such writes, or lets them reach the own rows. */
  readonly effect: "is refused" | "removes the own rows" | "replaces the own rows"
  run(session: Session, family: Family): Promise<Aftermath>
}
