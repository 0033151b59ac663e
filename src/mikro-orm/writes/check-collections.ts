import { helper, ReferenceKind, type EntityMetadata } from "@mikro-orm/core"
import type { WriteOperation } from "../../core/write-refusals.ts"
import type { CollectionPort } from "../collection-port.ts"
import type { LinkGuard } from "../link-guards.ts"
import { metaOf } from "../meta-of.ts"
import { storedTenantOf } from "../stored-tenant.ts"
import { keyOf, keyText, type Place } from "./stored-rows.ts"
import type { Writing } from "./writing.ts"

/** Judges the links that changed many-to-many collections would make and remove, by the tenants of both ends. */
export async function checkCollections(writing: Writing, collections: Iterable<CollectionPort>): Promise<void> {
  const changed = [...collections].flatMap((collection) => linksOf(writing, collection))
  for (const { ends } of changed) for (const end of ends) askEnd(writing, end)
  await writing.stored.load()
  for (const { guard, operation, ends } of changed) {
    const foreign = ends.find((end) => isForeignEnd(writing, end))
    if (foreign === undefined) continue
    const tenant = tenantOfEnd(writing, foreign)
    if (tenant === notThere) writing.check.fault(guard, operation, "hidden")
    else writing.check.stored(guard, tenant, operation)
  }
}

interface ChangedLink {
  readonly guard: LinkGuard
  readonly operation: WriteOperation
  readonly ends: readonly object[]
}

function linksOf(writing: Writing, collection: CollectionPort): ChangedLink[] {
  const { property, owner } = collection
  const guard = writing.failsafe.linkGuards(metaOf(owner)).toMany.get(property.name)
  if (guard === undefined || property.kind !== ReferenceKind.MANY_TO_MANY) return []
  const before = collection.getSnapshot() ?? []
  const after = collection.getItems(false)
  const links = [
    ...without(after, before).map((item) => ({ guard, operation: "link", ends: [item, owner] }) as const),
    ...without(before, after).map((item) => ({ guard, operation: "unlink", ends: [item, owner] }) as const),
  ]
  return links.filter(({ operation, ends: [item] }) => isFirst(writing, collection, operation, item))
}

function without(items: readonly object[], others: readonly object[]): object[] {
  const left = new Set(others)
  return items.filter((item) => !left.has(item))
}

/** Both sides of a bidirectional relation change, and a hook may run later: each link counts once. */
function isFirst(writing: Writing, { property, owner }: CollectionPort, operation: string, item: object): boolean {
  const [left, right] = property.owner ? [owner, item] : [item, owner]
  const link = [property.pivotTable, operation, endText(left), endText(right)].join(" ")
  if (writing.seen.has(link)) return false
  writing.seen.add(link)
  return true
}

const unsaved = new WeakMap<object, number>()
let count = 0

function endText(end: object): string {
  if (helper(end).hasPrimaryKey()) return keyText(keyOf(end, true))
  const known = unsaved.get(end) ?? ++count
  unsaved.set(end, known)
  return `new ${known}`
}

function askEnd(writing: Writing, end: object): void {
  if (isJudgedItself(writing, end) || storedTenantOf(end) !== undefined) return
  writing.stored.ask(placeOf(end), keyOf(end, true))
}

function isForeignEnd(writing: Writing, end: object): boolean {
  if (isJudgedItself(writing, end)) return false
  const tenant = tenantOfEnd(writing, end)
  return tenant === notThere ? writing.isBlind : writing.isForeign(tenant)
}

const notThere = Symbol("not there")

function tenantOfEnd(writing: Writing, end: object): unknown {
  const known = storedTenantOf(end)
  if (known !== undefined) return known
  const row = writing.stored.rowAt(placeOf(end), keyOf(end, true))
  return row === undefined ? notThere : row.tenant
}

/** Rows without a tenant are everybody's; new ones are judged themselves. */
function isJudgedItself(writing: Writing, end: object): boolean {
  const meta: EntityMetadata = metaOf(end)
  if (writing.guardOf(meta).tenant === null && !(meta.root !== meta && writing.failsafe.isOwned(meta.root))) return true
  return !helper(end).hasPrimaryKey() || writing.createdAt(meta, keyOf(end, true)) !== undefined
}

function placeOf(end: object): Place {
  const meta = metaOf(end)
  return { meta, schema: meta.schema === "*" ? helper(end).__schema : undefined }
}
