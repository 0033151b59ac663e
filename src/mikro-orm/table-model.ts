import {
  ReferenceKind,
  type Configuration,
  type EntityMetadata,
  type EntityProperty,
  type MikroORM,
} from "@mikro-orm/core"
import type { ColumnModel, ForeignKeyModel, TableName } from "../core/tenant-model.ts"

/** Whether MikroORM creates a table for these metadata: not for views, embeddables, and the children of a single table hierarchy. */
export function storesTable(meta: EntityMetadata): boolean {
  return !meta.embeddable && !meta.virtual && !meta.view && tableOf(meta) === meta
}

/** The metadata of the table that an entity's rows are in. */
export function tableOf(meta: EntityMetadata): EntityMetadata {
  return isTptChild(meta) ? meta : meta.root
}

/** Whether an entity of a hierarchy has a table beside its parent's. */
export function isTptChild(meta: EntityMetadata): boolean {
  return meta.inheritanceType === "tpt" && meta.tptParent !== undefined
}

export function tableName(meta: EntityMetadata, config: MikroORM["config"]): TableName {
  const { schema, tableName: name } = tableOf(meta)
  // A wildcard is filled in by each query.
  return { schema: schema === "*" ? undefined : (schema ?? config.get("schema")), name }
}

export function columnsOf(meta: EntityMetadata): ColumnModel[] {
  const columns = new Map(
    storedProperties(meta)
      .flatMap(columnsOfProperty)
      .map((column) => [column.name, column]),
  )
  return [...columns.values()]
}

/** The columns of one property. */
export function columnsOfProperty(property: EntityProperty): ColumnModel[] {
  return property.fieldNames.map((name, index) => ({
    name,
    type: property.nativeEnumName ?? property.columnTypes[index]!,
    isNullable: property.nullable === true,
  }))
}

export function foreignKeysOf(meta: EntityMetadata, config: Configuration): ForeignKeyModel[] {
  const references = storedProperties(meta)
    .filter((property) => isReference(property) && property.createForeignKeyConstraint)
    .map((property) => foreignKeyOf(property, config))
  return isTptChild(meta) ? [tptForeignKey(meta, config), ...references] : references
}

/** The reference that a to-one property stores. */
export function foreignKeyOf(property: EntityProperty, config: Configuration): ForeignKeyModel {
  return {
    columns: property.fieldNames,
    target: tableName(property.targetMeta!, config),
    targetColumns: property.referencedColumnNames,
    isNullable: property.nullable === true,
    onDelete: property.deleteRule ?? config.get("schemaGenerator").defaultDeleteRule,
  }
}

/** The reference from the table of a derived entity to its parent's. */
export function tptForeignKey(meta: EntityMetadata, config: Configuration): ForeignKeyModel {
  return {
    columns: keyColumns(meta),
    target: tableName(meta.tptParent!, config),
    targetColumns: keyColumns(meta.tptParent!),
    isNullable: false,
    onDelete: "cascade",
  }
}

/** What the table of an entity has for it: in a hierarchy with a table each, that of the parent has the rest. */
export function storedProperties(meta: EntityMetadata): EntityProperty[] {
  const own = isTptChild(meta) && meta.ownProps !== undefined ? meta.ownProps : meta.props
  const keys = meta.primaryKeys.map((key) => meta.properties[key]!)
  return [...new Set([...keys, ...own])].filter(isStored)
}

interface Declared {
  readonly properties?: string | readonly string[]
  readonly expression?: unknown
  readonly where?: unknown
}

export function indexesOf(meta: EntityMetadata): { uniques: string[][]; indexes: string[][] } {
  const own = storedProperties(meta)
  // An index with a condition does not hold for every row.
  const declared = (list: readonly Declared[]) =>
    list
      .filter(({ expression, where }) => !expression && !where)
      .map(({ properties = [] }) => [properties].flat().flatMap((name) => fieldsOf(meta, name)))
      .filter((columns) => columns.length > 0)
  return {
    uniques: [
      ...own
        .filter(({ unique, primary }) => unique && (!primary || meta.compositePK))
        .map(({ fieldNames }) => fieldNames),
      ...declared(meta.uniques),
    ],
    indexes: [...own.filter(({ index }) => index).map(({ fieldNames }) => fieldNames), ...declared(meta.indexes)],
  }
}

function fieldsOf(meta: EntityMetadata, path: string): readonly string[] {
  const [first = "", ...rest] = path.split(".")
  let property = meta.properties[path] ?? meta.properties[first]
  if (meta.properties[path] === undefined) for (const name of rest) property = property?.embeddedProps?.[name]
  return property?.fieldNames ?? []
}

function keyColumns(meta: EntityMetadata): string[] {
  return meta.primaryKeys.flatMap((key) => meta.properties[key]!.fieldNames)
}

function isReference({ kind, polymorphic }: EntityProperty): boolean {
  return (kind === ReferenceKind.MANY_TO_ONE || kind === ReferenceKind.ONE_TO_ONE) && polymorphic !== true
}

/** As MikroORM 7.2's `DatabaseSchema.shouldHaveColumn` decides. */
function isStored(property: EntityProperty): boolean {
  if (property.persist === false || (property.columnTypes?.length ?? 0) === 0) return false
  if (property.kind === ReferenceKind.EMBEDDED) return property.object === true && property.embedded === undefined
  return (
    property.kind === ReferenceKind.SCALAR ||
    property.kind === ReferenceKind.MANY_TO_ONE ||
    (property.kind === ReferenceKind.ONE_TO_ONE && property.owner)
  )
}
