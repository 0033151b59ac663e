import {
  helper,
  isRaw,
  Reference,
  ReferenceKind,
  ScalarReference,
  Utils,
  type EntityManager,
  type EntityMetadata,
  type EntityProperty,
} from "@mikro-orm/core"
import type { TenantType } from "../core/stamp.ts"
import type { TenantId } from "../core/tenant-id.ts"

/** Values of a row: by property as the application writes them, or as they are sent, by property or column. */
export interface RowValues {
  readonly values: Record<string, unknown>
  /** Whether they are what is sent, with custom types applied. */
  readonly isSent: boolean
  /** Whether they are named by columns alone. */
  readonly isByColumn?: boolean
}

/** The column of an entity's own that holds its tenant: a scalar, the key of a to-one relation, or one inside an embedded object. */
export interface TenantColumn {
  readonly type: TenantType
  /** The property under which MikroORM sends it. */
  readonly key: string
  /** All names under which values may have it. */
  readonly names: readonly string[]
  /** Whether the column is one of a table: of derived entities, each table holds some. */
  isOf(table: EntityMetadata): boolean
  /** Whether loaded or written values have it. */
  isIn(values: object): boolean
  /** The tenant among a row's values: undefined where it is not among them, a raw fragment where the database computes it. */
  of(row: RowValues): unknown
  /** Writes the tenant into a row's values. */
  put(row: RowValues, tenant: TenantId): void
  /** Gives an entity its tenant. */
  stamp(entity: object, tenant: TenantId, em: EntityManager): void
}

/** `names` leads through embedded objects only. */
export function tenantColumn(
  names: readonly string[],
  properties: readonly EntityProperty[],
  type: TenantType,
): TenantColumn {
  const leaf = properties.at(-1)!
  // An embedded object that is stored as one value is sent as one.
  const isInline = properties.every(({ kind, object }) => kind !== ReferenceKind.EMBEDDED || !object)
  const key = leaf.name
  const column = leaf.fieldNames?.[0] ?? key
  const nested = (values: Values): unknown => (names.length === 1 ? undefined : follow(values, names))
  const given = (values: Values): unknown =>
    (isInline ? (values[key] ?? nested(values)) : nested(values)) ?? values[column]
  const isIn = (values: object): boolean => {
    const own = values as Values
    if (isInline && own[key] !== undefined) return true
    return (names.length > 1 && follow(own, names) !== undefined) || own[column] !== undefined
  }
  return {
    type,
    key: isInline ? key : names[0]!,
    names: [...new Set([key, names[0]!, column])],
    isOf: (table) => table.inheritanceType !== "tpt" || ownedBy(table).some(({ name }) => name === properties[0]!.name),
    isIn,
    of({ values, isSent }) {
      const value = given(values)
      if (value === undefined) return isIn(values) || isNull(values, [key, column]) ? null : undefined
      if (value === null || isRaw(value)) return value
      const plain = keyIn(leaf, value)
      const { customType } = leaf
      return isSent && customType !== undefined ? customType.convertToJSValue(plain, customType.platform!) : plain
    },
    put({ values, isSent, isByColumn }, tenant) {
      const { customType } = leaf
      const value =
        isSent && customType !== undefined
          ? customType.convertToDatabaseValue(tenant, customType.platform!, {})
          : tenant
      const holder = names.length === 1 ? undefined : holderIn(values, names)
      if (holder !== undefined) holder[names.at(-1)!] = value
      else if (isByColumn === true || (column in values && !(key in values))) values[column] = value
      else values[key] = value
    },
    stamp(entity, tenant, em) {
      const holder = embeddedHolder(entity as Values, names, properties, em)
      holder[names.at(-1)!] = wrapped(leaf, tenant, em)
    },
  }
}

type Values = Record<string, unknown>

function ownedBy(table: EntityMetadata): readonly EntityProperty[] {
  return (table as { ownProps?: EntityProperty[] }).ownProps ?? table.props
}

function follow(values: Values, names: readonly string[]): unknown {
  let value: unknown = values
  for (const name of names) {
    if (typeof value !== "object" || value === null) return value === null ? null : undefined
    value = (value as Values)[name]
  }
  return value
}

function isNull(values: Values, keys: readonly string[]): boolean {
  return keys.some((key) => values[key] === null)
}

function holderIn(values: Values, names: readonly string[]): Values | undefined {
  const holder = follow(values, names.slice(0, -1))
  return typeof holder === "object" && holder !== null ? (holder as Values) : undefined
}

/** The key in whatever form the application refers to a row: the row itself, a reference, an object with its key, or the key. */
export function keyIn(property: EntityProperty, value: unknown): unknown {
  if (!isReference(property) || typeof value !== "object" || value === null) return value
  const target: unknown = Reference.unwrapReference(value)
  const key = property.targetKey
  if (Utils.isEntity<object>(target)) {
    return key === undefined ? helper(target).getPrimaryKey() : (target as Values)[key]
  }
  if (Array.isArray(target)) return target.length === 1 ? (target[0] as unknown) : (target as unknown[])
  if (!Utils.isPlainObject(target)) return target
  const names = key === undefined ? property.targetMeta!.primaryKeys : [key]
  const parts = names.map((name) => target[name])
  return parts.length === 1 ? parts[0] : parts
}

function isReference({ kind }: EntityProperty): boolean {
  return kind === ReferenceKind.MANY_TO_ONE || kind === ReferenceKind.ONE_TO_ONE
}

function embeddedHolder(
  entity: Values,
  names: readonly string[],
  properties: readonly EntityProperty[],
  em: EntityManager,
): Values {
  let holder = entity
  for (const [index, property] of properties.slice(0, -1).entries()) {
    const name = names[index]!
    holder[name] ??= em
      .getEntityFactory()
      .createEmbeddable(property.targetMeta!.class as never, {}, { newEntity: true })
    holder = holder[name] as Values
  }
  return holder
}

function wrapped(leaf: EntityProperty, tenant: TenantId, em: EntityManager): unknown {
  if (!isReference(leaf)) return leaf.ref ? new ScalarReference(tenant) : tenant
  if (leaf.mapToPk) return tenant
  const options = leaf.targetKey === undefined ? {} : { key: leaf.targetKey }
  return em.getReference(leaf.targetMeta!.class, tenant as never, { wrapped: leaf.ref === true, ...options } as never)
}
