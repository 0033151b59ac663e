import { In, type EntityManager, type EntitySchema } from "typeorm"
import type { ReadContext, ReadPath } from "../../conformance/harness.ts"
import type { Pair } from "../../conformance/oracle.ts"
import type { Relation, RelationKey } from "../../conformance/relations.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { openDomain, type Domain, type Guard } from "./domain.ts"
import type { Row, Shape } from "./domain-entities.ts"

// TypeORM fills its cache on a connection of its own.
const cacheOptions = { cache: { duration: 60_000 }, extra: { max: 2 } }

/** The DataSources that the paths need: some for each relation under test. */
const variants = {
  plain: { shape: () => ({}), options: {} },
  lazy: { shape: () => ({ isLazy: true }), options: {} },
  "lazy, query": { shape: () => ({ isLazy: true }), options: { relationLoadStrategy: "query" } },
  eager: { shape: (key: RelationKey) => ({ eager: key }), options: {} },
  "eager and lazy": { shape: (key: RelationKey) => ({ eager: key, isLazy: true }), options: {} },
  ids: { shape: (key: RelationKey) => ({ ids: key }), options: {} },
  query: { shape: () => ({}), options: { relationLoadStrategy: "query" } },
  cache: { shape: () => ({}), options: cacheOptions },
  "cache, always": {
    shape: () => ({}),
    options: { ...cacheOptions, cache: { duration: 60_000, alwaysEnabled: true } },
  },
} satisfies Record<string, { shape(key: RelationKey): Shape; options: object }>

export type Variant = keyof typeof variants

/** The DataSources of one database, opened when they are first asked for. */
export class DomainSession {
  readonly db: TestDatabase
  readonly #guard: Guard
  readonly #domains = new Map<string, Promise<Domain>>()

  constructor(db: TestDatabase, guard: Guard) {
    this.db = db
    this.#guard = guard
  }

  domain(key: RelationKey, variant: Variant = "plain"): Promise<Domain> {
    const { shape, options } = variants[variant]
    const name = JSON.stringify([variant, shape(key)])
    const known = this.#domains.get(name)
    if (known !== undefined) return known
    const opened = openDomain(this.db, this.#guard, shape(key), options)
    this.#domains.set(name, opened)
    return opened
  }

  async close(): Promise<void> {
    for (const domain of this.#domains.values()) await (await domain).close()
  }
}

export type Context = ReadContext<DomainSession>

export type Find = (options?: object, manager?: EntityManager) => Promise<Row[]>

/** A context with the owner and child entities of the relation under test. */
export interface Reader extends Context {
  readonly domain: Domain
  readonly manager: EntityManager
  readonly property: string
  readonly Owner: EntitySchema<Row>
  readonly Child: EntitySchema<Row>
  /** Finds the parents of the relation. */
  readonly find: Find
}

type Options = Omit<ReadPath<DomainSession>, "run">

/** A path that ends with the parents in memory; what counts is what their arrays hold. */
export function owners(load: (reader: Reader) => Promise<readonly Row[]>, options: Options = {}, variant?: Variant) {
  return seen(async (reader) => pairsOf(await load(reader), reader.property), options, variant)
}

/** A path that tells itself what a user sees. */
export function seen(run: (reader: Reader) => Promise<readonly string[]>, options: Options = {}, variant?: Variant) {
  return { ...options, run: async (context: Context) => run(await readerOf(context, variant)) }
}

async function readerOf(context: Context, variant?: Variant): Promise<Reader> {
  const { relation, key, session } = context
  const domain = await session.domain(key, variant)
  return {
    ...context,
    domain,
    manager: domain.manager,
    property: relation.property,
    Owner: domain.entities[relation.owner]!,
    Child: domain.entities[relation.child]!,
    find: finderOf(domain, relation),
  }
}

/** Finds the parents of a relation. */
export function finderOf({ manager, entities }: Domain, { owner, parents }: Relation): Find {
  const where = { id: In([...parents]) }
  return (options = {}, other = manager) => other.find(entities[owner]!, { where, order: { id: "ASC" }, ...options })
}

/** Runs for one parent after the other, as an application does that has one at a time. */
export async function eachParent<R>({ parents }: Relation, run: (id: number) => Promise<R>): Promise<R[]> {
  const found: R[] = []
  for (const id of parents) found.push(await run(id))
  return found
}

export function pairsOf(parents: readonly Row[], property: string): Pair[] {
  return parents.flatMap((parent) => childrenIn(parent, property).map((child) => pair(parent, child)))
}

export function childrenIn(parent: Row, property: string): readonly Row[] {
  return parent[property] as Row[]
}

/** The child is a row or, where only ids were loaded, its id. */
export function pair(parent: Row, child: unknown): Pair {
  return `${String(parent["id"])}>${keyOf(child)}`
}

function keyOf(child: unknown): string {
  if (typeof child !== "object" || child === null) return String(child)
  const { id, series, number } = child as { id?: number; series?: string; number?: number }
  return id === undefined ? `${series}-${number}` : String(id)
}

/** The columns without which TypeORM makes no entity. */
export function keyColumns({ child }: Relation): readonly string[] {
  return child === "Line" ? ["series", "number"] : ["id"]
}

/** The property by which a child of a 1:m points at its parent. */
export function inverseOf({ owner }: Relation): string {
  return owner === "Purchase" ? "purchase" : "customer"
}
