import type { TenantPath } from "./suggested-fix.ts"

/** The current tenant, in the type that the column has. */
export function currentTenantAs(type: TenantPath["type"]): string {
  switch (type) {
    case "number":
      return "Number(requireTenant())"
    case "string":
      return "String(requireTenant())"
    case "bigint":
      return "BigInt(requireTenant())"
    case undefined:
      return "requireTenant()"
  }
}

/** Whether a row may belong to nobody, and so to everybody. */
export function mayBeShared({ steps }: TenantPath): boolean {
  return steps.some(({ isNullable }) => isNullable)
}

/** The to-one relations that the path leads through, without one at its end. */
export function hopsOf({ steps }: TenantPath): TenantPath["steps"] {
  return steps.slice(0, -1).filter(({ target }) => target !== undefined)
}

/** What a variable with an instance of an entity is called. */
export function variableOf(entity: string): string {
  const name = aliasOf(entity)
  return reserved.has(name) ? `${name}Entity` : name
}

/** What the rows of an entity are called in a query, such as `customer`. */
export function aliasOf(entity: string): string {
  return entity.charAt(0).toLowerCase() + entity.slice(1)
}

/** What rows of the child are called beside their owner: of an entity that is linked with itself, the relation tells them apart. */
export function childAlias(owner: string, relation: string, child: string): string {
  const [alias, other] = [aliasOf(child), aliasOf(owner)]
  if (alias !== other) return alias
  return relation === other ? `${relation}Of` : relation
}

const reserved: ReadonlySet<string> = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for function if " +
    "implements import in instanceof interface let new null package private protected public return static super switch this throw " +
    "true try typeof var void while with yield"
  ).split(" "),
)
