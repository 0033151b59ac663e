import type { LeakReport } from "../../../src/testing/index.ts"
import { relations, tableOf, type Graph, type Relation } from "./graph.ts"
import { childrenOf, ownersOf, type Entity } from "./graph-held.ts"
import { isByRelation, loadWays, type LoadWay, type LookWay, type Shown, type Wanted } from "./graph-loads.ts"
import { expectEqual, storedRows, visibleRows } from "./graph-oracle.ts"
import type { ScopeStep } from "./graph-steps.ts"

/** Every relation that was asked for shows exactly the own and shared rows, and yields one record of what it does not show. */
export function assertShown(
  graph: Graph,
  scope: ScopeStep,
  way: LoadWay,
  wanted: Wanted,
  held: readonly Entity[],
  leaks: readonly LeakReport[],
): void {
  const ids = wanted.one === null ? [...graph.customer.keys()] : [wanted.one]
  const { skip = 0, take = ids.length } = (way === "find" || way === "transaction" ? wanted.page : null) ?? {}
  expectEqual(
    held.map(({ id }) => id),
    ids.slice(skip, skip + take),
    `customers of ${way}`,
  )
  const dropped = new Map<string, number>()
  for (const relation of relations.filter((one) => wanted.relations.has(one))) {
    for (const owner of ownersOf(held, relation)) {
      const what = `${way}: ${owner.id}.${relation}`
      const children = childrenOf(owner, relation)
      const expected = visibleIds(graph, scope, relation, owner.id!, wanted.withDeleted)
      expectEqual(children && sorted(children.map(({ id }) => id!)), expected, what)
      for (const { id, text } of children!)
        expectEqual(text, graph.rows[tableOf(relation)].get(id!)!.text, `text of ${id} in ${what}`)
      const missing = storedRows(graph, relation, owner.id!, wanted.withDeleted).length - expected.length
      count(dropped, "isEach" in loadWays[way] ? `${relation} of ${owner.id}` : relation, missing)
    }
  }
  const expected = [...dropped].map(([name, rows]) => `${name.replace(/ of \d+$/, "")},${rows}`).toSorted()
  expectEqual(droppedOf(leaks), expected, `records of ${way}`)
  for (const { id, profile } of held) {
    const stored = [...graph.rows.profile.values()].find((row) => row.parent === id)
    if (profile !== undefined) expectEqual(profile?.id, stored?.id, `${way}: ${id}.profile`)
  }
}

/** The same for what is not held. */
export function assertLooked(
  graph: Graph,
  scope: ScopeStep,
  way: LookWay,
  wanted: Wanted,
  looked: readonly Shown[],
  leaks: readonly LeakReport[],
): void {
  const dropped = new Map<string, number>()
  for (const { relation, owner, ids } of looked) {
    const expected = visibleIds(graph, scope, relation, owner)
    expectEqual(sorted(ids), expected, `${way}: ${owner}.${relation}`)
    const name = way === "mapped" && !isByRelation(wanted) ? "mapped" : relation
    count(dropped, name, storedRows(graph, relation, owner).length - expected.length)
  }
  expectEqual(droppedOf(leaks), [...dropped].map(String).toSorted(), `records of ${way}`)
}

function visibleIds(
  graph: Graph,
  scope: ScopeStep,
  relation: Relation,
  owner: number,
  withDeleted = false,
): readonly number[] {
  // Without a scope, a load that is not refused shows nothing at all.
  if (scope[0] === "none") return []
  return sorted(visibleRows(graph, scope, relation, owner, withDeleted).map(({ id }) => id))
}

function droppedOf(leaks: readonly LeakReport[]): string[] {
  return leaks
    .filter(({ what }) => what === "dropped")
    .map(({ relation, dropped }) => `${relation},${dropped}`)
    .toSorted()
}

function count(counts: Map<string, number>, name: string, rows: number): void {
  if (rows > 0) counts.set(name, (counts.get(name) ?? 0) + rows)
}

function sorted(ids: readonly number[]): number[] {
  return ids.toSorted((a, b) => a - b)
}
