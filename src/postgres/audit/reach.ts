import { identifier } from "../sql-text.ts"
import type { Grant, LiveRole, Membership, Relation, Snapshot } from "./snapshot.ts"

const everybody = "0"

/** What the application's role may do, by itself, by PUBLIC, and by every role that it is in or may become. */
export interface Reach {
  readonly role: LiveRole
  /** The roles by their oid, PUBLIC included. */
  readonly oids: ReadonlySet<string>
  /** Those that it may become, itself included. */
  readonly settable: ReadonlySet<string>
}

/** Follows memberships over any number of steps. */
export function reachOf({ role, memberships }: Pick<Snapshot, "role" | "memberships">): Reach {
  const oids = closure(role.oid, memberships, ({ inherits, maySet, mayGrant }) => inherits || maySet || mayGrant)
  return {
    role,
    oids: new Set([...oids, everybody]),
    // Who may grant a membership may grant it to itself.
    settable: closure(role.oid, memberships, ({ maySet, mayGrant }) => maySet || mayGrant),
  }
}

/** Whether one of these privileges was granted; a superuser's own ones do not count. */
export function may({ oids }: Reach, grants: readonly Grant[], ...privileges: readonly string[]): boolean {
  return grants.some(({ grantee, privilege }) => oids.has(grantee) && privileges.includes(privilege))
}

/** The statement that takes these privileges from whoever gives them to the application. */
export function revoke(
  { oids }: Reach,
  { schema, name, grants }: Relation,
  { roles }: Pick<Snapshot, "roles">,
  ...privileges: readonly string[]
): string {
  const given = grants.filter(({ grantee, privilege }) => oids.has(grantee) && privileges.includes(privilege))
  const what = privileges.filter((privilege) => given.some((grant) => grant.privilege === privilege))
  const from = [...new Set(given.map(({ grantee }) => grantee))].map((oid) => roleText(oid, roles))
  return `revoke ${what.join(", ")} on table ${identifier(schema)}.${identifier(name)} from ${from.join(", ")}`
}

/** A role as statements name it. */
export function roleText(oid: string, roles: ReadonlyMap<string, LiveRole>): string {
  return oid === everybody ? "public" : identifier(roles.get(oid)?.name ?? oid)
}

/** Whether row security does not hold for a role on a table. */
export function isExempt(
  oid: string,
  table: Relation,
  { roles, memberships }: Pick<Snapshot, "roles" | "memberships">,
): boolean {
  const role = roles.get(oid)
  if (role === undefined || role.isSuperuser || role.bypasses) return true
  return !table.isForced && closure(oid, memberships, ({ inherits }) => inherits).has(table.owner)
}

/** A role, and those that it is in, over any number of steps. */
function closure(
  from: string,
  memberships: readonly Membership[],
  counts: (membership: Membership) => boolean,
): Set<string> {
  const found = new Set([from])
  for (const role of found) {
    for (const membership of memberships) if (membership.member === role && counts(membership)) found.add(membership.of)
  }
  return found
}
