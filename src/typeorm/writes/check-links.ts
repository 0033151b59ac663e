import type { ObjectLiteral } from "typeorm"
import type { WriteTarget } from "../../core/write-check.ts"
import type { WriteOperation } from "../../core/write-refusals.ts"
import type { NewTarget } from "./changes.ts"
import type { LinkGuard } from "./link-guards.ts"
import type { Writing } from "./writing.ts"

/** Judges the rows that new links lead to, or that links are taken from. */
export function checkLink(
  writing: Writing,
  guard: Pick<LinkGuard, "place" | "findings">,
  target: NewTarget,
  operation: Extract<WriteOperation, "link" | "unlink"> = "link",
): void {
  if (target.kind === "unknown") writing.fault(guard, operation, "unknown")
  if (target.kind === "keyless") writing.isOpen = true
  if (target.kind !== "row" || isLoaded(writing, guard.place, target)) return
  tenantsOf(writing, guard.place, target, (tenants) => {
    // The database refuses a key that leads nowhere, but not one that leads to a row behind its policies.
    if (tenants.length === 0 && writing.isBlind) writing.fault(guard, operation, "hidden")
    storeWorst(writing, guard, tenants, operation)
  })
}

/** Tells the tenants of the row that is meant, when the look-up is done. */
export function tenantsOf(
  writing: Writing,
  place: LinkGuard["place"],
  { id }: { readonly id: ObjectLiteral },
  tell: (tenants: readonly unknown[]) => void,
): void {
  writing.stored.ask(place, id)
  writing.later(() => tell(writing.stored.of(place, id)))
}

function isLoaded(writing: Writing, { metadata, columns }: LinkGuard["place"], { object }: Linked): boolean {
  const isKey = columns === metadata.primaryColumns
  return isKey && object !== undefined && writing.isLoaded(object, metadata)
}

type Linked = Extract<NewTarget, { readonly kind: "row" }>

/** Judges a stored row by its tenants: of several rows that may be meant, one that is foreign decides. */
export function storeWorst(
  writing: Writing,
  target: WriteTarget,
  tenants: readonly unknown[],
  operation: WriteOperation,
): void {
  const worst = tenants.filter((tenant) => writing.isForeign(tenant))
  if (worst.length > 0) writing.store(target, worst[0], operation)
}

/** Judges a new row by the row that tells its tenant. One that is not there is the database's to refuse, unless its policies may hide it. */
export function insertAlong(
  writing: Writing,
  target: WriteTarget,
  tenants: readonly unknown[],
  insert: (tenant: unknown) => void = (tenant) => writing.insert(target, tenant),
  operation: Extract<WriteOperation, "insert" | "upsert"> = "insert",
): void {
  if (tenants.length === 0) {
    if (writing.isBlind) writing.fault(target, operation, "hidden")
  } else if (tenants.includes(undefined)) {
    writing.fault(target, operation, "unknown")
  } else {
    insert(tenants.find((tenant) => writing.isForeign(tenant)) ?? tenants[0])
  }
}
