// Which rows are whose? An item belongs to its tenant, and a tenant to itself: both sides of the join are judged.
import { EntitySchema } from "typeorm"
import type { FilteredCollection } from "tenant-failsafe/typeorm"

export interface Tenant {
  id: number
  name: string
  items: FilteredCollection<Item>
}

export interface Item {
  id: number
  label: string
  tenant: Tenant
}

/** Which keys may act for which tenant. It is asked before there is a tenant, so that it belongs to none. */
export interface ApiKey {
  hash: string
  tenantId: number
}

export const TenantSchema = new EntitySchema<Tenant>({
  name: "Tenant",
  columns: { id: { type: "int", primary: true }, name: { type: "text" } },
  relations: { items: { type: "one-to-many", target: "Item", inverseSide: "tenant" } },
})

export const ItemSchema = new EntitySchema<Item>({
  name: "Item",
  columns: { id: { type: "int", primary: true, generated: true }, label: { type: "text" } },
  relations: {
    tenant: {
      type: "many-to-one",
      target: "Tenant",
      inverseSide: "items",
      nullable: false,
      joinColumn: { name: "tenant_id" },
    },
  },
  // Else the plan would add one, and `synchronize` would drop it.
  indices: [{ columns: ["tenant"] }],
})

export const ApiKeySchema = new EntitySchema<ApiKey>({
  name: "ApiKey",
  columns: {
    hash: { type: "text", primary: true },
    tenantId: { type: "int", primary: true, name: "tenant_id" },
  },
})
