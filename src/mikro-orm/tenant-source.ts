import { ReferenceKind, type Configuration, type EntityMetadata, type EntityProperty } from "@mikro-orm/core"
import { invalid } from "../core/options.ts"
import { shortestSource, type ForeignKeyModel, type TenantSource } from "../core/tenant-model.ts"
import { columnsOfProperty, foreignKeyOf, isTptChild, storedProperties, tptForeignKey } from "./table-model.ts"

/** Follows a path that `resolveOwnership` found usable from table to table. */
export function tenantSource(meta: EntityMetadata, path: string, config: Configuration): TenantSource {
  const names = path.split(".")
  const through: ForeignKeyModel[] = []
  let current = meta
  let scope: Readonly<Record<string, EntityProperty>> = meta.properties
  for (const [index, name] of names.entries()) {
    const property = scope[name]!
    if (property.kind === ReferenceKind.EMBEDDED) {
      scope = property.embeddedProps
      continue
    }
    current = holderOf(current, property, through, config)
    if (index === names.length - 1) {
      return shortestSource({ path, through, column: columnsOfProperty(property)[0]! })
    }
    through.push(foreignKeyOf(property, config))
    current = property.targetMeta!
    scope = current.properties
  }
  throw invalid(`'${path}' leads ${meta.className} to no column.`, {
    option: "tenantProperty",
    entity: meta.className,
    path,
  })
}

/** In a hierarchy with a table each, the table that has the property may be that of a parent. */
function holderOf(
  meta: EntityMetadata,
  property: EntityProperty,
  through: ForeignKeyModel[],
  config: Configuration,
): EntityMetadata {
  let holder = meta
  while (isTptChild(holder) && !storedProperties(holder).some(({ name }) => name === property.name)) {
    through.push(tptForeignKey(holder, config))
    holder = holder.tptParent!
  }
  return holder
}
