import {
  EntityIdentifier,
  helper,
  isRaw,
  PolymorphicRef,
  Reference,
  Utils,
  type EntityMetadata,
  type EntityProperty,
} from "@mikro-orm/core"
import { keyIn, type RowValues } from "../tenant-column.ts"
import { isToOne, type TenantLink } from "../tenant-of.ts"
import type { LinkGuard } from "../link-guards.ts"
import type { Place } from "./stored-rows.ts"
import type { Writing } from "./writing.ts"

/** What a row's values say about one of its to-one relations. */
export type Target =
  /** Nothing, or that it refers to no row. */
  | { readonly kind: "none" | "null" }
  /** A row that is new in the same flush: it is judged itself. */
  | { readonly kind: "new" }
  /** Something that only the database can tell. */
  | { readonly kind: "unknown" }
  | { readonly kind: "row"; readonly place: Place; readonly key: unknown }

/** Reads the target of a to-one relation from a row's values. */
export function targetIn(
  writing: Writing,
  property: EntityProperty,
  row: RowValues,
  schema: string | undefined,
): Target {
  const value = valueIn(property, row.values)
  if (value === undefined) return { kind: "none" }
  if (value === null || (Array.isArray(value) && value.every((part) => part === null))) return { kind: "null" }
  // Stands for the key of a row that gets it from the database in this very flush.
  if (value instanceof EntityIdentifier) return { kind: "new" }
  if (Array.isArray(value) && value.some((part) => part instanceof EntityIdentifier)) return { kind: "new" }
  if (value instanceof PolymorphicRef) return polymorphic(writing, property, value, schema)
  if (isRaw(value)) return { kind: "unknown" }
  if (property.polymorphic) return polymorphicList(writing, property, value, row, schema)
  return placed(writing, property, property.targetMeta!, sentKey(property, value, row.isSent), schema)
}

/** Asks for the tenant of the row that the first link of a path leads to. */
export function placeAlong({ rest }: TenantLink, target: Extract<Target, { kind: "row" }>): Place {
  return { ...target.place, tenant: rest }
}

/** Whether a link leads to a row that is tenant-owned, if it leads to rows of this entity. */
export function isGuarded(writing: Writing, { targets }: LinkGuard, meta: EntityMetadata): boolean {
  return targets.some((target) => target.root === meta.root) && writing.failsafe.isOwned(meta)
}

function valueIn(property: EntityProperty, values: Readonly<Record<string, unknown>>): unknown {
  const value = values[property.name] ?? nested(property, values)
  if (value !== undefined || property.name in values) return value ?? null
  const columns = property.fieldNames ?? []
  if (!columns.some((column) => column in values)) return undefined
  const parts = columns.map((column) => values[column])
  return parts.length === 1 ? (parts[0] ?? null) : parts.map((part) => part ?? null)
}

/** A relation inside an embedded object, as the application writes it. */
function nested({ embedded }: EntityProperty, values: Readonly<Record<string, unknown>>): unknown {
  if (embedded === undefined) return undefined
  const holder = values[embedded[0]]
  return typeof holder === "object" && holder !== null ? (holder as Record<string, unknown>)[embedded[1]] : undefined
}

function polymorphic(writing: Writing, property: EntityProperty, ref: PolymorphicRef, schema?: string): Target {
  if (ref.id instanceof EntityIdentifier) return { kind: "new" }
  return discriminated(writing, property, ref.discriminator, ref.id, schema)
}

/** The columns of a polymorphic relation: which entity it is, then its key. */
function polymorphicList(
  writing: Writing,
  property: EntityProperty,
  value: unknown,
  row: RowValues,
  schema?: string,
): Target {
  if (Array.isArray(value) && value.length > 1) {
    const [discriminator, ...key] = value as unknown[]
    return discriminated(writing, property, discriminator, key.length === 1 ? key[0] : key, schema)
  }
  if (!Utils.isEntity<object>(value, true)) return { kind: "unknown" }
  const meta = writing.em.getMetadata().get((value as { constructor: never }).constructor)
  return placed(
    writing,
    property,
    meta,
    sentKey({ ...property, targetMeta: meta } as EntityProperty, value, row.isSent),
    schema,
  )
}

function discriminated(
  writing: Writing,
  property: EntityProperty,
  discriminator: unknown,
  key: unknown,
  schema?: string,
): Target {
  const map = property.discriminatorMap as Record<string, unknown> | undefined
  const meta = writing.em.getMetadata().find(map?.[String(discriminator)] as never)
  return meta === undefined ? { kind: "unknown" } : placed(writing, property, meta, key, schema)
}

function placed(
  writing: Writing,
  property: EntityProperty,
  meta: EntityMetadata,
  key: unknown,
  schema: string | undefined,
): Target {
  if (property.targetKey === undefined && writing.createdAt(meta, key) !== undefined) return { kind: "new" }
  const own = meta.schema === "*" ? schema : undefined
  return { kind: "row", key, place: { meta, schema: own, by: property.targetKey } }
}

/** A property's value as it is sent: for a row that gets its key in this flush, what stands for it. */
export function sentValue(property: EntityProperty, value: unknown): unknown {
  const target = Reference.unwrapReference(value as object)
  const isUnsaved = Utils.isEntity<object>(target) && !helper(target).hasPrimaryKey()
  return isUnsaved ? new EntityIdentifier() : sentKey(property, value, false)
}

/** A key as the database writes it. */
function sentKey(property: EntityProperty, value: unknown, isSent: boolean): unknown {
  if (isSent) return value
  const key = isToOne(property) ? (property.mapToPk ? value : keyIn(property, value)) : value
  const types = property.customTypes
  if (Array.isArray(key)) return key.map((part, index) => converted(types?.[index], part))
  return converted(property.customType ?? types?.[0], key)
}

function converted(type: EntityProperty["customType"], value: unknown): unknown {
  return type === undefined || value === null || value === undefined
    ? value
    : type.convertToDatabaseValue(value, type.platform!, {})
}
