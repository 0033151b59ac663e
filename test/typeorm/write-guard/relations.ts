import { withoutTenant, type TenantId } from "../../../src/index.ts"
import type { Join, Link, StoredRow } from "../../conformance/write-guard/harness.ts"
import { find, keyed, tenantData, where, type Desk } from "./shop.ts"
import type { Row } from "./entities.ts"

export const moves = {
  loaded: async (desk: Desk, row: StoredRow, tenant: TenantId | null) => {
    const found = await find(desk, row.entity, row.id)
    await desk.manager.save(desk.entities[row.entity]!, Object.assign(found, tenantData(row.entity, tenant)))
  },
  "without loading": async ({ manager, entities }: Desk, { entity, id }: StoredRow, tenant: TenantId | null) => {
    await manager.save(entities[entity]!, { ...keyed(entity, id), ...tenantData(entity, tenant) })
  },
  bulk: async ({ manager, entities }: Desk, { entity, id }: StoredRow, tenant: TenantId | null) => {
    await manager.update(entities[entity]!, where(entity, [id]), tenantData(entity, tenant))
  },
  "query builder": async ({ manager, entities }: Desk, { entity, id }: StoredRow, tenant: TenantId | null) => {
    const builder = manager.createQueryBuilder().update(entities[entity]!).set(tenantData(entity, tenant))
    await builder.where(where(entity, [id])).execute()
  },
}

export const links = {
  object: async (desk: Desk, { entity, id, relation, target }: Link, key: number | null) => {
    const found = await find(desk, entity, id)
    found[relation] = key === null ? null : await find(desk, target, key)
    await desk.manager.save(desk.entities[entity]!, found)
  },
  reference: async (desk: Desk, { entity, id, relation }: Link, key: number | null) => {
    const found = await find(desk, entity, id)
    found[relation] = key === null ? null : { id: key }
    await desk.manager.save(desk.entities[entity]!, found)
  },
  key: async ({ manager, entities }: Desk, { entity, id, relation }: Link, key: number | null) => {
    await manager.save(entities[entity]!, { ...keyed(entity, id), [relation]: key })
  },
  bulk: async ({ manager, entities }: Desk, { entity, id, relation }: Link, key: number | null) => {
    await manager.update(entities[entity]!, where(entity, [id]), { [relation]: key === null ? null : { id: key } })
  },
  "query builder": async ({ manager, entities }: Desk, { entity, id, relation }: Link, key: number | null) => {
    const builder = manager.createQueryBuilder().update(entities[entity]!)
    await builder
      .set({ [relation]: key === null ? null : { id: key } })
      .where(where(entity, [id]))
      .execute()
  },
  "relation builder": async ({ manager, entities }: Desk, { entity, id, relation }: Link, key: number | null) => {
    await manager.createQueryBuilder().relation(entities[entity]!, relation).of(id).set(key)
  },
}

export const joins = {
  "owner side": async (desk: Desk, { owner, id, tag }: Join) => {
    const found = await find(desk, owner, id, { tags: true })
    found["tags"] = [...(found["tags"] as Row[]), { id: tag }]
    await desk.manager.save(desk.entities[owner]!, found)
  },
  "inverse side": async (desk: Desk, { owner, id, tag }: Join) => {
    const inverse = inverseOf(owner)
    const found = await find(desk, "Tag", tag, { [inverse]: true })
    found[inverse] = [...(found[inverse] as Row[]), { id }]
    await desk.manager.save(desk.entities["Tag"]!, found)
  },
  "relation builder": async ({ manager, entities }: Desk, { owner, id, tag }: Join) => {
    await manager.createQueryBuilder().relation(entities[owner]!, "tags").of(id).add(tag)
  },
  "relation builder, inverse side": async ({ manager, entities }: Desk, { owner, id, tag }: Join) => {
    await manager.createQueryBuilder().relation(entities["Tag"]!, inverseOf(owner)).of(tag).add(id)
  },
}

export const parts = {
  "owner side": async ({ manager, entities }: Desk, { owner, id, tag }: Join) => {
    await manager.createQueryBuilder().relation(entities[owner]!, "tags").of(id).remove(tag)
  },
  "inverse side": async ({ manager, entities }: Desk, { owner, id, tag }: Join) => {
    await manager.createQueryBuilder().relation(entities["Tag"]!, inverseOf(owner)).of(tag).remove(id)
  },
}

export const adoptions = {
  collection: async (desk: Desk, customer: number, address: number) => {
    const found = await find(desk, "Customer", customer, { addresses: true })
    found["addresses"] = [...(found["addresses"] as Row[]), { id: address }]
    await desk.manager.save(desk.entities["Customer"]!, found)
  },
  "loaded child": async (desk: Desk, customer: number, address: number) => {
    const child = await withoutTenant("support desk", () => find(desk, "Address", address))
    const found = await find(desk, "Customer", customer, { addresses: true })
    found["addresses"] = [...(found["addresses"] as Row[]), child]
    await desk.manager.save(desk.entities["Customer"]!, found)
  },
  "relation builder": async ({ manager, entities }: Desk, customer: number, address: number) => {
    await manager.createQueryBuilder().relation(entities["Customer"]!, "addresses").of(customer).add(address)
  },
}

function inverseOf(owner: Join["owner"]): string {
  return owner === "Customer" ? "customers" : "products"
}
