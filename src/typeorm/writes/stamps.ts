import type { EntityMetadata, ObjectLiteral } from "typeorm"
import { valuesFor } from "./changes.ts"
import type { SubjectPort } from "./subject-port.ts"
import { isNamed, stampsFor, type Stamp } from "./tenant-column.ts"
import type { Writing } from "./writing.ts"

/** The tenants that one `save` gave to new rows, so that they can be taken back when it comes to nothing. */
export class Stamps {
  #undo: (() => void)[] = []

  /** Gives a new row that names no tenant the scope's; in a set scope it must name one. */
  stampSubject(writing: Writing, subject: SubjectPort): void {
    const { metadata, entity, changeMaps } = subject
    if (entity === undefined || isFilledIn(writing, subject)) return
    for (const { at, value } of this.stampValues(writing, metadata, entity)) {
      changeMaps.push("joinColumns" in at ? { relation: at, value } : { column: at, value })
    }
  }

  /** The same for the values of a statement; returns what was set. */
  stampValues(writing: Writing, metadata: EntityMetadata, row: ObjectLiteral): readonly Stamp[] {
    const tenant = writing.failsafe.exactTenantOf(metadata)
    if (tenant === null || tenant.hops.length > 0 || isNamed(tenant.column, row)) return []
    const own = writing.stampFor(tenant.column)
    if (own === undefined) return []
    const stamps = stampsFor(tenant.column, row, own)
    for (const { at, value } of stamps) {
      this.#keep(row, namesOf(at))
      at.setEntityValue(row, value)
    }
    return stamps
  }

  /** Takes the tenants out of the entities again. */
  undo(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }

  /** Remembers what is about to be overwritten: the innermost holder that is there. */
  #keep(entity: ObjectLiteral, names: readonly string[]): void {
    let holder = entity
    for (const [index, name] of names.entries()) {
      const value: unknown = holder[name]
      if (index === names.length - 1 || typeof value !== "object" || value === null) {
        const had = name in holder
        const kept = holder
        this.#undo.push(() => (had ? void (kept[name] = value) : void delete kept[name]))
        return
      }
      holder = value
    }
  }
}

/** The names under which TypeORM 0.3 and 1 keep a value: that of a lazy relation behind its getter. */
function namesOf(at: Stamp["at"]): readonly string[] {
  if (!("isLazy" in at && at.isLazy)) return at.propertyPath.split(".")
  return [...(at.embeddedMetadata?.parentPropertyNames ?? []), `__${at.propertyName}__`]
}

/** TypeORM fills in a relation from the entity at its other side. */
function isFilledIn({ failsafe }: Writing, subject: SubjectPort): boolean {
  const column = failsafe.exactTenantOf(subject.metadata)?.column
  return column !== undefined && valuesFor(subject, column).some((value) => (value ?? null) !== null)
}
