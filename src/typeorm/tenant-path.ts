import type { EntityMetadata } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { TenantPath, TenantStep } from "../core/suggested-fix.ts"
import type { FamilyTenant } from "./tenant-of.ts"

/**
 * Where the tenant of an entity's rows is, as conditions spell it; undefined where several kinds of rows disagree, and where a path leads
 * through a relation of an embedded object, or to an entity with several keys.
 */
export function tenantPath(metadata: EntityMetadata, { kinds, path }: FamilyTenant): TenantPath | undefined {
  if (kinds.length !== 1) return undefined
  const steps: TenantStep[] = []
  const names = path.split(".")
  let current = metadata
  let prefix = ""
  let end: ColumnMetadata | undefined
  for (const [index, name] of names.entries()) {
    const property = prefix + name
    const relation = current.findRelationWithPropertyPath(property)
    const column = current.columns.find((candidate) => candidate.propertyPath === property && !candidate.isVirtual)
    if (relation !== undefined) {
      const { primaryColumns, name: entity } = relation.inverseEntityMetadata
      if (prefix !== "" || primaryColumns.length !== 1) return undefined
      const target = { entity, key: primaryColumns[0]!.propertyPath }
      steps.push({ name, isNullable: relation.isNullable, target })
      end = relation.joinColumns[0]?.referencedColumn
      current = relation.inverseEntityMetadata
    } else {
      steps.push({ name, isNullable: column?.isNullable === true && index === names.length - 1 })
      end = column
      prefix = `${property}.`
    }
  }
  return { steps, type: end && columnType(end) }
}

// A bigint column arrives as a text.
const textTypes = /char|text|string|uuid|bigint|int8/i
const numberTypes = /^(?:int|integer|int2|int4|smallint|mediumint|tinyint|number)$/i

/** What a column holds, as the application knows it; undefined for what is neither a text nor a number. */
export function columnType({ type }: ColumnMetadata): TenantPath["type"] {
  const name = typeof type === "function" ? type.name : type
  if (numberTypes.test(name)) return "number"
  return textTypes.test(name) ? "string" : undefined
}
