import { tableText } from "../sql-text.ts"
import { finding, type Finding } from "./finding.ts"
import { isExempt, may, revoke } from "./reach.ts"
import { textOf } from "./wording.ts"
import type { Relation } from "./snapshot.ts"
import type { Audited } from "./subjects.ts"

/**
 * Views that the application reaches, and that read a tenant-owned table with the rights of an owner for whom row security does not
 * hold; and materialized views of such tables, for which there is no row security. What a view reads through a function is not seen.
 */
export function views(audited: Audited): Finding[] {
  const { snapshot } = audited
  const byOid = new Map(snapshot.relations.map((relation) => [relation.oid, relation]))
  const readsOf = ({ oid }: Relation) => (snapshot.reads.get(oid) ?? []).flatMap((read) => byOid.get(read) ?? [])
  const reached = allFrom(
    snapshot.relations.filter((relation) => isEntry(relation, audited)),
    readsOf,
  )
  return reached.flatMap((view) => {
    if (view.kind === "view") return definer(view, readsOf(view), audited)
    return view.kind === "materialized view" ? materialized(view, allFrom([view], readsOf), audited, readsOf) : []
  })
}

const privileges = ["select", "insert", "update", "delete"]

function isEntry({ kind, grants }: Relation, { reach }: Audited): boolean {
  return (kind === "view" || kind === "materialized view") && may(reach, grants, ...privileges)
}

function allFrom(start: readonly Relation[], readsOf: (relation: Relation) => readonly Relation[]): Relation[] {
  const found = new Set(start)
  for (const relation of found) for (const read of readsOf(relation)) found.add(read)
  return [...found]
}

function definer(view: Relation, reads: readonly Relation[], { snapshot, subjects, reach }: Audited): Finding[] {
  if (view.isInvoker) return []
  const open = subjects
    .map(({ live }) => live)
    .filter((table) => reads.includes(table) && isExempt(view.owner, table, snapshot))
  if (open.length === 0) return []
  const owner = snapshot.roles.get(view.owner)?.name ?? view.owner
  const message =
    `The view ${textOf(view)} reads ${open.map(textOf).join(", ")} with the rights of ${owner}, for which row security does not hold: ` +
    `${reach.role.name} sees the rows of every tenant in it.`
  const canInvoke = snapshot.version >= 150_000
  const mend = canInvoke
    ? `alter view ${tableText(view)} set (security_invoker = true)`
    : revoke(reach, view, snapshot, ...privileges)
  return [finding("view-not-invoker", { object: textOf(view) }, message, [mend])]
}

function materialized(
  view: Relation,
  reads: readonly Relation[],
  audited: Audited,
  readsOf: (relation: Relation) => readonly Relation[],
): Finding[] {
  const { snapshot, subjects, reach } = audited
  const kept = subjects.map(({ live }) => live).filter((table) => reads.includes(table))
  if (kept.length === 0) return []
  const entries = snapshot.relations.filter(
    (relation) => isEntry(relation, audited) && allFrom([relation], readsOf).includes(view),
  )
  const message =
    `The materialized view ${textOf(view)} keeps rows of ${kept.map(textOf).join(", ")}, those of every tenant, and no policy can hold ` +
    `for it: ${reach.role.name} sees all of them. Let the application read a view of it that compares the tenant, if at all.`
  const mend = entries.map((entry) => revoke(reach, entry, snapshot, ...privileges))
  return [finding("matview", { object: textOf(view) }, message, mend)]
}
