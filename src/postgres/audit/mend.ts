import { isIndexed, indexName } from "../change-indexes.ts"
import { policyChanges } from "../change-policies.ts"
import type { OwnedTable } from "../owned-tables.ts"
import { createPolicy, policiesOf, type Policy } from "../policies.ts"
import { identifier, storedName, tableText } from "../sql-text.ts"
import { tenantFunctionsChange } from "../tenant-functions.ts"
import type { Relation, RelationPolicy } from "./snapshot.ts"
import type { Audited, Subject } from "./subjects.ts"

/** The policies that a plan gives a table, and its switches; what is there already stays. */
export function protect(owned: OwnedTable, live: Relation | undefined, audited: Audited): string[] {
  const policies = policiesOf(owned, audited.settings)
  const security = owned.security === "disable" && live?.isEnabled === true ? "force" : owned.security
  const changes = policyChanges(owned.table, policies, security, live)
  return [...functionsFirst(audited), ...changes.flatMap(({ up }) => up)]
}

/** Gives a policy the condition that a plan would give it, with its name, its roles and its command. */
export function rewrite(subject: Subject, policy: RelationPolicy, audited: Audited): string[] {
  const { owned, live } = subject
  const read = readPolicy(owned, audited)
  const lacksRead = policy.command === "all" && live.policies.every(({ name }) => name !== read?.name)
  return [
    ...functionsFirst(audited),
    `${alterPolicy(live, policy)} ${plannedConditions(subject, policy, audited)}`,
    ...(read !== undefined && lacksRead ? [createPolicy(owned.table, read)] : []),
  ]
}

/** A policy for one command, as a part of what a plan would have for all. */
export function create(subject: Subject, name: string, command: RelationPolicy["command"], audited: Audited): string[] {
  const head = `create policy ${identifier(name)} on ${tableText(subject.live)} for ${command} to public`
  return [...functionsFirst(audited), `${head} ${plannedConditions(subject, { name, command }, audited)}`]
}

function plannedConditions(
  { owned }: Subject,
  { name, command }: Pick<RelationPolicy, "name" | "command">,
  audited: Audited,
): string {
  const { using, withCheck } = policiesOf(owned, audited.settings)[0]!
  const read = readPolicy(owned, audited)
  const readable = read === undefined ? using : name === read.name ? read.using : `(${using}) or (${read.using})`
  return [
    ...(command === "insert" ? [] : [`using (${command === "select" ? readable : using})`]),
    ...(command === "select" || command === "delete" ? [] : [`with check (${withCheck!})`]),
  ].join(" ")
}

function readPolicy(owned: OwnedTable, { settings }: Audited): Policy | undefined {
  return policiesOf(owned, settings).find(({ name }) => name === "tenant_failsafe_read")
}

/** The beginning of a statement that changes what a policy says. */
export function alterPolicy(table: Relation, { name }: RelationPolicy): string {
  return `alter policy ${identifier(name)} on ${tableText(table)}`
}

/** An index that starts with the tenant column, where none does. */
export function index({ table, column }: OwnedTable, live: Relation | undefined): string[] {
  if (column === undefined || live?.indexes.some(({ columns }) => columns[0] === storedName(column.name)) === true)
    return []
  if (live === undefined && isIndexed({ ...table, uniques: [], indexes: [] }, column, undefined)) return []
  return [`create index ${identifier(indexName(table, column))} on ${tableText(table)} (${identifier(column.name)})`]
}

/** Functions that are there stay as they are: they may verify signatures. */
export function functionsFirst({ snapshot, settings }: Audited): readonly string[] {
  return snapshot.hasFunctions ? [] : tenantFunctionsChange(settings.functions).up
}
