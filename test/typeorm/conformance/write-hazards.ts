import type { EntityManager } from "typeorm"
import { TenantFailsafeError } from "../../../src/index.ts"
import type { Aftermath, Family, FlushPath, UnloadedHazard } from "../../conformance/harness.ts"
import { relationOf, type Relation, type RelationKey } from "../../conformance/relations.ts"
import { isNoLoop, partial, related } from "./eager-paths.ts"
import { finderOf, inverseOf, pairsOf, type DomainSession, type Find, type Variant } from "./session.ts"
import type { Row } from "./domain-entities.ts"
import type { Domain } from "./domain.ts"

interface Work {
  readonly domain: Domain
  readonly manager: EntityManager
  readonly relation: Relation
  readonly property: string
  readonly find: Find
  save(rows: readonly object[], manager?: EntityManager): Promise<Row[]>
}

const query = { relationLoadStrategy: "query" } as const

/** Loads a relation in some way, leaves it alone, and saves the parents. */
export const flushes = {
  "eager, one query": saved(({ find, property }) => find(related(property))),
  "eager, a query per relation": saved(({ find, property }) => find({ ...related(property), ...query })),
  "eager relation": saved(({ find }) => find(), "eager", isNoLoop),
  "loaded later": saved(awaited, "lazy"),
  "lazy, one query": saved(({ find, property }) => find(related(property)), "lazy"),
  "loaded again": saved(async ({ find, property }) => {
    await find(related(property))
    return find(related(property))
  }),
  "partial columns without the tenant": saved(({ find, relation }) => find(partial(relation))),
  "partial columns, a query per relation": saved(({ find, relation }) => find({ ...partial(relation), ...query })),
  serialised: saved(async ({ find, property }) => json(await find(related(property)))),
  "serialised, a query per relation": saved(async ({ find, property }) =>
    json(await find({ ...related(property), ...query })),
  ),
  "spread copy": saved(async ({ find, property }) => (await find(related(property))).map((parent) => ({ ...parent }))),
  merged: saved(async ({ manager, domain, relation, find, property }) => {
    const Owner = domain.entities[relation.owner]!
    const found = await find(related(property))
    return found.map((parent) => manager.merge(Owner, manager.create(Owner), parent))
  }),
  preloaded: saved(async ({ manager, domain, relation, find, property }) => {
    const found = json(await find(related(property)))
    return Promise.all(found.map(async (parent) => (await manager.preload(domain.entities[relation.owner]!, parent))!))
  }),
  "query builder": saved(({ manager, domain, relation, property }) =>
    manager.createQueryBuilder(domain.entities[relation.owner]!, "o").leftJoinAndSelect(`o.${property}`, "c").getMany(),
  ),
  "mapped by condition onto the relation": saved(
    ({ manager, domain, relation, property }) =>
      manager
        .createQueryBuilder(domain.entities[relation.owner]!, "o")
        .leftJoinAndMapMany(`o.${property}`, relation.child, "c", `c.${inverseOf(relation)} = o.id`)
        .getMany(),
    "plain",
    { over: ({ kind }) => kind === "1:m" },
  ),
  "ids as objects": saved(({ find, property }) =>
    find({ loadRelationIds: { relations: [property], disableMixedMap: true } }),
  ),
  "saved twice": saved(async ({ find, save, property }) => save(await find(related(property)))),
  "inside a transaction": async (session: DomainSession, key: RelationKey) => {
    const { manager, find, save, property } = await opened(session, key)
    await manager.transaction(async (inner) => save(await find(related(property), inner), inner))
  },
}

/** Edits of a loaded relation of customer 1, followed by `save`. */
export const edits = {
  "add a new child": edit((children, child) => [...children, child]),
  "remove an own child": edit((children) => children.slice(1)),
  "remove all": edit(() => []),
  "replace all": edit(([first], child) => [first!, child]),
}

/** Writes to a relation of customer 1 that nobody loaded. In TypeORM they are legal. */
export const unloaded = {
  "remove all": unloadedWrite("removes the own rows", ({ save, customer, family }) =>
    save([Object.assign(customer, { [family]: [] })]),
  ),
  "replace all": unloadedWrite("replaces the own rows", ({ save, customer, family, domain }) =>
    save([Object.assign(customer, { [family]: [newChild(domain, family)] })]),
  ),
  assign: unloadedWrite("removes the own rows", ({ save, family }) => save([{ id: 1, [family]: [] }])),
  "assign null": unloadedWrite("removes the own rows", ({ save, family }) => save([{ id: 1, [family]: null }])),
  "assign a new child": unloadedWrite("replaces the own rows", ({ save, family, domain }) =>
    save([{ id: 1, [family]: [{ ...newChild(domain, family) }] }]),
  ),
}

export async function removeParent(session: DomainSession): Promise<Aftermath> {
  const { manager, find } = await opened(session, "Customer.notes")
  const [customer] = await find(related("notes"))
  const outcome = await outcomeOf(() => manager.remove(customer!))
  return { outcome, ownAfterwards: await ownOfFirst(find, "notes") }
}

/** `"done"`, the failsafe's code, `"FOREIGN_KEY"`, or what else happened. */
async function outcomeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
    return "done"
  } catch (error) {
    if (error instanceof TenantFailsafeError) return error.code
    return /foreign key/i.test(String(error)) ? "FOREIGN_KEY" : String(error)
  }
}

function saved(
  load: (work: Work) => Promise<readonly object[]>,
  variant?: Variant,
  options: Pick<FlushPath<DomainSession>, "over"> = {},
): FlushPath<DomainSession> {
  const flush = async (session: DomainSession, key: RelationKey) => {
    const work = await opened(session, key, variant)
    await work.save(await load(work))
  }
  return Object.assign(flush, options)
}

function edit(change: (children: readonly Row[], child: Row) => Row[]) {
  return async (session: DomainSession, family: Family) => {
    const { find, save, domain } = await opened(session, `Customer.${family}`)
    const [customer] = await find(related(family))
    const children = (customer![family] as Row[]).toSorted((a, b) => Number(a["id"]) - Number(b["id"]))
    await save([Object.assign(customer!, { [family]: change(children, newChild(domain, family)) })])
  }
}

/** Right after the write, the same manager loads the relation and saves something else. */
function unloadedWrite(
  effect: UnloadedHazard<DomainSession>["effect"],
  write: (work: Work & { readonly customer: Row; readonly family: Family }) => Promise<unknown>,
): UnloadedHazard<DomainSession> {
  return {
    effect,
    async run(session, family) {
      const work = await opened(session, `Customer.${family}`)
      const [customer, second] = await work.find()
      const outcome = await outcomeOf(() => write({ ...work, customer: customer!, family }))
      await work.save([Object.assign(second!, { nickname: "still works" })])
      return { outcome, ownAfterwards: await ownOfFirst(work.find, family) }
    },
  }
}

async function ownOfFirst(find: Find, family: Family) {
  return pairsOf((await find(related(family))).slice(0, 1), family).toSorted()
}

function newChild(domain: Domain, family: Family): Row {
  const entity = { addresses: "Address", notes: "Note", tags: "Tag", labels: "Label", badges: "Badge" }[family]
  return domain.manager.create(domain.entities[entity]!, { id: 900, label: "new", merchantId: 1 })
}

async function opened(session: DomainSession, key: RelationKey, variant?: Variant): Promise<Work> {
  const domain = await session.domain(key, variant)
  const relation = relationOf(key)
  const { manager, entities } = domain
  return {
    domain,
    manager,
    relation,
    property: relation.property,
    find: finderOf(domain, relation),
    save: (rows, other = manager) => other.save(entities[relation.owner]!, rows as Row[]),
  }
}

async function awaited({ find, property }: Work): Promise<Row[]> {
  const found = await find()
  for (const parent of found) await parent[property]
  return found
}

function json(rows: readonly Row[]): Row[] {
  return JSON.parse(JSON.stringify(rows)) as Row[]
}
