import type { EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import { remembered } from "../../core/remembered.ts"
import type { Failsafe } from "../failsafe.ts"
import { keyOfValues } from "../row-key.ts"
import type { FamilyTenant } from "../tenant-of.ts"
import { lookUpTenants } from "../tenant-lookup.ts"

/** Rows of one entity, told by columns that are unique together, and where their tenant is. */
export interface Place {
  readonly metadata: EntityMetadata
  readonly tenant: FamilyTenant
  readonly columns: readonly ColumnMetadata[]
}

interface Batch {
  readonly place: Place
  readonly asked: Map<string, ObjectLiteral>
  readonly done: Set<string>
  readonly found: Map<string, unknown>
  /** Tenants of rows that the database found under another notation of a key. */
  readonly strays: unknown[]
}

/** The tenants that the database holds for the rows which one write reaches: one query for each place, however many rows are asked for. */
export class StoredTenants {
  readonly #failsafe: Failsafe
  readonly #queryRunner: () => QueryRunner | undefined
  readonly #batches = new Map<EntityMetadata, Map<string, Batch>>()

  constructor(failsafe: Failsafe, queryRunner: () => QueryRunner | undefined) {
    this.#failsafe = failsafe
    this.#queryRunner = queryRunner
  }

  /** Asks for a row with the next `load`, unless it was asked for already. */
  ask(place: Place, id: ObjectLiteral): void {
    const key = keyIn(place, id)
    if (key === undefined) return
    const { asked, done, found } = this.#batchOf(place)
    if (!found.has(key) && !done.has(key)) asked.set(key, id)
  }

  /** Looks up what was asked for. */
  async load(): Promise<void> {
    for (const batches of this.#batches.values()) for (const batch of batches.values()) await this.#lookUp(batch)
  }

  /** What is known already. */
  note(metadata: EntityMetadata, tenant: FamilyTenant, tenants: ReadonlyMap<string, unknown>): void {
    const { found } = this.#batchOf({ metadata, tenant, columns: metadata.primaryColumns })
    for (const [key, value] of tenants) found.set(key, value === undefined ? unreadable : value)
  }

  /**
   * The tenant of a row that was looked up; none where there is no such row. Several where the database takes other notations for the
   * same key, so that it cannot be told which row is meant.
   */
  of(place: Place, id: ObjectLiteral): readonly unknown[] {
    const key = keyIn(place, id)
    if (key === undefined) return []
    const { found, strays, done } = this.#batchOf(place)
    const tenant = found.get(key)
    if (tenant !== undefined) return tenant === unreadable ? [undefined] : [tenant]
    if (this.#failsafe.rowSecurity === undefined) return strays
    // Where policies hide rows, one of them may be meant.
    const missing = done.size - [...found.keys()].filter((known) => done.has(known)).length
    return strays.length < missing ? [] : strays
  }

  async #lookUp({ place, asked, done, found, strays }: Batch): Promise<void> {
    if (asked.size === 0) return
    const ids = [...asked]
    asked.clear()
    const { metadata, tenant, columns } = place
    const tenants = await lookUpTenants(
      this.#failsafe,
      metadata,
      tenant,
      ids.map(([, id]) => id),
      this.#queryRunner(),
      columns,
    )
    for (const [key, value] of tenants) found.set(key, value === undefined ? unreadable : value)
    for (const [key] of ids) done.add(key)
    for (const [key, value] of tenants) if (!done.has(key)) strays.push(value)
  }

  #batchOf(place: Place): Batch {
    const { metadata, tenant, columns } = place
    const batches = remembered(this.#batches, metadata, () => new Map<string, Batch>())
    const name = `${tenant.path} ${columns.map(({ databaseName }) => databaseName).join(" ")}`
    return remembered(batches, name, () => ({ place, asked: new Map(), done: new Set(), found: new Map(), strays: [] }))
  }
}

/** The rows of an entity by their primary key. */
export function rowsOf(metadata: EntityMetadata, tenant: FamilyTenant): Place {
  return { metadata, tenant, columns: metadata.primaryColumns }
}

const unreadable = Symbol("a tenant that cannot be read")

function keyIn({ columns }: Place, id: ObjectLiteral): string | undefined {
  return keyOfValues(columns.map((column) => column.getEntityValue(id)))
}
