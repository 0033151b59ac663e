import type { FindOptionsWhere } from "typeorm"
import { type Condition, type Conflict, type UpsertedProduct } from "../../conformance/write-guard/harness.ts"
import type { EntityName, OwnedEntity } from "../../conformance/write-guard/schema.ts"
import { keyed, where, type Desk } from "./shop.ts"
import type { Row } from "./entities.ts"

type Where = FindOptionsWhere<Row>

/** The condition as TypeORM takes it; a list means "or". */
function conditionOf(entity: EntityName, condition: Condition): Where | Where[] {
  switch (condition.kind) {
    case "keys":
      return where(entity, condition.ids)
    case "either":
      return condition.ids.map((id) => keyed(entity, id) as Where)
    case "all":
      return {}
    case "customer":
      return { customer: { id: condition.id } }
  }
}

export const bulkUpdates = {
  manager: async ({ manager, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    // TypeORM refuses an empty condition here.
    if (condition.kind === "all") await manager.updateAll(entities[entity]!, { label: "changed" })
    else await manager.update(entities[entity]!, conditionOf(entity, condition), { label: "changed" })
  },
  "query builder": async ({ manager, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    const builder = manager.createQueryBuilder().update(entities[entity]!).set({ label: "changed" })
    await (condition.kind === "all" ? builder : builder.where(conditionOf(entity, condition))).execute()
  },
  "query builder with orWhere": async ({ manager, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    const builder = manager.createQueryBuilder().update(entities[entity]!).set({ label: "changed" })
    const [first, ...others] = partsOf(entity, condition)
    if (condition.kind !== "all") builder.where(first!)
    for (const other of others) builder.orWhere(other)
    await builder.execute()
  },
  "query builder with text": async ({ manager, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    const builder = manager.createQueryBuilder().update(entities[entity]!).set({ label: "changed" })
    await builder.where(textOf(entity, condition)).execute()
  },
  repository: async ({ manager, entities }: Desk, entity: OwnedEntity, condition: Condition) => {
    const repository = manager.getRepository(entities[entity]!)
    if (condition.kind === "all") await repository.updateAll({ label: "changed" })
    else await repository.update(conditionOf(entity, condition), { label: "changed" })
  },
}

/** Statements of TypeORM's own that change parcels. */
export const parcelUpdates = {
  softDelete: async ({ manager, entities }: Desk, condition: Condition) => {
    await manager.softDelete(entities["Parcel"]!, conditionOf("Parcel", condition))
  },
  restore: async ({ manager, entities }: Desk, condition: Condition) => {
    await manager.restore(entities["Parcel"]!, conditionOf("Parcel", condition))
  },
  increment: async ({ manager, entities }: Desk, condition: Condition) => {
    await manager.increment(entities["Parcel"]!, conditionOf("Parcel", condition) as Where, "amount", 1)
  },
  decrement: async ({ manager, entities }: Desk, condition: Condition) => {
    await manager.decrement(entities["Parcel"]!, conditionOf("Parcel", condition) as Where, "amount", 1)
  },
  "query builder, soft delete": async ({ manager, entities }: Desk, condition: Condition) => {
    const builder = manager.createQueryBuilder().softDelete().from(entities["Parcel"]!)
    await builder.where(conditionOf("Parcel", condition)).execute()
  },
}

export const bulkDeletes = {
  manager: async ({ manager, entities }: Desk, entity: EntityName, condition: Condition) => {
    if (condition.kind === "all") await manager.deleteAll(entities[entity]!)
    else await manager.delete(entities[entity]!, conditionOf(entity, condition))
  },
  "query builder": async ({ manager, entities }: Desk, entity: EntityName, condition: Condition) => {
    const builder = manager.createQueryBuilder().delete().from(entities[entity]!)
    await (condition.kind === "all" ? builder : builder.where(conditionOf(entity, condition))).execute()
  },
  "query builder with orWhere": async ({ manager, entities }: Desk, entity: EntityName, condition: Condition) => {
    const builder = manager.createQueryBuilder().delete().from(entities[entity]!)
    const [first, ...others] = partsOf(entity, condition)
    if (condition.kind !== "all") builder.where(first!)
    for (const other of others) builder.orWhere(other)
    await builder.execute()
  },
  "query builder with text": async ({ manager, entities }: Desk, entity: EntityName, condition: Condition) => {
    await manager.createQueryBuilder().delete().from(entities[entity]!).where(textOf(entity, condition)).execute()
  },
}

export const upserts = {
  manager: async ({ manager, entities }: Desk, products: readonly UpsertedProduct[], conflict: Conflict) => {
    await manager.upsert(entities["Product"]!, products.map(dataOf), [conflict])
  },
  "query builder": async ({ manager, entities }: Desk, products: readonly UpsertedProduct[], conflict: Conflict) => {
    const builder = manager.createQueryBuilder().insert().into(entities["Product"]!)
    await builder.values(products.map(dataOf)).orUpdate(["label"], [conflict]).execute()
  },
  "one by one": async ({ manager, entities }: Desk, products: readonly UpsertedProduct[], conflict: Conflict) => {
    for (const product of products) {
      await manager.getRepository(entities["Product"]!).upsert(dataOf(product), {
        conflictPaths: [conflict],
        skipUpdateIfNoValuesChanged: true,
      })
    }
  },
}

export async function truncate({ manager, entities }: Desk, entity: EntityName): Promise<void> {
  await manager.clear(entities[entity]!)
}

function partsOf(entity: EntityName, condition: Condition): readonly Where[] {
  const parts = conditionOf(entity, condition)
  return Array.isArray(parts) ? parts : [parts]
}

function textOf(entity: EntityName, condition: Condition): string {
  const key = entity === "Line" ? "number" : "id"
  switch (condition.kind) {
    case "keys":
      return `${key} in (${condition.ids.join()})`
    case "either":
      return condition.ids.map((id) => `${key} = ${id}`).join(" or ")
    case "all":
      return "1 = 1"
    case "customer":
      return `customer_id = ${condition.id}`
  }
}

function dataOf({ id, sku, label, tenant }: UpsertedProduct) {
  return { id, sku, label, ...(tenant === undefined ? {} : { merchantId: tenant }) }
}
