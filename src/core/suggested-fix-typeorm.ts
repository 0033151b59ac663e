import { call, object, printChain, text, type Code } from "./suggested-fix-code.ts"
import { aliasOf, childAlias, currentTenantAs, mayBeShared } from "./suggested-fix-names.ts"
import type { FixInput, TenantPath, TenantStep } from "./suggested-fix.ts"

/** Code that closes a leak in TypeORM 0.3 or 1, where only a query builder's join keeps every owner. */
export function fixForTypeorm(input: FixInput): string | undefined {
  const { what, owner, relation, child, strategy, tenant } = input
  if (tenant === undefined) return undefined
  switch (what) {
    case "root":
      return printLoad(rootLoad(child, tenant))
    case "dropped":
    case "kept":
    case "no-tenant": {
      // A tree repository takes no condition, a save reads every tenant's rows, and ids may be put on a property that declares them.
      if (relation === null || ["tree", "save", "relation ids"].includes(strategy ?? "")) return undefined
      const load = relationLoad(owner, relation, child, tenant)
      return what === "no-tenant" ? printInTenant(load) : printLoad(load)
    }
    case "unloaded-write":
      // Which of the rows that the entity does not hold are to be removed, only the application knows.
      return undefined
    case "reference":
    case "write":
      // The stored or the given key is wrong, not a query.
      return undefined
    case "rls-not-held":
      // The database is mended, not a query.
      return undefined
    case "unknown":
      // A row that no look-up finds any more was deleted meanwhile.
      return undefined
  }
}

/** A chain of calls on a name. */
interface Chain {
  readonly name: string
  readonly calls: readonly Code[]
}

/** A query, and the statements before it. */
interface Load extends Chain {
  readonly before: readonly (Chain & { readonly assigned: string })[]
}

function printLoad({ before, name, calls }: Load, result = "await ", indent = ""): string {
  const statements = before.map((chain) => printChain(chain.assigned, chain.name, chain.calls, indent))
  return [...statements, printChain(result, name, calls, indent)].map((statement) => indent + statement).join("\n")
}

function printInTenant(load: Load): string {
  if (load.before.length === 0) return `await withTenant(tenant, () =>\n${printLoad(load, "", "  ")},\n)`
  return `await withTenant(tenant, () => {\n${printLoad(load, "return ", "  ")}\n})`
}

function rootLoad(entity: string, tenant: TenantPath): Load {
  const alias = aliasOf(entity)
  const { joins, end } = followed(alias, tenant.steps)
  return {
    before: [],
    name: "dataSource",
    calls: [
      call("createQueryBuilder", entity, text(alias)),
      call("setFindOptions", object({ where: "where" })),
      ...joins,
      call("andWhere", text(ownOrShared(end, tenant)), parameters(tenant)),
      call("getMany"),
    ],
  }
}

function relationLoad(owner: string, relation: string, child: string, tenant: TenantPath): Load {
  const alias = aliasOf(owner)
  const joined = childAlias(owner, relation, child)
  const start = call("createQueryBuilder", owner, text(alias))
  const join = (...condition: Code[]) =>
    call("leftJoinAndSelect", text(`${alias}.${relation}`), text(joined), ...condition)
  const where = call("where", "where")
  const hop = tenant.steps.findIndex(({ target }, index) => target !== undefined && index < tenant.steps.length - 1)
  if (hop !== -1) {
    const query = { assigned: "const query = ", name: "dataSource", calls: [start, where] }
    const before = [query, ...ownParents(tenant, hop, alias, joined)]
    return { before, name: "query", calls: [join("own"), call("getMany")] }
  }
  const condition = text(ownOrShared(followed(joined, tenant.steps).end, tenant))
  const isLong = mayBeShared(tenant)
  return {
    before: isLong ? [{ assigned: "const own = ", name: condition, calls: [] }] : [],
    name: "dataSource",
    calls: [start, join(isLong ? "own" : condition, parameters(tenant)), where, call("getMany")],
  }
}

/** A join's condition knows only what was joined before it: what is behind the child is asked by a query within the condition. */
function ownParents({ steps, type }: TenantPath, hop: number, owner: string, child: string): Load["before"] {
  const { entity, key } = steps[hop]!.target!
  const alias = [owner, child].includes(aliasOf(entity)) ? `own${entity}` : aliasOf(entity)
  const rest = { steps: steps.slice(hop + 1), type }
  const { joins, end } = followed(alias, rest.steps)
  const from = [call("select", text(`${alias}.${key}`)), call("from", entity, text(alias)), ...joins]
  const parent = `${child}.${pathOf(steps.slice(0, hop + 1))}`
  const isOwn = `${parent} IN \${parents.getQuery()}`
  const isOptional = steps.slice(0, hop + 1).some(({ isNullable }) => isNullable)
  return [
    { assigned: "const parents = ", name: "query", calls: [call("subQuery"), ...from] },
    { assigned: "", name: "parents", calls: [call("where", text(ownOrShared(end, rest)), parameters(rest))] },
    { assigned: "const own = ", name: `\`${isOptional ? `(${parent} IS NULL OR ${isOwn})` : isOwn}\``, calls: [] },
  ]
}

/** The joins that a path needs, and what its end is called then. */
function followed(
  alias: string,
  steps: readonly TenantStep[],
): { readonly joins: readonly Code[]; readonly end: string } {
  const joins: Code[] = []
  let from = alias
  let path: string[] = []
  for (const [index, { name, target }] of steps.entries()) {
    path.push(name)
    if (target === undefined || index === steps.length - 1) continue
    const to = `${from}_${name}`
    joins.push(call("leftJoin", text([from, ...path].join(".")), text(to)))
    from = to
    path = []
  }
  return { joins, end: [from, ...path].join(".") }
}

function ownOrShared(end: string, tenant: TenantPath): string {
  return mayBeShared(tenant) ? `(${end} = :tenant OR ${end} IS NULL)` : `${end} = :tenant`
}

function parameters({ type }: TenantPath): Code {
  return object({ tenant: currentTenantAs(type) })
}

function pathOf(steps: readonly TenantStep[]): string {
  return steps.map(({ name }) => name).join(".")
}
