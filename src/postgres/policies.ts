import { conditionsOf } from "./conditions.ts"
import type { RowSecuritySettings } from "./options.ts"
import type { OwnedTable } from "./owned-tables.ts"
import { identifier, tableText } from "./sql-text.ts"
import { tenantText, type TenantFunctions } from "./tenant-functions.ts"
import type { TableName } from "../core/tenant-model.ts"

/** The names of the policies that this package makes; no others are ever replaced or dropped. */
export const policyNames = ["tenant_failsafe", "tenant_failsafe_read", "tenant_failsafe_net"] as const

export function isOwnPolicy(name: string): boolean {
  return policyNames.some((own) => own === name)
}

/** One policy, as `create policy` takes it. */
export interface Policy {
  readonly name: (typeof policyNames)[number]
  readonly command: "all" | "select"
  readonly type: "permissive" | "restrictive"
  readonly using: string
  /** Undefined for a policy that only reads. */
  readonly withCheck: string | undefined
  /** Whether the application wrote a part of it: PostgreSQL prints that otherwise, so that it cannot be compared. */
  readonly isWritten: boolean
}

/**
 * The policies of a table: one for all commands; a second one where more may be read than written, as shared rows and those of a set; and
 * the net.
 */
export function policiesOf(owned: OwnedTable, { functions, restrictive }: RowSecuritySettings): Policy[] {
  const policies = owned.form === "written" ? [written(owned)] : judged(owned, functions)
  return restrictive ? [...policies, net(owned, functions)] : policies
}

function written({ using, withCheck }: OwnedTable): Policy {
  return { ...permissive, using: using!, withCheck: withCheck!, isWritten: true }
}

const permissive = { name: "tenant_failsafe", command: "all", type: "permissive" } as const

function judged(owned: OwnedTable, functions: TenantFunctions): Policy[] {
  const { own, ofSet, shared } = conditionsOf(owned, functions)
  const isWritten = owned.using !== undefined || owned.withCheck !== undefined
  const writable = owned.shared === "write" && shared !== undefined ? either(own, shared) : own
  const all = { ...permissive, using: owned.using ?? writable, withCheck: owned.withCheck ?? writable, isWritten }
  if (owned.using !== undefined) return [all]
  const readable = [owned.sets ? ofSet : undefined, owned.shared === "read" ? shared : undefined].filter(
    (condition) => condition !== undefined,
  )
  if (readable.length === 0) return [all]
  const read = { name: "tenant_failsafe_read", command: "select", type: "permissive" } as const
  return [all, { ...read, using: either(...readable), withCheck: undefined, isWritten: false }]
}

function net({ sets }: OwnedTable, functions: TenantFunctions): Policy {
  const hasTenant = `${tenantText(functions, "text")} is not null`
  const hasTenants = `(select ${identifier(functions.schema)}.tenants()) is not null`
  return {
    name: "tenant_failsafe_net",
    command: "all",
    type: "restrictive",
    using: sets ? hasTenants : hasTenant,
    withCheck: hasTenant,
    isWritten: false,
  }
}

function either(...conditions: readonly string[]): string {
  return conditions.length === 1 ? conditions[0]! : conditions.map((condition) => `(${condition})`).join(" or ")
}

export function createPolicy(table: TableName, { name, command, type, using, withCheck }: Policy): string {
  const head = `create policy ${identifier(name)} on ${tableText(table)} as ${type} for ${command} to public`
  const check = withCheck === undefined ? "" : `\n  with check (${withCheck})`
  return `${head}\n  using (${using})${check}`
}

export function dropPolicy(table: TableName, name: string): string {
  return `drop policy if exists ${identifier(name)} on ${tableText(table)}`
}
