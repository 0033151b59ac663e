import type { ChainPath, Harness } from "../../conformance/harness.ts"
import { collectionOf, DomainSession, pairsOf } from "./session.ts"
import { guarded, type Guard } from "./domain.ts"
import type { Row } from "./domain-entities.ts"
import { eagerPaths } from "./eager-paths.ts"
import { lazyPaths } from "./lazy-paths.ts"
import { otherPaths } from "./other-paths.ts"
import { edits, flushes, removeParent, unloaded } from "./write-hazards.ts"

/** MikroORM in the conformance suite; a negative control passes another guard. */
export function mikroOrmHarness(guard: Guard = guarded): Harness<DomainSession> {
  return {
    orm: "MikroORM",
    open: async (db) => new DomainSession(db, guard),
    close: (session) => session.close(),
    reads: { ...eagerPaths, ...lazyPaths, ...otherPaths },
    chains: {
      "eager, one query": chain({ populate: ["lines.products"], strategy: "joined" }),
      "eager, a query per relation": chain({ populate: ["lines.products"], strategy: "select-in" }),
      balanced: chain({ populate: ["lines.products"], strategy: "balanced" }),
      "partial columns": chain({ fields: ["id", "lines.label", "lines.products.label"] }),
      "loaded later": perParent(async (session) => {
        const purchases = await findPurchases(session, {})
        for (const purchase of purchases) {
          for (const line of await collectionOf(purchase, "lines").loadItems()) {
            await collectionOf(line, "products").init()
          }
        }
        return chainOf(purchases)
      }),
      "loaded later with a populate hint": perParent(async (session) => {
        const purchases = await findPurchases(session, {})
        for (const purchase of purchases)
          await collectionOf(purchase, "lines").init({ populate: ["products"] } as never)
        return chainOf(purchases)
      }),
    },
    crowds: {
      "eager, one query": crowd({ populate: ["addresses"], strategy: "joined" }),
      "eager, a query per relation": crowd({ populate: ["addresses"], strategy: "select-in" }),
      "joined with a second relation": crowd({ populate: ["addresses", "tags"], strategy: "joined" }),
      "partial columns": crowd({ fields: ["id", "addresses.label"] }),
    },
    flushes,
    edits,
    unloaded,
    removeParent,
  }
}

function chain(options: object) {
  return { run: async (session: DomainSession) => chainOf(await findPurchases(session, options)) }
}

function perParent(run: ChainPath<DomainSession>["run"]): ChainPath<DomainSession> {
  return { run, loads: "per parent" }
}

async function findPurchases(session: DomainSession, options: object): Promise<Row[]> {
  const domain = await session.domain()
  return domain.fork().find(domain.entities["Purchase"]!, {}, options)
}

function chainOf(purchases: readonly Row[]) {
  const lines = purchases.flatMap((purchase) => collectionOf(purchase, "lines").getItems())
  return { lines: pairsOf(purchases, "lines").toSorted(), products: pairsOf(lines, "products").toSorted() }
}

function crowd(options: object) {
  return async (session: DomainSession, customer: number) => {
    const domain = await session.domain()
    const found = await domain.fork().findOneOrFail(domain.entities["Customer"]!, { id: customer }, options)
    return collectionOf(found as Row, "addresses").map((address) => address["id"] as number)
  }
}
