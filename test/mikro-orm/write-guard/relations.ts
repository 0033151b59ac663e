import type { TenantId } from "../../../src/index.ts"
import { withoutTenant } from "../../../src/index.ts"
import { limited, type Join, type Link, type StoredRow } from "../../conformance/write-guard/harness.ts"
import type { EntityName } from "../../conformance/write-guard/schema.ts"
import type { Collection } from "@mikro-orm/core"
import { find, reference, tenantData, where, type Desk } from "./shop.ts"
import type { Row } from "./entities.ts"

const columns: readonly EntityName[] = ["Address", "Note", "Product", "Price", "Account", "Student", "Ticket", "Line"]

export const moves = {
  loaded: async (desk: Desk, row: StoredRow, tenant: TenantId | null) => {
    const found = await find(desk, row.entity, row.id)
    desk.em.assign(found, tenantData(row.entity, tenant))
    await desk.em.flush()
  },
  "without loading": async (desk: Desk, row: StoredRow, tenant: TenantId | null) => {
    desk.em.assign(reference(desk, row.entity, row.id), tenantData(row.entity, tenant))
    await desk.em.flush()
  },
  bulk: limited(
    async ({ em, entities }: Desk, { entity, id }: StoredRow, tenant: TenantId | null) => {
      await em.nativeUpdate(entities[entity]!, where(entity, [id]), tenantData(entity, tenant))
    },
    { over: columns },
  ),
  "query builder": limited(
    async ({ em, entities }: Desk, { entity, id }: StoredRow, tenant: TenantId | null) => {
      const builder = em.createQueryBuilder(entities[entity]!).update(tenantData(entity, tenant))
      await builder.where(where(entity, [id])).execute()
    },
    { over: columns },
  ),
}

export const links = {
  object: async (desk: Desk, { entity, id, relation, target }: Link, key: number | null) => {
    const found = await find(desk, entity, id)
    found[relation] = key === null ? null : await find(desk, target, key)
    await desk.em.flush()
  },
  reference: async (desk: Desk, { entity, id, relation, target }: Link, key: number | null) => {
    const found = await find(desk, entity, id)
    found[relation] = key === null ? null : reference(desk, target, key)
    await desk.em.flush()
  },
  key: async (desk: Desk, { entity, id, relation }: Link, key: number | null) => {
    desk.em.assign(reference(desk, entity, id), { [relation]: key } as never)
    await desk.em.flush()
  },
  bulk: async ({ em, entities }: Desk, { entity, id, relation }: Link, key: number | null) => {
    await em.nativeUpdate(entities[entity]!, where(entity, [id]), { [relation]: key })
  },
  "query builder": async ({ em, entities }: Desk, { entity, id, relation }: Link, key: number | null) => {
    const builder = em.createQueryBuilder(entities[entity]!).update({ [relation]: key })
    await builder.where(where(entity, [id])).execute()
  },
}

export const joins = {
  "owner side": async (desk: Desk, { owner, id, tag }: Join) => {
    const found = await find(desk, owner, id)
    tagsOf(found, "tags").add(reference(desk, "Tag", tag))
    await desk.em.flush()
  },
  "inverse side": async (desk: Desk, { owner, id, tag }: Join) => {
    const found = await find(desk, "Tag", tag)
    tagsOf(found, inverseOf(owner)).add(reference(desk, owner, id))
    await desk.em.flush()
  },
  "owner side, loaded": async (desk: Desk, { owner, id, tag }: Join) => {
    const found = await find(desk, owner, id, { populate: ["tags"] })
    tagsOf(found, "tags").add(await find(desk, "Tag", tag))
    await desk.em.flush()
  },
}

export const parts = {
  "owner side": async (desk: Desk, { owner, id, tag }: Join) => {
    await withoutTenant("support desk", async () => {
      const found = await find(desk, owner, id, { populate: ["tags"] })
      tagsOf(found, "tags").remove(reference(desk, "Tag", tag))
    })
    await desk.em.flush()
  },
  "inverse side": async (desk: Desk, { owner, id, tag }: Join) => {
    await withoutTenant("support desk", async () => {
      const found = await find(desk, "Tag", tag, { populate: [inverseOf(owner)] })
      tagsOf(found, inverseOf(owner)).remove(reference(desk, owner, id))
    })
    await desk.em.flush()
  },
}

export const adoptions = {
  collection: async (desk: Desk, customer: number, address: number) => {
    const found = await find(desk, "Customer", customer, { populate: ["addresses"] })
    tagsOf(found, "addresses").add(reference(desk, "Address", address))
    await desk.em.flush()
  },
  "unloaded collection": async (desk: Desk, customer: number, address: number) => {
    const found = await find(desk, "Customer", customer)
    tagsOf(found, "addresses").add(reference(desk, "Address", address))
    await desk.em.flush()
  },
  "loaded child": async (desk: Desk, customer: number, address: number) => {
    const found = await find(desk, "Customer", customer, { populate: ["addresses"] })
    tagsOf(found, "addresses").add(await find(desk, "Address", address))
    await desk.em.flush()
  },
}

function tagsOf(row: Row, property: string): Collection<Row> {
  return row[property] as Collection<Row>
}

function inverseOf(owner: Join["owner"]): string {
  return owner === "Customer" ? "customers" : "products"
}
