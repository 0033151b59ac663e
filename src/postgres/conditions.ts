import type { ForeignKeyModel, TenantSource } from "../core/tenant-model.ts"
import { identifier, tableText } from "./sql-text.ts"
import { tenantsText, tenantText, type TenantFunctions } from "./tenant-functions.ts"
import type { OwnedTable } from "./owned-tables.ts"

/** The conditions of one table's policies, as SQL. */
export interface Conditions {
  /** The row is the tenant's. */
  readonly own: string
  /** The row is one of the tenants' that may be read. */
  readonly ofSet: string
  /** The row is nobody's; undefined where there can be none. */
  readonly shared: string | undefined
}

export function conditionsOf({ table, form, source, column }: OwnedTable, functions: TenantFunctions): Conditions {
  if (column !== undefined) {
    const name = identifier(column.name)
    return {
      own: `${name} = ${tenantText(functions, column.type)}`,
      ofSet: `${name} = any(${tenantsText(functions, column.type)})`,
      shared: column.isNullable ? `${name} is null` : undefined,
    }
  }
  const { through, column: end } = source!
  const link = form === "array" ? linkByArray : linkByExists
  const start = { text: undefined, name: table.name }
  const endsWith = (compare: string) =>
    chain(start, through, link, (alias) => `${columnOf(alias, end.name)} ${compare}`)
  return {
    own: endsWith(`= ${tenantText(functions, end.type)}`),
    ofSet: endsWith(`= any(${tenantsText(functions, end.type)})`),
    shared: sharedChain(start, through, source!),
  }
}

interface Alias {
  /** Undefined for the table that the policy is for. */
  readonly text: string | undefined
  /** The name of the table that the policy is for, which no alias may hide. */
  readonly name: string
}

type Link = (alias: Alias, hop: ForeignKeyModel, parent: string, condition: string) => string

function chain(
  from: Alias,
  through: readonly ForeignKeyModel[],
  link: Link,
  end: (alias: Alias) => string,
  depth = 1,
): string {
  const [hop, ...rest] = through
  if (hop === undefined) return end(from)
  const parent = aliasFor(from, depth)
  return link(from, hop, parent, chain({ ...from, text: parent }, rest, link, end, depth + 1))
}

const linkByExists: Link = (alias, hop, parent, condition) =>
  `exists (select 1 from ${tableText(hop.target)} ${parent} where ${joined(alias, hop, parent)} and ${condition})`

/** Uncorrelated, so that it is looked up once for a statement. */
const linkByArray: Link = (alias, hop, parent, condition) => {
  const key = `${parent}.${identifier(hop.targetColumns[0]!)}`
  const keys = `array(select ${key} from ${tableText(hop.target)} ${parent} where ${condition})`
  return `${columnOf(alias, hop.columns[0]!)} = any(${keys})`
}

/** A row is shared by what it lacks at any place of the path. */
function sharedChain(
  from: Alias,
  through: readonly ForeignKeyModel[],
  source: TenantSource,
  depth = 1,
): string | undefined {
  const [hop, ...rest] = through
  if (hop === undefined) {
    return source.column.isNullable ? `${columnOf(from, source.column.name)} is null` : undefined
  }
  const parent = aliasFor(from, depth)
  const beyond = sharedChain({ ...from, text: parent }, rest, source, depth + 1)
  const conditions = [
    ...(hop.isNullable ? hop.columns.map((column) => `${columnOf(from, column)} is null`) : []),
    ...(beyond === undefined ? [] : [linkByExists(from, hop, parent, `(${beyond})`)]),
  ]
  return conditions.length === 0 ? undefined : conditions.join(" or ")
}

function joined(alias: Alias, { columns, targetColumns }: ForeignKeyModel, parent: string): string {
  // Within a sub-select, the parent may have a column of the same name.
  const child = alias.text ?? identifier(alias.name)
  return columns
    .map((column, index) => `${parent}.${identifier(targetColumns[index]!)} = ${child}.${identifier(column)}`)
    .join(" and ")
}

function columnOf({ text }: Alias, name: string): string {
  return text === undefined ? identifier(name) : `${text}.${identifier(name)}`
}

function aliasFor({ name }: Alias, depth: number): string {
  const alias = `parent_${depth}`
  return alias === name ? `${alias}_` : alias
}
