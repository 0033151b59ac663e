import type { LinkGuard } from "../link-guards.ts"
import type { RowValues } from "../tenant-column.ts"
import { storedTenantOf } from "../stored-tenant.ts"
import { isGuarded, targetIn, type Target } from "./row-tenants.ts"
import type { Writing } from "./writing.ts"

/** A row whose to-one relations are written. */
export interface LinkedRow {
  /** What the fault is remembered for. */
  readonly entity: object
  readonly links: readonly LinkGuard[]
  /** The names of relations that are judged otherwise. */
  readonly judged?: string | undefined
  readonly schema: string | undefined
  readonly parts: readonly RowValues[]
}

type RowTarget = Extract<Target, { kind: "row" }>

/** Asks for the rows that links lead to. */
export function askLinks(writing: Writing, rows: readonly LinkedRow[]): void {
  eachTarget(writing, rows, (_row, _link, target) => {
    if (target.kind === "row" && loadedTenant(writing, target) === undefined) {
      writing.stored.ask(target.place, target.key)
    }
  })
}

/** Judges the rows that links lead to: a foreign one may not be linked, nor one that row security may be hiding. */
export function checkLinks(writing: Writing, rows: readonly LinkedRow[]): void {
  eachTarget(writing, rows, (row, link, target) => {
    const tenant = tenantOfTarget(writing, target)
    // The database refuses a key that leads nowhere, but not one that leads to a row behind its policies.
    if (tenant === notThere ? !writing.isBlind : !writing.isForeign(tenant)) return
    if (tenant === notThere) writing.check.fault(link, "link", "hidden")
    else writing.check.stored(link, tenant, "link")
    writing.faulty.add(row.entity)
  })
}

const notThere = Symbol("not there")

function tenantOfTarget(writing: Writing, target: Target): unknown {
  if (target.kind !== "row") return undefined
  const loaded = loadedTenant(writing, target)
  if (loaded !== undefined) return loaded
  const found = writing.stored.rowAt(target.place, target.key)
  return found === undefined ? notThere : found.tenant
}

/** The tenant of a target that was loaded. */
function loadedTenant(writing: Writing, { place, key }: RowTarget): unknown {
  if (place.by !== undefined) return undefined
  // The key is in the database's notation, as the identity map keeps it.
  const entity = writing.em.getUnitOfWork(false).getById<object>(place.meta.class, key, place.schema, true)
  return entity === undefined ? undefined : storedTenantOf(entity)
}

function eachTarget(
  writing: Writing,
  rows: readonly LinkedRow[],
  act: (row: LinkedRow, link: LinkGuard, target: Target) => void,
): void {
  for (const row of rows) {
    for (const link of row.links) {
      if (link.property.name === row.judged) continue
      for (const part of row.parts) {
        const target = targetIn(writing, link.property, part, row.schema)
        if (target.kind === "unknown") act(row, link, target)
        else if (target.kind === "row" && isGuarded(writing, link, target.place.meta)) act(row, link, target)
      }
    }
  }
}
