import { invalid } from "../core/options.ts"
import { nameOf, type ForeignKeyModel, type TableModel, type TenantSource } from "../core/tenant-model.ts"

/** A path that was found, and what a reader should know of it. */
export interface Inferred {
  readonly source: TenantSource
  readonly note: string | undefined
}

interface Path {
  readonly hops: readonly ForeignKeyModel[]
  readonly end: TableModel
}

/**
 * The shortest path of NOT NULL references from a table to one that is tenant-owned. Of several that are equally short, the first by
 * the names of its columns counts.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` where there is none, with the reference that stands in the way
 */
export function inferredSource(table: TableModel, byName: ReadonlyMap<string, TableModel>): Inferred {
  let paths: Path[] = [{ hops: [], end: table }]
  const seen = new Set([nameOf(table)])
  while (paths.length > 0) {
    const longer = paths.flatMap((path) => steps(path, byName)).filter(({ end }) => !seen.has(nameOf(end)))
    const found = longer.filter(({ end }) => end.tenant !== undefined)
    if (found.length > 0) return choose(table, found)
    for (const { end } of longer) seen.add(nameOf(end))
    paths = longer
  }
  throw unreachable(table, byName)
}

function steps({ hops, end }: Path, byName: ReadonlyMap<string, TableModel>): Path[] {
  return end.foreignKeys.flatMap((hop) => {
    const next = byName.get(nameOf(hop.target))
    return next === undefined || next === end || hop.isNullable ? [] : [{ hops: [...hops, hop], end: next }]
  })
}

function choose(table: TableModel, found: readonly Path[]): Inferred {
  const [first, ...others] = found.toSorted((a, b) => (said(a) < said(b) ? -1 : 1))
  const { hops, end } = first!
  const { path, through, column } = end.tenant!
  const source = { path: `${said(first!)}.${path}`, through: [...hops, ...through], column }
  if (others.length === 0) return { source, note: undefined }
  const alternatives = others.map((other) => `'${said(other)}'`).join(", ")
  return {
    source,
    note:
      `${table.entity} reaches a tenant on several paths of the same length: '${said(first!)}' counts, the first by name; not ` +
      `${alternatives}. Declare its path in the options of withFailsafe to choose another one.`,
  }
}

function said({ hops }: Path): string {
  return hops.map(({ columns }) => columns.join("+")).join(".")
}

function unreachable(table: TableModel, byName: ReadonlyMap<string, TableModel>): Error {
  const links = nullableLinks(table, byName)
  const circle = circleFrom(table, byName)
  const start = `infer: ${table.entity} reaches no tenant-owned table by references that are NOT NULL`
  const details = { option: "infer", entity: table.entity }
  if (links.length > 0) {
    return invalid(
      `${start}: ${links.join(" and ")} may be NULL. Make it NOT NULL, or declare the path in the options of withFailsafe: a row ` +
        "whose reference is NULL is then shared.",
      details,
    )
  }
  if (circle !== undefined) {
    return invalid(`${start}: its references lead in a circle, ${circle}. Declare the tenant of one of them.`, details)
  }
  return invalid(`${start}: it has none. Remove it from infer, or give it using and withCheck in entities.`, details)
}

/** References that would help if they were NOT NULL. */
function nullableLinks(table: TableModel, byName: ReadonlyMap<string, TableModel>): string[] {
  return reachable(table, byName).flatMap((from) =>
    from.foreignKeys
      .filter(({ isNullable, target }) => isNullable && nameOf(target) !== nameOf(from))
      .filter(({ target }) => leadsToTenant(byName.get(nameOf(target)), byName))
      .map(({ columns }) => `${from.name}.${columns.join("+")}`),
  )
}

function leadsToTenant(table: TableModel | undefined, byName: ReadonlyMap<string, TableModel>): boolean {
  return table !== undefined && reachable(table, byName).some(({ tenant }) => tenant !== undefined)
}

function circleFrom(table: TableModel, byName: ReadonlyMap<string, TableModel>): string | undefined {
  const way: TableModel[] = []
  const walk = (current: TableModel): string | undefined => {
    const start = way.indexOf(current)
    if (start !== -1) return [...way.slice(start), current].map(({ name }) => name).join(" -> ")
    way.push(current)
    for (const { end } of steps({ hops: [], end: current }, byName)) {
      const circle = walk(end)
      if (circle !== undefined) return circle
    }
    way.pop()
    return undefined
  }
  return walk(table)
}

function reachable(table: TableModel, byName: ReadonlyMap<string, TableModel>): TableModel[] {
  const found = new Set([table])
  for (const current of found) {
    for (const { end } of steps({ hops: [], end: current }, byName)) found.add(end)
  }
  return [...found]
}
