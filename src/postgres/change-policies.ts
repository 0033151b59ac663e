import { createHash } from "node:crypto"
import type { LivePolicy, LiveTable } from "./catalog.ts"
import type { Change } from "./change.ts"
import type { Security } from "./options.ts"
import { createPolicy, dropPolicy, policyNames, type Policy } from "./policies.ts"
import { isSameExpression } from "./same-expression.ts"
import { identifier, literal, tableText } from "./sql-text.ts"
import type { TableName } from "../core/tenant-model.ts"

/** The policies of one table, and whether they hold; what is there already stays. */
export function policyChanges(
  table: TableName,
  policies: readonly Policy[],
  security: Security,
  live: LiveTable | undefined,
): Change[] {
  return [
    ...policies.flatMap((policy) => policyChange(table, policy, live)),
    ...surplus(table, policies, live),
    ...flagChanges(table, security, live),
  ]
}

function policyChange(table: TableName, policy: Policy, live: LiveTable | undefined): Change[] {
  const existing = live?.policies.find(({ name }) => name === policy.name)
  if (existing !== undefined && isSame(existing, policy)) return []
  const drop = dropPolicy(table, policy.name)
  const comment = policy.isWritten ? [commentOn(table, policy.name, fingerprint(policy))] : []
  return [
    {
      // Without `or replace` for policies, dropping is what makes the statements repeatable.
      up: [...(live !== undefined && existing === undefined ? [] : [drop]), createPolicy(table, policy), ...comment],
      down: existing === undefined ? [drop] : [drop, ...recreate(table, existing)],
    },
  ]
}

/** Policies of this package's that are no longer wanted. */
function surplus(table: TableName, policies: readonly Policy[], live: LiveTable | undefined): Change[] {
  const wanted = policies.map(({ name }) => name)
  const unwanted = policyNames.filter((name) => !wanted.includes(name))
  if (live === undefined) return [{ up: unwanted.map((name) => dropPolicy(table, name)), down: [] }]
  return live.policies
    .filter(({ name }) => unwanted.some((candidate) => candidate === name))
    .map((policy) => ({ up: [dropPolicy(table, policy.name)], down: recreate(table, policy) }))
}

function flagChanges(table: TableName, security: Security, live: LiveTable | undefined): Change[] {
  const alter = `alter table ${tableText(table)}`
  const enable = { on: `${alter} enable row level security`, off: `${alter} disable row level security` }
  const force = { on: `${alter} force row level security`, off: `${alter} no force row level security` }
  return [
    flagChange(enable, security !== "disable", live?.isEnabled),
    flagChange(force, security === "force", live?.isForced),
  ].flat()
}

/** A database that nobody has looked at is taken to be as an ORM makes it: without row security. */
function flagChange(
  { on, off }: { readonly on: string; readonly off: string },
  isWanted: boolean,
  is?: boolean,
): Change[] {
  if (is === isWanted) return []
  return [isWanted ? { up: [on], down: [off] } : { up: [off], down: is === true ? [on] : [] }]
}

function isSame(existing: LivePolicy, policy: Policy): boolean {
  if (existing.command !== policy.command || existing.type !== policy.type) return false
  if (existing.roles.length !== 1 || existing.roles[0] !== "public") return false
  if (policy.isWritten) return existing.comment === fingerprint(policy)
  return matches(existing.using, policy.using) && matches(existing.withCheck, policy.withCheck)
}

function matches(printed: string | null, written: string | undefined): boolean {
  return printed === null || written === undefined
    ? printed === null && written === undefined
    : isSameExpression(printed, written)
}

function fingerprint({ using, withCheck }: Policy): string {
  return `tenant-failsafe:${createHash("sha256")
    .update(JSON.stringify([using, withCheck]))
    .digest("hex")
    .slice(0, 16)}`
}

function commentOn(table: TableName, policy: string, comment: string): string {
  return `comment on policy ${identifier(policy)} on ${tableText(table)} is ${literal(comment)}`
}

function recreate(table: TableName, { name, type, command, roles, using, withCheck, comment }: LivePolicy): string[] {
  const to = roles.map((role) => (role === "public" ? role : identifier(role))).join(", ")
  const conditions = [
    ...(using === null ? [] : [`using (${using})`]),
    ...(withCheck === null ? [] : [`with check (${withCheck})`]),
  ].join(" ")
  return [
    `create policy ${identifier(name)} on ${tableText(table)} as ${type} for ${command} to ${to} ${conditions}`,
    ...(comment === null ? [] : [commentOn(table, name, comment)]),
  ]
}
