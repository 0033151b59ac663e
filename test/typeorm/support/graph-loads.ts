import type { DataSource, EntityManager, SelectQueryBuilder } from "typeorm"
import type { Relation } from "./graph.ts"
import { childrenOf, setChildren, type Entity } from "./graph-held.ts"
import type { LoadStep } from "./graph-steps.ts"

/** What a load asks for. */
export interface Wanted extends Pick<LoadStep, "strategy" | "withProfile" | "withDeleted" | "page" | "pick"> {
  /** With `lines`, the purchases are among them. */
  readonly relations: ReadonlySet<Relation>
  /** The one customer that is asked for, or null for all. */
  readonly one: number | null
}

/** Loads customers; each relation of each of them in a query of its own where `isEach`. */
interface Way {
  readonly isEach?: boolean
  load(dataSource: DataSource, wanted: Wanted): Promise<Entity[]>
}

/** The ways to load customers whose entities can be saved afterwards. */
export const loadWays = {
  find: { load: ({ manager }, wanted) => find(manager, wanted) },
  transaction: { load: (dataSource, wanted) => dataSource.transaction((manager) => find(manager, wanted)) },
  builder: { load: ({ manager }, wanted) => join(builderOf(manager, wanted), wanted, "all").getMany() },
  partial: {
    load: ({ manager }, wanted) =>
      join(builderOf(manager, wanted).select(["c.id", "c.name"]), wanted, "partial").getMany(),
  },
  loadMany: {
    isEach: true,
    async load({ manager }, wanted) {
      const customers = await builderOf(manager, wanted).getMany()
      const load = async (entity: string, owner: Entity, relation: Relation): Promise<void> => {
        setChildren(owner, relation, await manager.createQueryBuilder().relation(entity, relation).of(owner).loadMany())
      }
      for (const customer of customers) {
        for (const relation of topOf(wanted)) await load("Customer", customer, relation)
        if (!wanted.relations.has("lines")) continue
        for (const purchase of childrenOf(customer, "purchases")!) await load("Purchase", purchase, "lines")
      }
      return customers
    },
  },
  lazy: {
    isEach: true,
    async load({ manager }, wanted) {
      const customers = await builderOf(manager, wanted).getMany()
      await Promise.all(
        customers.map((customer) => Promise.all(topOf(wanted).map(async (relation) => customer[relation]))),
      )
      if (!wanted.relations.has("lines")) return customers
      const purchases = customers.flatMap((customer) => childrenOf(customer, "purchases")!)
      await Promise.all(purchases.map(async (purchase) => purchase["lines"]))
      return customers
    },
  },
} satisfies Record<string, Way>

export type LoadWay = keyof typeof loadWays

function find(manager: EntityManager, wanted: Wanted): Promise<Entity[]> {
  const tops = Object.fromEntries(topOf(wanted).map((relation) => [relation, true as const]))
  const nested = wanted.relations.has("lines") ? { purchases: { lines: { product: true } } } : {}
  return manager.find<Entity>("Customer", {
    relations: { ...tops, ...nested, ...(wanted.withProfile ? { profile: true } : {}) },
    relationLoadStrategy: wanted.strategy,
    order: { id: "ASC" },
    withDeleted: wanted.withDeleted,
    ...(wanted.one === null ? {} : { where: { id: wanted.one } }),
    ...wanted.page,
  })
}

function builderOf(manager: EntityManager, { one, withDeleted }: Wanted): SelectQueryBuilder<Entity> {
  const builder = manager.createQueryBuilder<Entity>("Customer", "c").orderBy("c.id", "ASC")
  if (withDeleted) builder.withDeleted()
  return one === null ? builder : builder.where("c.id = :one", { one })
}

function join(
  builder: SelectQueryBuilder<Entity>,
  { relations, withProfile }: Wanted,
  columns: "all" | "partial",
): SelectQueryBuilder<Entity> {
  const add = (path: string, alias: string): void => {
    if (columns === "all") builder.leftJoinAndSelect(path, alias)
    else builder.leftJoin(path, alias).addSelect([`${alias}.id`, `${alias}.text`])
  }
  for (const relation of relations) add(relation === "lines" ? "purchases.lines" : `c.${relation}`, relation)
  if (withProfile) add("c.profile", "profile")
  return builder
}

function topOf({ relations }: Wanted): Exclude<Relation, "lines">[] {
  return [...relations].filter((relation) => relation !== "lines")
}

/** What a load shows that can only be looked at. */
export interface Shown {
  readonly relation: Relation
  readonly owner: number
  readonly ids: readonly number[]
}

/** `leftJoinAndMapMany` takes a relation, or an entity and a condition: what it finds then has no other name than the property. */
export function isByRelation({ pick }: Wanted): boolean {
  return pick % 2 === 0
}

/** The ways to load whose result is looked at and never saved. */
export const lookWays = {
  async ids({ manager }: DataSource, wanted: Wanted): Promise<Shown[]> {
    const relations = topOf(wanted)
    const customers = await manager.find<Entity>("Customer", {
      loadRelationIds: { relations },
      order: { id: "ASC" },
      ...(wanted.one === null ? {} : { where: { id: wanted.one } }),
    })
    return customers.flatMap((customer) =>
      relations.map((relation) => ({
        relation,
        owner: customer.id!,
        ids: childrenOf(customer, relation) as unknown as number[],
      })),
    )
  },

  async mapped({ manager }: DataSource, wanted: Wanted): Promise<Shown[]> {
    const builder = builderOf(manager, wanted)
    if (isByRelation(wanted)) builder.leftJoinAndMapMany("c.mapped", "c.notes", "m")
    else builder.leftJoinAndMapMany("c.mapped", "Note", "m", "m.customer = c.id")
    const customers = await builder.getMany()
    return customers.map((customer) => ({
      relation: "notes",
      owner: customer.id!,
      ids: (customer["mapped"] as Entity[]).map(({ id }) => id!),
    }))
  },

  /** The purchases of every tenant: foreign ones are reported and stay, with the lines that are not foreign. */
  async roots({ manager }: DataSource, { strategy }: Wanted): Promise<Shown[]> {
    const purchases = await manager.find<Entity>("Purchase", {
      relations: { lines: true, customer: true },
      relationLoadStrategy: strategy,
    })
    return purchases.map((purchase) => ({
      relation: "lines",
      owner: purchase.id!,
      ids: childrenOf(purchase, "lines")!.map(({ id }) => id!),
    }))
  },
}

export type LookWay = keyof typeof lookWays
