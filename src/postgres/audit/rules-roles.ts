import { identifier } from "../sql-text.ts"
import { finding, type Finding } from "./finding.ts"
import { roleText } from "./reach.ts"
import type { LiveRole, Membership } from "./snapshot.ts"
import type { Audited } from "./subjects.ts"

/** What the role is by itself; it is not inherited from other roles. */
export function roleAttributes({ reach: { role } }: Audited): Finding[] {
  const alter = `alter role ${identifier(role.name)}`
  const place = { role: role.name }
  return [
    ...(role.isSuperuser
      ? [
          finding("role-superuser", place, `${role.name} is a superuser: no policy holds for it.`, [
            `${alter} nosuperuser`,
          ]),
        ]
      : []),
    ...(role.bypasses
      ? [
          finding("role-bypassrls", place, `${role.name} has BYPASSRLS: no policy holds for it.`, [
            `${alter} nobypassrls`,
          ]),
        ]
      : []),
  ]
}

/** Roles that reach the files of the server, and with them every row. */
const serverRoles = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"]

/** One finding for each role that is exempt. Memberships are cut right before it, so that groups on the way stay. */
export function roleMemberships({ snapshot, reach }: Audited): Finding[] {
  return [...reach.settable].flatMap((oid) => {
    const role = snapshot.roles.get(oid)
    if (role === undefined || oid === reach.role.oid || !isExempt(role)) return []
    const last = snapshot.memberships.filter(
      (membership) => membership.of === oid && reach.settable.has(membership.member) && leads(membership),
    )
    const mend = last.map(
      ({ member, grantor }) =>
        `revoke ${identifier(role.name)} from ${roleText(member, snapshot.roles)}` +
        (snapshot.version >= 160_000 ? ` granted by ${roleText(grantor, snapshot.roles)}` : ""),
    )
    const message = `${reach.role.name} can become ${role.name}, ${why(role)}: one SET ROLE, and no policy holds.`
    return [finding("role-can-set-bypass", { role: reach.role.name, object: role.name }, message, mend)]
  })
}

function leads({ maySet, mayGrant }: Membership): boolean {
  return maySet || mayGrant
}

function isExempt({ isSuperuser, bypasses, name }: LiveRole): boolean {
  return isSuperuser || bypasses || serverRoles.includes(name)
}

function why({ isSuperuser, bypasses }: LiveRole): string {
  if (isSuperuser) return "a superuser"
  return bypasses ? "which has BYPASSRLS" : "which reaches the files of the server"
}
