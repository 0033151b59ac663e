// Who may do what in the database? Run once by a superuser; passwords are set by whoever runs the database, with \password.
import { escapeIdentifier } from "pg"
import { rolesSql } from "tenant-failsafe/postgres"
import { roleOf, setting, type Environment } from "./environment.ts"

/** The application is held by row security; the admin is not, reads only, and has a pool that no request of a company ever touches. */
export function roleStatements(env: Environment): readonly string[] {
  const migrator = roleOf(env, "MIGRATOR_URL")
  const admin = escapeIdentifier(roleOf(env, "ADMIN_URL"))
  return [
    ...rolesSql({
      migrator,
      owner: setting(env, "OWNER_ROLE"),
      app: roleOf(env, "DATABASE_URL"),
      schema: "public",
      database: decodeURIComponent(new URL(setting(env, "DATABASE_URL")).pathname.slice(1)),
    }),
    `create role ${admin} login bypassrls`,
    `alter default privileges for role ${escapeIdentifier(migrator)} in schema public grant select on tables to ${admin}`,
  ]
}
