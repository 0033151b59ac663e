import { serialize } from "@mikro-orm/core"
import { TenantFailsafeError } from "../../../src/index.ts"
import type { Aftermath, Family, UnloadedHazard } from "../../conformance/harness.ts"
import type { Pair } from "../../conformance/oracle.ts"
import { relationOf, type RelationKey } from "../../conformance/relations.ts"
import { collectionOf, pairsOf, type DomainSession } from "./session.ts"
import type { Row } from "./domain-entities.ts"
import type { Domain } from "./domain.ts"

type Em = ReturnType<Domain["fork"]>

/** Loads a relation in some way, reads it, and flushes. */
export const flushes = {
  "eager, one query": flushAfter((owners, property) => owners({ populate: [property], strategy: "joined" })),
  "eager, a query per relation": flushAfter((owners, property) =>
    owners({ populate: [property], strategy: "select-in" }),
  ),
  balanced: flushAfter((owners, property) => owners({ populate: [property], strategy: "balanced" })),
  "loaded later": flushAfter(async (owners, property) => {
    const found = await owners()
    for (const owner of found) await collectionOf(owner, property).init()
    return found
  }),
  "data loader": flushAfter(async (owners, property) => {
    const found = await owners()
    if (property === "reactions") return owners({ populate: [property] })
    await Promise.all(found.map((owner) => collectionOf(owner, property).load({ dataloader: true })))
    return found
  }),
  "loaded again": flushAfter(async (owners, property) => {
    await owners({ populate: [property] })
    return owners({ populate: [property], refresh: true })
  }),
  "loaded again, joined": flushAfter(async (owners, property) => {
    await owners({ populate: [property], strategy: "joined" })
    return owners({ populate: [property], strategy: "joined", refresh: true })
  }),
  "joined after select-in": flushAfter(async (owners, property) => {
    await owners({ populate: [property] })
    return owners({ populate: [property], strategy: "joined" })
  }),
  "em.refresh": flushAfter((owners, property, em) => refreshed(owners, property, em, "select-in")),
  "em.refresh of an unloaded collection, joined": flushAfter((owners, property, em) =>
    refreshed(owners, property, em, "joined"),
  ),
  "partial columns without the tenant": flushAfter((owners, property) =>
    owners({ fields: ["id", "label", `${property}.label`], strategy: "select-in" }),
  ),
  "partial columns, joined": flushAfter((owners, property) =>
    owners({ fields: ["id", "label", `${property}.label`], strategy: "joined" }),
  ),
  serialised: flushAfter(async (owners, property) => {
    const found = await owners({ populate: [property] })
    JSON.stringify(found)
    serialize(found, { populate: [property] } as never)
    return found
  }),
  "children loaded first": async (session: DomainSession, key: RelationKey) => {
    const { em, find, domain } = await opened(session, key)
    const { child, property } = relationOf(key)
    await em.find(domain.entities[child]!, {})
    pairsOf(await find({ populate: [property] }), property)
    await em.flush()
  },
  "query builder": async (session: DomainSession, key: RelationKey) => {
    const { em, domain } = await opened(session, key)
    const { owner, property } = relationOf(key)
    const builder = em.createQueryBuilder(domain.entities[owner] as never, "o").select("*")
    pairsOf(await builder.leftJoinAndSelect(`o.${property}` as never, "c").getResultList(), property)
    await em.flush()
  },
  "inside a transaction": async (session: DomainSession, key: RelationKey) => {
    const { em, domain } = await opened(session, key)
    const { owner, property } = relationOf(key)
    await em.transactional(async (inner) => {
      pairsOf(await inner.find(domain.entities[owner]!, {}, { populate: [property] } as never), property)
    })
  },
}

/** Edits of a loaded collection of customer 1, followed by a flush. */
export const edits = {
  "add a new child": edit((collection, child) => collection.add(child())),
  "remove an own child": edit((collection) => collection.remove(collection.getItems().toSorted(byId)[0]!)),
  "remove all": edit((collection) => collection.removeAll()),
  "replace all": edit((collection, child) => collection.set([collection.getItems().toSorted(byId)[0]!, child()])),
}

/** Writes to a collection of customer 1 that nobody loaded. */
export const unloaded = {
  "remove all": refused((customer, family) => collectionOf(customer, family).removeAll()),
  "replace all": refused((customer, family, em, domain) =>
    collectionOf(customer, family).set([newChild(em, domain, family, customer)]),
  ),
  assign: refused((customer, family, em) => void em.assign(customer, { [family]: [] } as never)),
}

export async function removeParent(session: DomainSession): Promise<Aftermath> {
  const { em, find } = await opened(session, "Customer.notes")
  const [customer] = await find({ populate: ["notes"] })
  em.remove(customer!)
  const outcome = await codeOf(() => em.flush())
  em.clear()
  return { outcome, ownAfterwards: await ownNotes(find) }
}

async function ownNotes(find: (options: object) => Promise<Row[]>): Promise<Pair[]> {
  return pairsOf((await find({ populate: ["notes"] })).slice(0, 1), "notes").toSorted()
}

/** The failsafe's code, `FOREIGN_KEY`, or what else happened. */
export async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
    return "done"
  } catch (error) {
    if (error instanceof TenantFailsafeError) return error.code
    return /foreign key/i.test(String(error)) ? "FOREIGN_KEY" : String(error)
  }
}

function flushAfter(load: (owners: (options?: object) => Promise<Row[]>, property: string, em: Em) => Promise<Row[]>) {
  return async (session: DomainSession, key: RelationKey) => {
    const { em, find } = await opened(session, key)
    const { property } = relationOf(key)
    pairsOf(await load(find, property, em), property)
    await em.flush()
  }
}

async function refreshed(owners: () => Promise<Row[]>, property: string, em: Em, strategy: string): Promise<Row[]> {
  const found = await owners()
  for (const owner of found) await em.refresh(owner, { populate: [property], strategy } as never)
  return found
}

function edit(change: (collection: ReturnType<typeof collectionOf>, child: () => Row) => unknown) {
  return async (session: DomainSession, family: Family) => {
    const { em, find, domain } = await opened(session, `Customer.${family}`)
    const [customer] = await find({ populate: [family] })
    change(collectionOf(customer!, family), () => newChild(em, domain, family, customer!))
    await em.flush()
  }
}

/** Right after the refusal, the same manager loads the collection and saves something else. */
function refused(
  write: (customer: Row, family: Family, em: Em, domain: Domain) => unknown,
): UnloadedHazard<DomainSession> {
  return {
    effect: "is refused",
    async run(session, family) {
      const { em, find, domain } = await opened(session, `Customer.${family}`)
      const [customer, second] = await find()
      const outcome = await codeOf(async () => {
        await write(customer!, family, em, domain)
        await em.flush()
      })
      em.getUnitOfWork().getPersistStack().clear()
      await collectionOf(customer!, family).init()
      second!["nickname"] = "still works"
      await em.flush()
      return { outcome, ownAfterwards: pairsOf([customer!], family).toSorted() }
    },
  }
}

function newChild(em: Em, domain: Domain, family: Family, customer: Row): Row {
  const entity = { addresses: "Address", notes: "Note", tags: "Tag", labels: "Label", badges: "Badge" }[family]
  const data = { id: 900, label: "new", merchantId: 1 }
  const ofCustomer = family === "notes" ? { customer } : {}
  return em.create(domain.entities[entity]!, { ...data, ...ofCustomer } as never, { persist: false })
}

export async function opened(session: DomainSession, key: RelationKey) {
  const domain = await session.domain()
  const em = domain.fork()
  const { owner, parents } = relationOf(key)
  const find = (options: object = {}) =>
    em.find(domain.entities[owner]!, { id: { $in: [...parents] } }, { orderBy: { id: "asc" }, ...options })
  return { domain, em, find }
}

function byId(a: Row, b: Row): number {
  return (a["id"] as number) - (b["id"] as number)
}
