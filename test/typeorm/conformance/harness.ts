import type { ChainPath, Harness } from "../../conformance/harness.ts"
import { builderPaths } from "./builder-paths.ts"
import { guarded, type Guard } from "./domain.ts"
import { mappedRelations, type Row } from "./domain-entities.ts"
import { eagerPaths } from "./eager-paths.ts"
import { lazyPaths } from "./lazy-paths.ts"
import { otherPaths } from "./other-paths.ts"
import { DomainSession, childrenIn, pairsOf } from "./session.ts"
import { edits, flushes, removeParent, unloaded } from "./write-hazards.ts"

const query = { relationLoadStrategy: "query" } as const

/** TypeORM in the conformance suite; a negative control passes another guard. */
export function typeOrmHarness(guard: Guard = guarded): Harness<DomainSession> {
  return {
    orm: "TypeORM",
    relations: mappedRelations,
    open: async (db) => new DomainSession(db, guard),
    close: (session) => session.close(),
    reads: { ...eagerPaths, ...builderPaths, ...lazyPaths, ...otherPaths },
    chains: {
      "eager, one query": chain({ relations: { lines: { products: true } } }),
      "eager, a query per relation": chain({ relations: { lines: { products: true } }, ...query }),
      "partial columns": chain({
        relations: { lines: { products: true } },
        select: { id: true, lines: { id: true, products: { id: true } } },
      }),
      "query builder": {
        run: async (session) => {
          const { manager, entities } = await session.domain("Purchase.lines")
          const joined = manager.createQueryBuilder(entities["Purchase"]!, "p").leftJoinAndSelect("p.lines", "l")
          return chainOf(await joined.leftJoinAndSelect("l.products", "c").getMany())
        },
      },
      "loaded later": {
        loads: "per parent",
        run: async (session) => {
          const { manager, entities } = await session.domain("Purchase.lines", "lazy")
          const purchases: Row[] = []
          for (const { id, lines } of await manager.find(entities["Purchase"]!)) {
            const loaded: Row[] = []
            for (const line of (await lines) as Row[]) loaded.push({ id: line["id"], products: await line["products"] })
            purchases.push({ id, lines: loaded })
          }
          return chainOf(purchases)
        },
      },
    },
    // Not by a query per relation: TypeORM assigns the children in a loop over all pairs, which takes 10,000 of them many seconds.
    crowds: {
      "eager, one query": crowd({ relations: { addresses: true } }),
      "beside another relation": crowd({ relations: { addresses: true, tags: true } }),
      "partial columns": crowd({ relations: { addresses: true }, select: { id: true, addresses: { id: true } } }),
      "loadMany()": async (session, customer) => {
        const { manager, entities } = await session.domain("Customer.addresses")
        return idsOf(
          await manager.createQueryBuilder().relation(entities["Customer"]!, "addresses").of(customer).loadMany(),
        )
      },
      "loaded later": async (session, customer) => {
        const { manager, entities } = await session.domain("Customer.addresses", "lazy")
        const found = await manager.findOneByOrFail(entities["Customer"]!, { id: customer })
        return idsOf((await found["addresses"]) as Row[])
      },
      "relation ids": async (session, customer) => {
        const { manager, entities } = await session.domain("Customer.addresses")
        const where = { id: customer }
        const options = { where, loadRelationIds: { relations: ["addresses"] } }
        return (await manager.findOneOrFail(entities["Customer"]!, options))["addresses"] as number[]
      },
    },
    flushes,
    edits,
    unloaded,
    removeParent,
  }
}

function chain(options: object): ChainPath<DomainSession> {
  return {
    run: async (session) => {
      const { manager, entities } = await session.domain("Purchase.lines")
      return chainOf(await manager.find(entities["Purchase"]!, options))
    },
  }
}

function chainOf(purchases: readonly Row[]) {
  const lines = purchases.flatMap((purchase) => childrenIn(purchase, "lines"))
  return { lines: pairsOf(purchases, "lines").toSorted(), products: pairsOf(lines, "products").toSorted() }
}

function crowd(options: object) {
  return async (session: DomainSession, customer: number) => {
    const { manager, entities } = await session.domain("Customer.addresses")
    const found = await manager.findOneOrFail(entities["Customer"]!, { where: { id: customer }, ...options })
    return idsOf(childrenIn(found, "addresses"))
  }
}

function idsOf(rows: readonly Row[]): number[] {
  return rows.map((row) => row["id"] as number)
}
