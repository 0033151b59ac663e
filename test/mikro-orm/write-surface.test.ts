import { Collection } from "@mikro-orm/core"
import { EntityRepository, QueryBuilder, SqlEntityManager } from "@mikro-orm/sql"
import { describe, expect, it } from "vitest"
import { collection, entityManager, entityRepository, queryBuilder, type Surface } from "./support/write-surface.ts"

/*
 * What the write guard does about each method of MikroORM's classes. `checked`: what it writes is judged before it is sent. `confined`:
 * the scope's condition is added. `refused`: not without `withoutTenant`. `harmless`: it writes no row by itself, or raw SQL.
 */
describe.each<[string, { readonly prototype: object }, Surface]>([
  ["EntityManager", SqlEntityManager, entityManager],
  ["EntityRepository", EntityRepository, entityRepository],
  ["QueryBuilder", QueryBuilder, queryBuilder],
  ["Collection", Collection, collection],
])("%s", (_, type, surface) => {
  it("has no method that is not classified, and no classified one is gone", () => {
    expect(methodsOf(type).toSorted()).toEqual(Object.keys(surface).toSorted())
  })

  it("has one word as the reason of each classification", () => {
    expect(Object.entries(surface).filter(([, [, reason]]) => !/^[A-Za-z]+$/.test(reason))).toEqual([])
  })

  it("is noticed to have a method that a new release adds", () => {
    class Newer extends (type as new () => object) {
      purge(): void {}
    }
    expect(methodsOf(Newer).filter((name) => !(name in surface))).toEqual(["purge"])
  })
})

/** Own and inherited names, up to the language's own classes. */
function methodsOf({ prototype }: { readonly prototype: object }): string[] {
  const found = new Set<string>()
  for (let level = prototype; level !== Object.prototype; level = Object.getPrototypeOf(level) as object) {
    for (const name of Reflect.ownKeys(level)) found.add(typeof name === "symbol" ? `[${String(name)}]` : name)
  }
  found.delete("constructor")
  return [...found]
}
