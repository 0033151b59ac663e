import { ReferenceKind, Utils, type EntityMetadata, type EntityProperty, type MetadataStorage } from "@mikro-orm/core"
import type { EntityShape, PropertyShape } from "../core/ownership.ts"

/** Describes MikroORM's metadata the way ownership is resolved against. */
export function entityShapes(metadata: MetadataStorage): EntityShape[] {
  return [...metadata].filter((meta) => !meta.embeddable).map(shapeOf)
}

function shapeOf(meta: EntityMetadata): EntityShape {
  // The columns of an embedded object also stand among the entity's own properties, under names of MikroORM's making.
  const own = Object.values(meta.properties).filter((property) => property.embedded === undefined)
  return { name: meta.className, bases: basesOf(meta), properties: propertiesOf(own) }
}

function basesOf(meta: EntityMetadata): string[] {
  const bases: string[] = []
  let base: unknown = Object.getPrototypeOf(meta.class)
  while (typeof base === "function" && base !== Function.prototype) {
    if (base.name !== "") bases.push(base.name)
    base = Object.getPrototypeOf(base)
  }
  return bases
}

function propertiesOf(properties: readonly EntityProperty[]): Map<string, PropertyShape> {
  return new Map(properties.map((property) => [property.embedded?.[1] ?? property.name, propertyShape(property)]))
}

function propertyShape(property: EntityProperty): PropertyShape {
  switch (property.kind) {
    case ReferenceKind.ONE_TO_MANY:
    case ReferenceKind.MANY_TO_MANY:
      return { kind: "to-many", targets: toManyTargets(property) }
    case ReferenceKind.MANY_TO_ONE:
    case ReferenceKind.ONE_TO_ONE:
      return toOneShape(property)
    case ReferenceKind.EMBEDDED:
      if (property.array) return { kind: "unusable", why: "is a list of embedded objects; a tenant is one value" }
      return { kind: "embedded", properties: propertiesOf(Object.values(property.embeddedProps)) }
    default:
      if (property.persist === false && !property.formula)
        return { kind: "unusable", why: "is not stored in the database" }
      return { kind: "column" }
  }
}

/** The links of an m:n relation may be tenant-owned where its rows are not. */
function toManyTargets(property: EntityProperty): string[] {
  const targets = targetsOf(property).map((target) => target.className)
  return property.pivotEntity ? [...targets, Utils.className(property.pivotEntity)] : targets
}

function toOneShape(property: EntityProperty): PropertyShape {
  if (property.polymorphic) return { kind: "unusable", why: "is polymorphic; its key alone names no tenant" }
  const columns = property.joinColumns?.length ?? 1
  if (property.mapToPk && columns === 1) return { kind: "column" }
  return { kind: "to-one", target: property.targetMeta?.className ?? property.type, columns }
}

/** The entities that a relation can lead to: several for a polymorphic one. */
export function targetsOf(property: EntityProperty): readonly EntityMetadata[] {
  if (property.polymorphTargets !== undefined && property.polymorphTargets.length > 0) return property.polymorphTargets
  return property.targetMeta === undefined ? [] : [property.targetMeta]
}
