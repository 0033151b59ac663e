import type { LiveColumn, LiveIndex, LivePolicy, LiveTable } from "../catalog.ts"

/** What an audit knows of a database: everything is judged from it. Roles and relations are told apart by their oid. */
export interface Snapshot {
  /** The number of the server's version: 180004. */
  readonly version: number
  /** The schemas in which the connection finds a table without one. */
  readonly searchPath: readonly string[]
  /** The role that the application works under. */
  readonly role: LiveRole
  readonly roles: ReadonlyMap<string, LiveRole>
  readonly memberships: readonly Membership[]
  /** Who may create temporary tables. */
  readonly temporary: readonly Grant[]
  /** Whether the functions that policies ask for the tenant are there. */
  readonly hasFunctions: boolean
  readonly relations: readonly Relation[]
  /** What a view reads directly. */
  readonly reads: ReadonlyMap<string, readonly string[]>
  readonly definers: readonly Definer[]
  /** Parts that the connection may not read. */
  readonly unseen: ReadonlySet<SnapshotPart>
}

/** What is read by a query of its own. */
export type SnapshotPart = "columns" | "policies" | "indexes" | "keys" | "reads" | "definers"

/** A role of the server. */
export interface LiveRole {
  readonly oid: string
  readonly name: string
  readonly isSuperuser: boolean
  readonly bypasses: boolean
}

/** A role in another one; the same one may be granted by several grantors. */
export interface Membership {
  readonly member: string
  readonly of: string
  readonly grantor: string
  readonly inherits: boolean
  readonly maySet: boolean
  readonly mayGrant: boolean
}

/** A privilege that somebody has. */
export interface Grant {
  /** `"0"` for PUBLIC. */
  readonly grantee: string
  /** In lower case. */
  readonly privilege: string
}

/** A table or a view; what only tables have is empty for others. */
export interface Relation extends LiveTable {
  readonly oid: string
  readonly kind: "table" | "view" | "materialized view" | "foreign table"
  readonly owner: string
  /** Whether a view reads with the rights of who asks. */
  readonly isInvoker: boolean
  /** The tables whose rows its own are, as a partition or by inheritance. */
  readonly parents: readonly string[]
  /** On the table, and on columns of it. */
  readonly grants: readonly Grant[]
  readonly columns: readonly RelationColumn[]
  readonly policies: readonly RelationPolicy[]
  readonly uniques: readonly UniqueKey[]
  readonly foreignKeys: readonly ForeignKey[]
}

/** A column of a table. */
export interface RelationColumn extends LiveColumn {
  /** Without length; of a domain, the type that it is made of. */
  readonly type: string
}

/** A policy, with whom it is for. */
export interface RelationPolicy extends LivePolicy {
  /** `"0"` for PUBLIC. */
  readonly roleOids: readonly string[]
}

/** A unique constraint or index, without the primary key. */
export interface UniqueKey extends LiveIndex {
  /** The name of the constraint behind it. */
  readonly constraint: string | null
  /** Without its name: that of the constraint, or of the index from its first column on. */
  readonly definition: string
  readonly method: string
  /** Whether a foreign key refers to it. */
  readonly isTarget: boolean
}

/** A foreign key, without those that a partition has from its table. */
export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
  readonly onDelete: string
}

/** A function that runs with the rights of its owner, and looks up names when it runs. */
export interface Definer {
  readonly schema: string
  readonly name: string
  /** As `alter routine` takes them. */
  readonly arguments: string
  /** Null where it has none of its own. */
  readonly searchPath: string | null
  readonly isTrigger: boolean
  readonly grants: readonly Grant[]
}
