import type { Collection } from "@mikro-orm/core"
import type { EntityManager } from "@mikro-orm/sql"
import type { ReadContext, ReadPath } from "../../conformance/harness.ts"
import type { Pair } from "../../conformance/oracle.ts"
import type { Relation } from "../../conformance/relations.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { openDomain, type Guard, type Domain } from "./domain.ts"
import type { Row } from "./domain-entities.ts"

/** The configurations that the read paths need. */
const variants = {
  plain: {},
  dataloader: { dataloader: "all" },
  forceEntityConstructor: { forceEntityConstructor: true },
  forceUndefined: { forceUndefined: true },
  disableIdentityMap: { disableIdentityMap: true },
  globalFilter: {
    filters: {
      named: { cond: { label: { $ne: "never" } }, default: true, entity: ["Customer", "Address", "Note", "Tag"] },
    },
  },
  globalCache: { resultCache: { global: 60_000 } },
}

export type Variant = keyof typeof variants

/** The MikroORM instances of one database, opened when they are first asked for. */
export class DomainSession {
  readonly db: TestDatabase
  readonly #guard: Guard
  readonly #domains = new Map<Variant, Promise<Domain>>()

  constructor(db: TestDatabase, guard: Guard) {
    this.db = db
    this.#guard = guard
  }

  domain(variant: Variant = "plain"): Promise<Domain> {
    const known = this.#domains.get(variant)
    if (known !== undefined) return known
    const opened = openDomain(this.db, this.#guard, variants[variant])
    this.#domains.set(variant, opened)
    return opened
  }

  async close(): Promise<void> {
    for (const domain of this.#domains.values()) await (await domain).close()
  }
}

export type Context = ReadContext<DomainSession>

/** A context with a fresh EntityManager, and the owner and child entities of the relation under test. */
export interface Reader extends Context {
  readonly domain: Domain
  readonly em: EntityManager
  readonly property: string
  readonly Owner: Domain["entities"][string]
  readonly Child: Domain["entities"][string]
  /** Finds the parents of the relation. */
  find(options?: object, em?: EntityManager): Promise<Row[]>
}

type Options = Omit<ReadPath<DomainSession>, "run">

/** A path that ends with the parents in memory; what counts is what their collections show. */
export function owners(load: (reader: Reader) => Promise<readonly Row[]>, options: Options = {}, variant?: Variant) {
  return seen(async (reader) => pairsOf(await load(reader), reader.property), options, variant)
}

/** A path that tells itself what a user sees. */
export function seen(run: (reader: Reader) => Promise<readonly string[]>, options: Options = {}, variant?: Variant) {
  return { ...options, run: async (context: Context) => run(await reader(context, variant)) }
}

async function reader(context: Context, variant?: Variant): Promise<Reader> {
  const domain = await context.session.domain(variant)
  const { relation } = context
  const own = domain.fork()
  const Owner = domain.entities[relation.owner]!
  return {
    ...context,
    domain,
    em: own,
    property: relation.property,
    Owner,
    Child: domain.entities[relation.child]!,
    find: (options = {}, em = own) =>
      em.find(Owner, { id: { $in: [...relation.parents] } }, { orderBy: { id: "asc" }, ...options }),
  }
}

export function pairsOf(parents: readonly Row[], property: string): Pair[] {
  return parents.flatMap((parent) =>
    collectionOf(parent, property)
      .getItems()
      .map((child) => pair(parent, child)),
  )
}

export function pair(parent: Row, child: Row): Pair {
  return `${String(parent["id"])}>${keyOf(child)}`
}

export function keyOf(child: Row): string {
  const { id, series, number } = child as { id?: number | string; series?: string; number?: number }
  return id === undefined ? `${series}-${number}` : String(id)
}

export function collectionOf(parent: Row, property: string): Collection<Row> {
  return parent[property] as Collection<Row>
}

/** The property by which a child of a 1:m points at its parent. */
export function inverseOf(relation: Relation): string {
  if (relation.owner === "Customer") return relation.kind === "1:m" ? "customer" : "customers"
  return { Purchase: "purchase", Partner: "partnerOf" }[relation.owner] ?? "target"
}
