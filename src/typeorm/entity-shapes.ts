import type { EntityMetadata } from "typeorm"
import type { EmbeddedMetadata } from "typeorm/metadata/EmbeddedMetadata.js"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import type { EntityShape, PropertyShape } from "../core/ownership.ts"

/** Describes TypeORM's metadata the way ownership is resolved against. */
export function entityShapes(metadatas: readonly EntityMetadata[]): EntityShape[] {
  return metadatas.filter(isEntity).map((metadata) => ({
    name: metadata.name,
    bases: basesOf(metadata),
    properties: propertiesOf(metadata),
  }))
}

/** The tables that TypeORM makes up for m:n relations and closure trees are no entities. */
function isEntity(metadata: EntityMetadata): boolean {
  return !metadata.isJunction && metadata.tableType !== "closure-junction"
}

function basesOf(metadata: EntityMetadata): string[] {
  // TypeORM 0.3 and 1 append to the classes that a single table's entity derives from those that derive from it.
  const derived = new Set(metadata.childEntityMetadatas.map(({ target }) => target))
  const classes = metadata.inheritanceTree
    .slice(1)
    .filter((base) => !derived.has(base as EntityMetadata["target"]))
    .map((base) => (base as { readonly name: string }).name)
  const parents: string[] = []
  // An EntitySchema derives by name and not by class.
  for (let parent = metadata.parentEntityMetadata; parent; parent = parent.parentEntityMetadata)
    parents.push(parent.name)
  return [...new Set([...classes, ...parents])]
}

type Members = Pick<EntityMetadata, "columns" | "relations" | "embeddeds">

/** The properties that stand in the entity itself or, for `parent`, in one of its embedded objects: TypeORM lists them all in one. */
function propertiesOf(members: Members, parent?: EmbeddedMetadata): ReadonlyMap<string, PropertyShape> {
  const properties = new Map<string, PropertyShape>()
  for (const column of members.columns) {
    if (!column.isVirtual && column.embeddedMetadata === parent) properties.set(column.propertyName, { kind: "column" })
  }
  for (const relation of members.relations) {
    if (relation.embeddedMetadata === parent) properties.set(relation.propertyName, relationShape(relation))
  }
  for (const embedded of members.embeddeds) properties.set(embedded.propertyName, embeddedShape(embedded))
  return properties
}

function embeddedShape(embedded: EmbeddedMetadata): PropertyShape {
  if (embedded.isArray) return { kind: "unusable", why: "is a list of embedded objects; a tenant is one value" }
  return { kind: "embedded", properties: propertiesOf(embedded, embedded) }
}

function relationShape(relation: RelationMetadata): PropertyShape {
  const target = relation.inverseEntityMetadata.name
  if (relation.isOneToMany || relation.isManyToMany) return { kind: "to-many", targets: [target] }
  if (relation.isOneToOneNotOwner) {
    const why = `is the inverse side of a 1:1 relation; its key is stored with ${target}`
    return { kind: "unusable", why, targets: [target] }
  }
  return { kind: "to-one", target, columns: relation.joinColumns.length }
}
