import type { TenantModel } from "../../core/tenant-model.ts"
import { readRowSecurityOptions, type RowSecurityOptions } from "../options.ts"
import type { SqlClient } from "../sql-client.ts"
import { storedName } from "../sql-text.ts"
import { inOrder, type Finding } from "./finding.ts"
import { readSnapshot } from "./read-snapshot.ts"
import { conditions } from "./rules-conditions.ts"
import { foreignKeys, globalUniques, nullable } from "./rules-keys.ts"
import { commandWithout, noPolicy, severalPermissive } from "./rules-policies.ts"
import { definers, truncate } from "./rules-privileges.ts"
import { roleAttributes, roleMemberships } from "./rules-roles.ts"
import { chainedIn, noIndex, noInitplan, textCast } from "./rules-speed.ts"
import { disabled, foreignTables, missing, notForced, partition } from "./rules-tables.ts"
import { globalTables, unmapped } from "./rules-unowned.ts"
import { views } from "./rules-views.ts"
import type { SnapshotPart } from "./snapshot.ts"
import { auditedBy, type Audited, type Subject } from "./subjects.ts"

/** The options of the row security that the database is to have, and whom it is to hold. */
export interface AuditOptions extends RowSecurityOptions {
  /** The role that the application works under. By default that of the connection. */
  readonly role?: string
}

/** What an audit found. */
export interface AuditReport {
  /** The role that was judged. */
  readonly role: string
  /** How many tenant-owned tables were judged, partitions included. */
  readonly tables: number
  /** The gravest first. */
  readonly findings: readonly Finding[]
  /** What the connection may not read of the catalog, so that it was not judged; empty where everything was. */
  readonly unseen: readonly string[]
}

/**
 * Compares a live database with the entities of an application: whatever lets a tenant past row security, or makes it slow, each with the SQL
 * that mends it. Reads the catalog and nothing else, in the same few queries for any number of tables: a plain role and a read-only
 * transaction do. Tables without a schema are looked for where the connection's `search_path` leads.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, also where the server has no such role
 *
 * @example
 * const { findings } = await audit(client, tenantModel(orm), { role: "shop_app" })
 */
export async function audit(client: SqlClient, model: TenantModel, options: AuditOptions = {}): Promise<AuditReport> {
  const { role, ...rowSecurity } = options
  const settings = readRowSecurityOptions(rowSecurity)
  const { snapshot, unseen } = await readSnapshot(client, storedName(settings.functions.schema), role)
  const audited = auditedBy(model, settings, snapshot)
  const seen = ([, parts]: Rule<unknown>) => parts.every((part) => !snapshot.unseen.has(part))
  const findings = [
    ...rules.filter(seen).flatMap(([rule]) => rule(audited)),
    ...audited.subjects.flatMap((subject) => tableRules.filter(seen).flatMap(([rule]) => rule(subject, audited))),
  ]
  return { role: snapshot.role.name, tables: audited.subjects.length, findings: inOrder(findings), unseen }
}

/** With the parts of the catalog without which it says nothing. */
type Rule<Judge> = readonly [judge: Judge, parts: readonly SnapshotPart[]]

const rules: readonly Rule<(audited: Audited) => Finding[]>[] = [
  [roleAttributes, []],
  [roleMemberships, []],
  [missing, []],
  [foreignTables, []],
  [views, ["reads"]],
  [definers, ["definers"]],
  [unmapped, ["columns"]],
  [globalTables, ["keys"]],
]

const tableRules: readonly Rule<(subject: Subject, audited: Audited) => Finding[]>[] = [
  [disabled, ["policies"]],
  [partition, []],
  [notForced, []],
  [noPolicy, ["policies"]],
  [severalPermissive, ["policies", "columns"]],
  [commandWithout, ["policies"]],
  [conditions, ["policies", "columns"]],
  [textCast, ["policies", "columns"]],
  [chainedIn, ["policies"]],
  [noInitplan, ["policies"]],
  [noIndex, ["indexes", "columns"]],
  [nullable, ["columns"]],
  [foreignKeys, ["keys", "indexes", "columns"]],
  [globalUniques, ["indexes", "columns"]],
  [truncate, []],
]
