import type { Condition, Conflict, UpsertedProduct } from "../../conformance/write-guard/harness.ts"
import type { EntityName, OwnedEntity } from "../../conformance/write-guard/schema.ts"
import { where, type Desk } from "./shop.ts"

/** The condition as MikroORM takes it. */
function conditionOf(entity: EntityName, condition: Condition): never {
  switch (condition.kind) {
    case "keys":
      return where(entity, condition.ids)
    case "either":
      return { $or: condition.ids.map((id) => where(entity, [id])) } as never
    case "all":
      return {} as never
    case "customer":
      return { customer: { id: { $gte: condition.id, $lte: condition.id }, label: "row" } } as never
  }
}

export const bulkUpdates = {
  manager: async ({ em, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    await em.nativeUpdate(entities[entity]!, conditionOf(entity, condition), { label: "changed" })
  },
  "query builder": async ({ em, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    const builder = em.createQueryBuilder(entities[entity]!).update({ label: "changed" })
    await builder.where(conditionOf(entity, condition)).execute()
  },
  "query builder with orWhere": async ({ em, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    const builder = em.createQueryBuilder(entities[entity]!).update({ label: "changed" })
    const [first, ...others] = partsOf(entity, condition)
    builder.where(first!)
    for (const other of others) builder.orWhere(other)
    await builder.execute("run")
  },
  repository: async ({ em, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    await em.getRepository(entities[entity]!).nativeUpdate(conditionOf(entity, condition), { label: "changed" })
  },
}

export const bulkDeletes = {
  manager: async ({ em, entities }: Desk, entity: EntityName, condition: Condition) => {
    await em.nativeDelete(entities[entity]!, conditionOf(entity, condition))
  },
  "query builder": async ({ em, entities }: Desk, entity: EntityName, condition: Condition) => {
    await em.createQueryBuilder(entities[entity]!).delete(conditionOf(entity, condition)).execute()
  },
  "query builder with orWhere": async ({ em, entities }: Desk, entity: EntityName, condition: Condition) => {
    const builder = em.createQueryBuilder(entities[entity]!).delete()
    const [first, ...others] = partsOf(entity, condition)
    builder.where(first!)
    for (const other of others) builder.orWhere(other)
    await builder.execute("run")
  },
}

export const upserts = {
  manager: async ({ em, entities }: Desk, products: readonly UpsertedProduct[], conflict: Conflict) => {
    await em.upsertMany(entities["Product"]!, products.map(dataOf), optionsOf(conflict))
  },
  "query builder": async ({ em, entities }: Desk, products: readonly UpsertedProduct[], conflict: Conflict) => {
    await em
      .createQueryBuilder(entities["Product"]!)
      .insert(products.map(dataOf) as never)
      .onConflict(conflict as never)
      .merge(["label"] as never)
      .execute()
  },
  "one by one": async ({ em, entities }: Desk, products: readonly UpsertedProduct[], conflict: Conflict) => {
    for (const product of products) await em.upsert(entities["Product"]!, dataOf(product), optionsOf(conflict))
  },
  "as entities": async ({ em, entities }: Desk, products: readonly UpsertedProduct[], conflict: Conflict) => {
    const created = products.map((product) =>
      em.create(entities["Product"]!, dataOf(product) as never, { persist: false }),
    )
    await em.upsertMany(created, undefined, optionsOf(conflict))
  },
}

export async function truncate({ em, entities }: Desk, entity: EntityName): Promise<void> {
  await em.createQueryBuilder(entities[entity]!).truncate().execute()
}

function partsOf(entity: EntityName, condition: Condition): readonly never[] {
  return condition.kind === "either" ? condition.ids.map((id) => where(entity, [id])) : [conditionOf(entity, condition)]
}

function dataOf({ id, sku, label, tenant }: UpsertedProduct) {
  return { id, sku, label, ...(tenant === undefined ? {} : { merchantId: tenant }) }
}

function optionsOf(conflict: Conflict): never {
  return { onConflictFields: [conflict], onConflictMergeFields: ["label"] } as never
}
