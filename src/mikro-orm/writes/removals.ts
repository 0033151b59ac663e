import type { EntityMetadata } from "@mikro-orm/core"
import type { Findings } from "../../core/findings.ts"
import { foreignHangingOn, type Hanging as Hung, type RemovalPort } from "../../core/removal.ts"
import { chunked } from "../../core/chunked.ts"
import type { Hanging } from "./hangings.ts"
import { allOf } from "../all-of.ts"
import { countRows, findRows, keyOf, keyText } from "./stored-rows.ts"
import type { Writing } from "./writing.ts"

/** Rows of one entity that are about to be deleted, by their keys in the application's notation. */
export type Removed = readonly [meta: EntityMetadata, keys: readonly unknown[]]

/** Judges what hangs on rows of one entity that are about to be deleted; returns whether that is their fault. */
export async function checkHanging(writing: Writing, ...[meta, keys]: Removed): Promise<boolean> {
  const guard = writing.guardOf(meta)
  const counts = await foreignOn(writing, [[meta, keys]])
  writing.check.hanging(guard, counts)
  // Policies do not show whose rows hang on one that is nobody's.
  const isSeen = !writing.isBlind || guard.tenant !== null
  const unseen = isSeen ? [] : writing.failsafe.hangings.on(meta).filter(({ isCascading }) => isCascading)
  writing.check.hangingUnseen(
    guard,
    unseen.map(({ findings }) => findings),
    keys.length,
  )
  return counts.size > 0 || unseen.length > 0
}

/** Counts the foreign rows that hang on rows which are about to be deleted: one query per relation, none where nothing can hang. */
export async function foreignOn(writing: Writing, removed: Iterable<Removed>): Promise<ReadonlyMap<Findings, number>> {
  const { hangings } = writing.failsafe
  const port: RemovalPort<EntityMetadata, unknown, Hanging> = {
    relationsTo: (meta) => hangings.on(meta),
    findingsOf: ({ findings }) => findings,
    textOf: keyText,
    hanging: (relation, keys) => hangingOn(writing, relation, keys),
  }
  return foreignHangingOn(port, removed)
}

async function hangingOn(
  writing: Writing,
  relation: Hanging,
  keys: readonly unknown[],
): Promise<Hung<EntityMetadata, unknown>> {
  let foreign = 0
  const along: unknown[] = []
  for (const some of chunked([...keys])) {
    const where = { [relation.property.name]: { $in: some } }
    if (relation.isFollowed) {
      const tenant = relation.tenant
      const rows = await findRows(writing.em, relation.meta, where, {
        fields: [...relation.meta.primaryKeys, ...(tenant === undefined ? [] : [tenant.path])],
        populate: tenant?.through ?? [],
      })
      for (const row of rows) {
        if (tenant !== undefined && writing.isForeign(tenant.read(row))) foreign++
        else along.push(keyOf(row, false))
      }
    } else {
      foreign += await countRows(writing.em, relation.meta, allOf(where, [foreignCondition(writing, relation)]))
    }
  }
  return { foreign, along: along.length === 0 ? [] : [[relation.meta, along]] }
}

function foreignCondition(writing: Writing, { other, tenant }: Hanging): object {
  const own = { $not: tenant!.condition(writing.tenants) }
  return other === undefined ? own : { [other.name]: own }
}
