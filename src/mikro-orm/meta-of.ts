import type { EntityMetadata } from "@mikro-orm/core"

/** An entity's metadata, which MikroORM keeps on its prototype. */
export function metaOf(entity: object): EntityMetadata {
  return (entity as { __meta: EntityMetadata }).__meta
}
