import { helper, Utils, type EntityManager, type EntityMetadata } from "@mikro-orm/core"
import { chunked } from "../../core/chunked.ts"
import { remembered } from "../../core/remembered.ts"
import { runUnscoped } from "../../core/scope.ts"
import { brokenPaths } from "../broken-paths.ts"
import type { Failsafe } from "../failsafe.ts"
import { metaOf } from "../meta-of.ts"
import type { TenantOf } from "../tenant-of.ts"

/** Which rows are asked for: of an entity or those derived from it, told by their key or by another unique property. */
export interface Place {
  readonly meta: EntityMetadata
  readonly schema?: string | undefined
  readonly by?: string | undefined
  /** How the tenant is read, where it is not the entity's own way: the rest of a path. */
  readonly tenant?: TenantOf | undefined
}

/** A stored row's tenant: null for a shared row, undefined where it cannot be read. */
export interface StoredRow {
  readonly tenant: unknown
}

interface Asked {
  readonly place: Place
  readonly missing: Map<string, unknown>
  readonly found: Map<string, StoredRow>
}

/**
 * The tenants of rows that the guard knows by their keys alone, as the database holds them: gathered first, then asked for by one query
 * per entity, in the transaction that is going on.
 */
export class StoredRows {
  readonly #failsafe: Failsafe
  readonly #em: EntityManager
  readonly #asked = new Map<string, Asked>()

  constructor(failsafe: Failsafe, em: EntityManager) {
    this.#failsafe = failsafe
    this.#em = em
  }

  /** `key` is in the database's notation; several columns are a list. */
  ask(place: Place, key: unknown): void {
    const asked = this.#askedAt(place)
    const text = keyText(key)
    if (!asked.found.has(text)) asked.missing.set(text, key)
  }

  /** The row with this key; undefined where there is none. */
  rowAt(place: Place, key: unknown): StoredRow | undefined {
    return this.#askedAt(place).found.get(keyText(key))
  }

  /** Looks up what was asked for since the last time. */
  async load(): Promise<void> {
    for (const { place, missing, found } of this.#asked.values()) {
      const keys = [...missing.values()]
      for (const some of chunked(keys)) await this.#find(place, some, found)
      const apart = keys.filter((key) => !found.has(keyText(key)))
      // The database may write a key in another way than the application does. Then the row is found, but not under this text.
      if (apart.length > 0 && found.has(unmatched)) for (const key of apart) await this.#findOne(place, key, found)
      found.delete(unmatched)
      missing.clear()
    }
  }

  async #findOne(place: Place, key: unknown, found: Map<string, StoredRow>): Promise<void> {
    const own = new Map<string, StoredRow>()
    await this.#find(place, [key], own)
    const [row] = own.values()
    if (row !== undefined) found.set(keyText(key), row)
  }

  async #find(place: Place, keys: readonly unknown[], found: Map<string, StoredRow>): Promise<void> {
    const { meta, schema, by } = place
    const tenant = place.tenant ?? this.#failsafe.tenantOf(meta)
    const name = by ?? Utils.getPrimaryKeyHash(meta.primaryKeys)
    const rows = await findRows(
      this.#em,
      meta,
      { [name]: { $in: [...keys] } },
      {
        fields: tenant === null ? undefined : [...meta.primaryKeys, ...(by === undefined ? [] : [by]), tenant.path],
        populate: tenant?.through ?? [],
        schema,
        isSent: true,
      },
    )
    const wanted = new Set(keys.map(keyText))
    const broken = tenant === null ? undefined : await brokenPaths(this.#em, meta, tenant, rows, schema)
    for (const row of rows) {
      const text = keyText(by === undefined ? keyOf(row, true) : (row as Record<string, unknown>)[by])
      const read = place.tenant ?? this.#failsafe.tenantOf(metaOf(row)) ?? tenant
      found.set(wanted.has(text) ? text : unmatched, {
        tenant: read === null ? null : broken?.has(row) ? undefined : read.read(row),
      })
    }
  }

  #askedAt(place: Place): Asked {
    const { meta, schema, by, tenant } = place
    const name = `${meta.root.uniqueName} ${schema ?? ""} ${by ?? ""} ${tenant?.path ?? ""}`
    return remembered(this.#asked, name, () => ({ place, missing: new Map(), found: new Map() }))
  }
}

const unmatched = "\0unmatched"

/** What a look-up asks for besides its rows. */
export interface FindRows {
  /** All columns, unless given. */
  readonly fields?: readonly string[] | undefined
  readonly populate?: readonly string[]
  readonly schema?: string | undefined
  /** Whether the condition is in the database's notation, not in the application's. */
  readonly isSent?: boolean
}

/** Reads rows past filters, caches and scopes, for the guard's own eyes. */
export async function findRows(
  em: EntityManager,
  meta: EntityMetadata,
  where: object,
  { fields, populate = [], schema, isSent = false }: FindRows,
): Promise<object[]> {
  if (meta.virtual) return []
  // A fork, so that neither the rows nor their partial state reach the application's identity map.
  const fork = em.fork({ keepTransactionContext: true })
  // A row is deleted by its key in the table of the root, whichever derived entity it is taken for.
  const { root } = meta
  const isPlain = root.class === meta.class && fields !== undefined
  const options = {
    ...lookUpOptions,
    convertCustomTypes: !isSent,
    ...(isPlain ? { fields: [...fields], strategy: "joined" } : {}),
    populate: isPlain ? [...populate] : lazyOf(root),
    ...(schema === undefined ? {} : { schema }),
  }
  return runUnscoped(() => fork.find(root.class, where as never, options as never))
}

/** Counts rows, as `findRows` reads them. */
export async function countRows(
  em: EntityManager,
  meta: EntityMetadata,
  where: object,
  schema?: string,
): Promise<number> {
  if (meta.virtual) return 0
  const fork = em.fork({ keepTransactionContext: true })
  const options = { ...lookUpOptions, ...(schema === undefined ? {} : { schema }) }
  return runUnscoped(() => fork.count(meta.class, where as never, options as never))
}

/** Of the primary's, never of a replica's or a cache's. */
const lookUpOptions = {
  filters: false,
  cache: false,
  flushMode: "commit",
  connectionType: "write",
}

/** An entity's key, in the database's notation or in the application's. */
export function keyOf(entity: object, isSent: boolean): unknown {
  const keys = helper(entity).getPrimaryKeys(isSent)
  return keys?.length === 1 ? keys[0] : keys
}

/** The identity of a row. */
export function keyText(key: unknown): string {
  if (!Array.isArray(key)) return textOf(key)
  return key.flat(Number.POSITIVE_INFINITY).map(textOf).join(Utils.PK_SEPARATOR)
}

function textOf(key: unknown): string {
  return key instanceof Uint8Array ? Buffer.from(key).toString("hex") : String(key)
}

function lazyOf(meta: EntityMetadata): string[] {
  return meta.props.filter(({ lazy, persist }) => lazy === true && persist !== false).map(({ name }) => name)
}
