import type { ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { Failsafe } from "../failsafe.ts"
import type { SubjectPort } from "./subject-port.ts"

/**
 * After an update, TypeORM 0.3 and 1 put null where an entity does not have the value of a nullable column. Of the tenant that would be a
 * lie, which the next `save` of the same entity would write: it is taken away again.
 */
export class UntoldTenants {
  #entities: (readonly [entity: ObjectLiteral, column: ColumnMetadata])[] = []

  note(failsafe: Failsafe, { entity, metadata }: SubjectPort): void {
    const tenant = failsafe.exactTenantOf(metadata)
    if (entity === undefined || tenant === null || tenant.hops.length > 0) return
    const { column } = tenant
    if (column.isNullable && !column.isVirtual && column.getEntityValue(entity) === undefined) {
      this.#entities.push([entity, column])
    }
  }

  /** The entities do not tell their tenant, as before. */
  restore(): void {
    for (const [entity, column] of this.#entities.splice(0)) {
      if (column.getEntityValue(entity) !== null) continue
      let holder = entity
      for (const name of column.embeddedMetadata?.parentPropertyNames ?? []) holder = holder[name] as ObjectLiteral
      delete holder[column.propertyName]
    }
  }
}
