import {
  BaseEntity,
  DeleteQueryBuilder,
  EntityManager,
  InsertQueryBuilder,
  RelationQueryBuilder,
  Repository,
  TreeRepository,
  UpdateQueryBuilder,
} from "typeorm"
import { SoftDeleteQueryBuilder } from "typeorm/query-builder/SoftDeleteQueryBuilder.js"
import { describe, expect, it } from "vitest"
import * as surfaces from "./support/write-surface.ts"

/*
 * What the write guard does about each method of TypeORM's classes. `checked`: what it writes is judged before it is sent. `confined`:
 * the scope's condition is added. `refused`: not without `withoutTenant`. `harmless`: it writes no row by itself, or raw SQL.
 */
describe.each<[string, object, surfaces.Surface]>([
  ["EntityManager", EntityManager.prototype, surfaces.entityManager],
  ["Repository", Repository.prototype, surfaces.repository],
  ["TreeRepository", TreeRepository.prototype, surfaces.treeRepository],
  ["BaseEntity", BaseEntity.prototype, surfaces.baseEntity],
  ["BaseEntityClass", BaseEntity, surfaces.baseEntityClass],
  ["InsertQueryBuilder", InsertQueryBuilder.prototype, surfaces.insertQueryBuilder],
  ["UpdateQueryBuilder", UpdateQueryBuilder.prototype, surfaces.updateQueryBuilder],
  ["DeleteQueryBuilder", DeleteQueryBuilder.prototype, surfaces.deleteQueryBuilder],
  ["SoftDeleteQueryBuilder", SoftDeleteQueryBuilder.prototype, surfaces.softDeleteQueryBuilder],
  ["RelationQueryBuilder", RelationQueryBuilder.prototype, surfaces.relationQueryBuilder],
])("%s", (name, holder, surface) => {
  it("has no method that is not classified", () => {
    const elsewhere = surfaces.elsewhere[name]
    expect(methodsOf(holder).filter((method) => !surface.has(method) && elsewhere?.has(method) !== true)).toEqual([])
  })

  it("has every method that is classified for both versions", () => {
    const methods = methodsOf(holder)
    expect([...surface.keys()].filter((method) => !methods.includes(method))).toEqual([])
  })

  it("is noticed to have a method that a new release adds", () => {
    const newer = Object.create(holder, { purge: { value: () => undefined } }) as object
    expect(methodsOf(newer).filter((method) => !surface.has(method))).toContain("purge")
  })
})

/** Own and inherited names, up to the language's own classes. */
function methodsOf(holder: object): string[] {
  const found = new Set<string>()
  const ends = new Set<unknown>([Object.prototype, Function.prototype, null])
  for (let level = holder; !ends.has(level); level = Object.getPrototypeOf(level) as object) {
    for (const key of Reflect.ownKeys(level)) found.add(String(key))
  }
  for (const own of ["constructor", "length", "name", "prototype"]) found.delete(own)
  return [...found]
}
