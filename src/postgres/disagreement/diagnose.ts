import type { RowSecurityDiagnosis } from "../../core/row-security.ts"
import type { ScopeContext } from "../../core/scope-context.ts"
import type { TableName, TenantModel } from "../../core/tenant-model.ts"
import { readSnapshot } from "../audit/read-snapshot.ts"
import type { Relation, Snapshot } from "../audit/snapshot.ts"
import { auditedBy, type Audited, type Subject } from "../audit/subjects.ts"
import { textOf } from "../audit/wording.ts"
import type { RowSecuritySettings } from "../options.ts"
import type { SqlClient } from "../sql-client.ts"
import { storedName } from "../sql-text.ts"
import { roleCause, tableCause, viewCause } from "./catalog-cause.ts"
import { definerFunction, definersQuery, type DefinerFunction } from "./definer-functions.ts"
import { sessionCause } from "./session-cause.ts"
import { seesForeignRows } from "./visible-now.ts"

/** What is asked about foreign rows of an entity. */
export interface Question {
  readonly model: TenantModel
  readonly settings: RowSecuritySettings
  /** Where the entity's rows are: a table or a view; undefined for rows that a query of its own yields. */
  readonly place: TableName | undefined
  /** The scope in which they were found, and in which the client is used. */
  readonly context: ScopeContext
}

/**
 * Why row security let foreign rows pass, as far as the catalog tells, by the rules of the audit. The gravest cause counts: where the role is
 * exempt, policies do not matter. Undefined where the options switch row security off.
 */
export async function diagnose(client: SqlClient, question: Question): Promise<RowSecurityDiagnosis | undefined> {
  const { model, settings, context } = question
  const { snapshot } = await readSnapshot(client, storedName(settings.functions.schema), undefined, [
    "columns",
    "policies",
    "reads",
  ])
  const all = auditedBy(model, settings, snapshot)
  const place = placeOf(question, all)
  if (place.subjects.length > 0 && place.subjects.every(({ owned }) => owned.security === "disable")) return undefined
  const audited = { ...all, subjects: place.subjects }
  const fromCatalog =
    roleCause(audited) ?? unseen(snapshot) ?? first(place.subjects, (subject) => tableCause(subject, audited))
  if (fromCatalog !== undefined) return fromCatalog
  const session = snapshot.hasFunctions ? await sessionCause(client, settings.functions, context) : undefined
  if (session !== undefined) return session
  if (place.isTable) return asTheTableIs(client, place.subjects[0], context)
  return viewCause(place.read ?? snapshot.relations, audited) ?? throughFunction(client, place, all)
}

interface Place {
  readonly isTable: boolean
  /** The tables of tenants that the rows may come from. */
  readonly subjects: readonly Subject[]
  /** The relation itself, and everything that it reads; undefined for what is no relation. */
  readonly read: readonly Relation[] | undefined
}

function placeOf({ place }: Question, { relationOf, snapshot, subjects }: Audited): Place {
  const relation = place && relationOf(place)
  if (relation === undefined) return { isTable: false, subjects, read: undefined }
  const byOid = new Map(snapshot.relations.map((candidate) => [candidate.oid, candidate]))
  const read = new Set([relation])
  for (const { oid } of read) {
    for (const other of snapshot.reads.get(oid) ?? []) if (byOid.has(other)) read.add(byOid.get(other)!)
  }
  return {
    isTable: relation.kind === "table",
    subjects: subjects.filter(({ live, isPart }) => read.has(live) && !(isPart && live !== relation)),
    read: [...read],
  }
}

/** What a function reads, the catalog does not tell. */
async function throughFunction(client: SqlClient, { read }: Place, all: Audited): Promise<RowSecurityDiagnosis> {
  const { rows } = await client.query(definersQuery)
  return definerFunction(rows as unknown as DefinerFunction[], read, all) ?? looksRight
}

async function asTheTableIs(
  client: SqlClient,
  subject: Subject | undefined,
  context: ScopeContext,
): Promise<RowSecurityDiagnosis> {
  if (subject === undefined || (await seesForeignRows(client, subject, context)) !== false) return looksRight
  return {
    cause: "stale",
    explanation:
      `Row security holds on ${textOf(subject.live)} by now: the rows were loaded in another scope and kept, as an EntityManager keeps them, ` +
      "they have been changed since, or SQL of the application's own set another tenant in the transaction.",
  }
}

/** Without policies and columns, what remains would look worse than it is, or better. */
function unseen({ unseen: parts }: Snapshot): RowSecurityDiagnosis | undefined {
  if (!parts.has("policies") && !parts.has("columns")) return undefined
  return {
    cause: "unknown",
    explanation: "Why is not known: the application's role may not read the policies in the catalog.",
  }
}

const looksRight: RowSecurityDiagnosis = {
  cause: "unknown",
  explanation:
    "Why is not known: roles, tables, policies and the session look right. tenant-failsafe audit looks at more of the catalog.",
}

function first<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
