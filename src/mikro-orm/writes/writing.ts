import type { EntityManager, EntityMetadata } from "@mikro-orm/core"
import { currentContext } from "../../core/scope.ts"
import { ScopedWrite } from "../../core/scoped-write.ts"
import type { TenantId } from "../../core/tenant-id.ts"
import { writeScope, type WriteScope } from "../../core/write-scope.ts"
import type { EntityLoad } from "../entity-load.ts"
import type { Failsafe } from "../failsafe.ts"
import type { EntityGuard } from "../guards.ts"
import type { TenantColumn } from "../tenant-column.ts"
import { metaOf } from "../meta-of.ts"
import { keyOf, keyText, StoredRows } from "./stored-rows.ts"

/** What one flush or statement is about to write, in the scope that it is confined to. */
export class Writing extends ScopedWrite {
  readonly failsafe: Failsafe
  readonly em: EntityManager
  readonly load: EntityLoad
  readonly stored: StoredRows
  /** Rows and links that were judged to be at fault: what hooks change later does not count them again. */
  readonly faulty: WeakSet<object> = new WeakSet()
  readonly seen: Set<string> = new Set()
  readonly #created = new Map<unknown, Map<string, object>>()
  #lastMeta: EntityMetadata | undefined
  #telling: ReadonlySet<string> = new Set()

  constructor(load: EntityLoad, em: EntityManager, within: WriteScope) {
    super(load.failsafe.policy, load.log, within)
    this.failsafe = load.failsafe
    this.em = em
    this.load = load
    this.stored = new StoredRows(load.failsafe, em)
  }

  /** Whether row security keeps foreign rows back from look-ups: what is not found is not nobody's. */
  get isBlind(): boolean {
    return this.failsafe.rowSecurity !== undefined
  }

  /** The tenant that a new row of this column gets; undefined where it must name it. */
  stampFor(column: TenantColumn): TenantId | undefined {
    return this.stampAs(column.type)
  }

  /** Remembers a row that this flush inserts under a key that the application chose. */
  created(entity: object): void {
    const { class: root } = metaOf(entity).root
    const key = keyOf(entity, true)
    if (key === null || key === undefined) return
    const known = this.#created.get(root) ?? new Map<string, object>()
    this.#created.set(root, known.set(keyText(key), entity))
  }

  /** The row that this flush inserts under a key. */
  createdAt(meta: EntityMetadata, key: unknown): object | undefined {
    return this.#created.size === 0 ? undefined : this.#created.get(meta.root.class)?.get(keyText(key))
  }

  /** Whether the values of an update concern the tenant of a row, or a link to tenant-owned rows. */
  isTelling(meta: EntityMetadata, values: object): boolean {
    if (meta !== this.#lastMeta) {
      this.#lastMeta = meta
      this.#telling = tellingNames(this.failsafe, meta)
    }
    for (const name in values) if (this.#telling.has(name)) return true
    return false
  }

  guardOf(meta: EntityMetadata): EntityGuard {
    return this.failsafe.entityGuard(meta)
  }
}

function tellingNames(failsafe: Failsafe, meta: EntityMetadata): ReadonlySet<string> {
  const tenant = failsafe.tenantOf(meta)
  const own = tenant === null ? [] : [tenant.firstProperty, ...(tenant.column?.names ?? [])]
  return new Set([...own, ...failsafe.linkGuards(meta).toOne.map(({ property }) => property.name)])
}

/**
 * Begins to judge a write to rows of these entities; undefined where anything may be written.
 *
 * @throws {TenantFailsafeError} `TENANT_MISSING` outside any scope, for tenant-owned entities
 */
export function beginWriting(load: EntityLoad, em: EntityManager, guards: Iterable<EntityGuard>): Writing | undefined {
  const owned = [...guards].filter(({ tenant }) => tenant !== null)
  const within = writeScope(load.failsafe.policy, currentContext(), owned, load.log)
  return within && new Writing(load, em, within)
}
