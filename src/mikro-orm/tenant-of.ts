import {
  helper,
  Reference,
  ReferenceKind,
  ScalarReference,
  type Configuration,
  type EntityMetadata,
  type EntityProperty,
} from "@mikro-orm/core"
import type { TenantPath, TenantStep } from "../core/suggested-fix.ts"
import type { TenantType } from "../core/stamp.ts"
import type { TenantId } from "../core/tenant-id.ts"
import { tenantNotations } from "../core/tenant-notations.ts"
import { tenantColumn, type TenantColumn } from "./tenant-column.ts"

/** A MikroORM condition, as far as this package builds one. */
export type Condition = { readonly [key: string]: unknown }

/** How one entity's tenant is read from an instance and asked of the database. */
export interface TenantOf {
  /** The property path, for records and messages. */
  readonly path: string
  /** The entity's own property that the path starts with. */
  readonly firstProperty: string
  /** The to-one relations that the path leads through, as a populate hint; empty for a column of the entity itself. */
  readonly through: readonly string[]
  /** The tenant's value on an instance: `undefined` while it is not loaded, `null` for a shared row. */
  readonly read: (entity: object) => unknown
  /** For suggested fixes; undefined where a path leads through an entity with several keys. */
  readonly steps: TenantPath | undefined
  /** The entity's own column that holds the tenant; undefined where a path leads to it through other entities. */
  readonly column: TenantColumn | undefined
  /** Where a path leads through other entities, its first link and the rest of it. */
  readonly link: TenantLink | undefined
  /** The condition that exactly the rows of these tenants and the shared rows meet; without the shared ones, if that is said. */
  condition(tenants: readonly TenantId[], isSharedOut?: boolean): Condition
}

/** The first link of a path that leads to an entity's tenant. */
export interface TenantLink {
  readonly property: EntityProperty
  /** How the tenant is read from there. */
  readonly rest: TenantOf
}

type Values = Record<string, unknown>
type Tracked = { readonly __helper?: { readonly __data: Values } }
type Step = (value: object) => unknown

export function tenantOf(meta: EntityMetadata, path: string, config: Configuration): TenantOf {
  const names = path.split(".")
  const properties = propertiesAlong(meta, names)
  const steps = properties.map((property, index) => stepOf(property, names[index]!, index === names.length - 1))
  const through = names.filter((_, index) => index < names.length - 1 && isToOne(properties[index]!))
  const read: Step = steps.length === 1 ? steps[0]! : (entity) => follow(steps, entity)
  const [first] = properties
  const isLinked = through.length > 0 && isToOne(first!)
  return {
    path,
    firstProperty: names[0]!,
    through: through.length === 0 ? [] : [through.join(".")],
    read: config.get("forceUndefined") ? readWithoutNull(read, properties) : read,
    steps: tenantPath(names, properties),
    column: through.length > 0 ? undefined : tenantColumn(names, properties, tenantType(properties.at(-1)!)),
    link: isLinked
      ? { property: first!, rest: tenantOf(first!.targetMeta!, names.slice(1).join("."), config) }
      : undefined,
    condition: (tenants, isSharedOut = false) => conditionFor(names, properties, tenants, isSharedOut),
  }
}

function tenantPath(names: readonly string[], properties: readonly EntityProperty[]): TenantPath | undefined {
  const steps: TenantStep[] = []
  for (const [index, property] of properties.entries()) {
    const step = { name: names[index]!, isNullable: mayBeNull(property, index === names.length - 1) }
    if (!isToOne(property)) {
      steps.push(step)
      continue
    }
    const [key, ...others] = property.targetMeta?.primaryKeys ?? []
    if (key === undefined || others.length > 0) return undefined
    steps.push({ ...step, target: { entity: property.targetMeta!.className, key } })
  }
  return { steps, type: tenantType(properties.at(-1)!) }
}

function tenantType(property: EntityProperty): TenantType {
  const type = runtimeTypeOf(property)
  return type === "number" || type === "string" || type === "bigint" ? type : undefined
}

/** Whether a row may be shared by what it lacks here. */
function mayBeNull(property: EntityProperty, isLast: boolean): boolean {
  return property.nullable === true && (isLast || isToOne(property))
}

function propertiesAlong(meta: EntityMetadata, names: readonly string[]): EntityProperty[] {
  let scope: Readonly<Record<string, EntityProperty>> = meta.properties
  return names.map((name) => {
    const property = scope[name]!
    scope = property.kind === ReferenceKind.EMBEDDED ? property.embeddedProps : (property.targetMeta?.properties ?? {})
    return property
  })
}

/** Whether a property refers to one row of another entity. */
export function isToOne(property: EntityProperty): boolean {
  return property.kind === ReferenceKind.MANY_TO_ONE || property.kind === ReferenceKind.ONE_TO_ONE
}

function follow(steps: readonly Step[], entity: object): unknown {
  let value: unknown = entity
  for (const step of steps) {
    value = step(value as object)
    if (value === undefined || value === null) return value
  }
  return value
}

function stepOf(property: EntityProperty, name: string, isLast: boolean): Step {
  // MikroORM 7.2 keeps tracked values behind accessors, in here: read directly, as each loaded row is.
  const read: Step = (entity) => (entity as Tracked).__helper?.__data[name] ?? (entity as Values)[name]
  return isToOne(property) && !property.mapToPk ? toOneStep(property, read, isLast) : scalarStep(property, read)
}

function toOneStep(property: EntityProperty, read: Step, isLast: boolean): Step {
  return (entity) => {
    const target = Reference.unwrapReference(read(entity) as object | null | undefined as object)
    if (target === undefined || target === null || !isLast) return target
    return property.targetKey === undefined ? helper(target).getPrimaryKey() : (target as Values)[property.targetKey]
  }
}

function scalarStep(property: EntityProperty, read: Step): Step {
  if (!property.ref) return read
  return (entity) => {
    const value = read(entity)
    if (!ScalarReference.isScalarReference(value)) return value
    return value.isInitialized() ? (value.unwrap() ?? null) : undefined
  }
}

/**
 * With `forceUndefined`, a NULL column reads as undefined; that it was loaded is then the only trace of it. The columns of an embedded
 * object are loaded under flattened names, unless it is stored as one.
 */
function readWithoutNull(read: Step, properties: readonly EntityProperty[]): Step {
  const [first] = properties
  const isInline = first!.kind === ReferenceKind.EMBEDDED && !first!.object
  const column = isInline ? properties.at(-1)!.name : first!.name
  const links = isInline || !isToOne(first!) ? [] : properties
  return (entity) => {
    const value = read(entity)
    if (value !== undefined) return value
    return links.length > 1 ? endOfLinks(entity, links) : loadedNull(entity, column)
  }
}

/** The first entity on a path whose next link is undefined tells whether that is NULL or not loaded. */
function endOfLinks(entity: object, links: readonly EntityProperty[]): null | undefined {
  let current = entity
  for (const { name } of links) {
    const next = (current as Values)[name]
    if (next === undefined) return loadedNull(current, name)
    current = Reference.unwrapReference(next as object)
  }
  return undefined
}

function loadedNull(entity: object, name: string): null | undefined {
  const wrapped = (entity as { __helper?: { __loadedProperties: ReadonlySet<string> } }).__helper
  return wrapped?.__loadedProperties.has(name) === true ? null : undefined
}

function conditionFor(
  names: readonly string[],
  properties: readonly EntityProperty[],
  tenants: readonly TenantId[],
  isSharedOut: boolean,
): Condition {
  const isText = runtimeTypeOf(properties.at(-1)!) === "string"
  const values = tenants.flatMap((tenant) => tenantNotations(isText ? String(tenant) : tenant))
  const alternatives = [nest(names, values.length === 1 ? values[0] : { $in: values })]
  for (const [index, property] of properties.entries()) {
    if (!isSharedOut && mayBeNull(property, index === names.length - 1)) {
      alternatives.push(nest(names.slice(0, index + 1), null))
    }
  }
  return alternatives.length === 1 ? alternatives[0]! : { $or: alternatives }
}

/** The JavaScript type of the column that holds the tenant: a relation's is that of the key that it refers to. */
function runtimeTypeOf(property: EntityProperty): string | undefined {
  const target = isToOne(property) ? property.targetMeta : undefined
  if (target === undefined) return property.runtimeType
  return target.properties[property.targetKey ?? target.primaryKeys[0]!]?.runtimeType
}

function nest(names: readonly string[], value: unknown): Condition {
  return names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Condition
}
