import { invalid } from "../../core/options.ts"
import type { LivePolicy } from "../catalog.ts"
import type { SqlClient } from "../sql-client.ts"
import {
  functionsQuery,
  membershipsQuery,
  partQueries,
  relationsQuery,
  rolesQuery,
  sessionQuery,
} from "./snapshot-queries.ts"
import type { Definer, Grant, LiveRole, Membership, Relation, Snapshot, SnapshotPart, UniqueKey } from "./snapshot.ts"

type Row = Record<string, unknown>

/** A snapshot, and what the connection may not read, in words. */
export interface Read {
  readonly snapshot: Snapshot
  readonly unseen: readonly string[]
}

const allParts = Object.keys(partQueries) as SnapshotPart[]

/**
 * Reads the catalog with the same few queries for any number of tables; nothing is locked, and nothing but the catalog is read. Parts that
 * are not wanted are empty.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` where the server has no such role
 */
export async function readSnapshot(
  client: SqlClient,
  functionSchema: string,
  roleName?: string,
  wanted: readonly SnapshotPart[] = allParts,
): Promise<Read> {
  const ask = async (query: string, values: readonly unknown[] = []) => (await client.query(query, values)).rows
  const session = (await ask(sessionQuery))[0]!
  const missing = (session["unseen"] as string[]).map((text) => text.split(" ") as [SnapshotPart, string])
  const unseen = new Set(missing.map(([part]) => part))
  const roles = (await ask(rolesQuery)).map(liveRole)
  const memberships = (await ask(membershipsQuery)) as unknown as Membership[]
  const relations = await ask(relationsQuery)
  const parts = new Map<SnapshotPart, readonly Row[]>()
  for (const part of wanted) {
    if (!unseen.has(part)) parts.set(part, await ask(partQueries[part]))
  }
  const byOid = new Map(roles.map((role) => [role.oid, role]))
  const of = partsOf(parts)
  return {
    snapshot: {
      version: Number(session["version"]),
      searchPath: session["path"] as string[],
      role: roleNamed(roleName ?? String(session["role"]), roles),
      roles: byOid,
      memberships,
      temporary: (session["temporary"] as string[]).map((grantee) => ({ grantee, privilege: "temporary" })),
      hasFunctions: unseen.has("definers") || (await ask(functionsQuery, [functionSchema]))[0]!["found"] === true,
      relations: relations.map((row) => relation(row, (part) => of(part, String(row["oid"])), byOid)),
      reads: new Map(
        relations.map(({ oid }) => [String(oid), of("reads", String(oid)).map(({ reads }) => String(reads))]),
      ),
      definers: (parts.get("definers") ?? []).map(definer),
      unseen,
    },
    unseen: missing.map(([part, catalog]) => `pg_catalog.${catalog}, for ${spelt[part]}`),
  }
}

const spelt: Readonly<Record<SnapshotPart, string>> = {
  columns: "columns",
  policies: "policies",
  indexes: "indexes and unique keys",
  keys: "foreign keys",
  reads: "views",
  definers: "functions",
}

function partsOf(
  parts: ReadonlyMap<SnapshotPart, readonly Row[]>,
): (part: SnapshotPart, oid: string) => readonly Row[] {
  const grouped = new Map([...parts].map(([part, rows]) => [part, Map.groupBy(rows, (row) => String(row["oid"]))]))
  return (part, oid) => grouped.get(part)?.get(oid) ?? []
}

function roleNamed(name: string, roles: readonly LiveRole[]): LiveRole {
  const role = roles.find((candidate) => candidate.name === name)
  if (role !== undefined) return role
  throw invalid(`The server has no role '${name}'.`, { option: "role" })
}

function liveRole({ oid, name, super: isSuperuser, bypasses }: Row): LiveRole {
  return { oid: String(oid), name: String(name), isSuperuser: isSuperuser === true, bypasses: bypasses === true }
}

function relation(
  row: Row,
  part: (name: SnapshotPart) => readonly Row[],
  roles: ReadonlyMap<string, LiveRole>,
): Relation {
  const indexes = part("indexes").map(uniqueKey)
  const keys = part("keys")
  return {
    oid: String(row["oid"]),
    schema: String(row["schema"]),
    name: String(row["name"]),
    kind: row["kind"] as Relation["kind"],
    owner: String(row["owner"]),
    isEnabled: row["enabled"] === true,
    isForced: row["forced"] === true,
    isInvoker: row["invoker"] === true,
    parents: row["parents"] as string[],
    grants: row["grants"] as Grant[],
    columns: part("columns").map(({ name, nullable, type }) => ({
      name: String(name),
      isNullable: nullable === true,
      comment: null,
      type: String(type),
    })),
    policies: part("policies").map((policy) => livePolicy(policy, roles)),
    indexes: indexes.filter(({ isWhole }) => isWhole),
    uniques: indexes.filter(({ isUnique, isPrimary }) => isUnique && !isPrimary),
    constraints: keys.map(({ name, foreign }) => ({ name: String(name), isForeignKey: foreign === true })),
    foreignKeys: keys
      .filter(({ foreign, inherited }) => foreign === true && inherited !== true)
      .map(({ name, columns, target, targetColumns, onDelete }) => ({
        name: String(name),
        columns: columns as string[],
        target: String(target),
        targetColumns: targetColumns as string[],
        onDelete: String(onDelete),
      })),
    triggers: [],
  }
}

function livePolicy(row: Row, roles: ReadonlyMap<string, LiveRole>): Relation["policies"][number] {
  const roleOids = row["roleOids"] as string[]
  return {
    name: String(row["name"]),
    command: row["command"] as LivePolicy["command"],
    type: row["permissive"] === true ? "permissive" : "restrictive",
    roleOids,
    roles: roleOids.map((oid) => roles.get(oid)?.name ?? "public"),
    using: row["using"] as string | null,
    withCheck: row["withCheck"] as string | null,
    comment: null,
  }
}

function uniqueKey(row: Row): UniqueKey & { readonly isWhole: boolean; readonly isPrimary: boolean } {
  return {
    name: String(row["name"]),
    columns: row["columns"] as string[],
    isUnique: row["unique"] === true,
    isPrimary: row["primary"] === true,
    isWhole: row["whole"] === true,
    method: String(row["method"]),
    constraint: row["constraint"] as string | null,
    isTarget: row["target"] === true,
    definition: String(row["definition"]),
  }
}

function definer(row: Row): Definer {
  return {
    schema: String(row["schema"]),
    name: String(row["name"]),
    arguments: String(row["arguments"]),
    searchPath: row["path"] as string | null,
    isTrigger: row["trigger"] === true,
    grants: row["grants"] as Grant[],
  }
}
