import type { ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import type { TenantType } from "../../core/stamp.ts"
import type { TenantId } from "../../core/tenant-id.ts"
import { columnType } from "../tenant-path.ts"

/** The type in which a column takes a tenant's id; undefined where a transformer decides. */
export function tenantTypeOf(column: ColumnMetadata): TenantType {
  return column.transformer === undefined ? columnType(column) : undefined
}

/** Whether the values of a new row name its tenant: the key, or the relation to the tenant. */
export function isNamed(column: ColumnMetadata, row: ObjectLiteral): boolean {
  const related: unknown = column.relationMetadata?.getEntityValue(row)
  if (related === null) return false
  if (typeof related === "object") return true
  return (column.getEntityValue(row) ?? null) !== null
}

/** What is written to give a row a tenant: its key, the relation to it, or both. */
export interface Stamp {
  readonly at: ColumnMetadata | RelationMetadata
  readonly value: unknown
}

/** Where TypeORM reads a new row's tenant from: also the relation, which would win over the key. */
export function stampsFor(column: ColumnMetadata, row: ObjectLiteral, tenant: TenantId): readonly Stamp[] {
  const relation = column.relationMetadata
  const key = { at: column, value: tenant }
  if (relation === undefined) return [key]
  const reference = { at: relation, value: column.referencedColumn!.createValueMap(tenant) }
  if (column.isVirtual) return [reference]
  return relation.getEntityValue(row) === null ? [key, reference] : [key]
}
