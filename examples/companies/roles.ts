// Who may do what in the database? Run once by a superuser; passwords are set by whoever runs the database, with \password.
import { rolesSql } from "tenant-failsafe/postgres"
import { appRole, setting, type Environment } from "./environment.ts"

export function roleStatements(env: Environment): readonly string[] {
  const migrator = new URL(setting(env, "MIGRATOR_URL"))
  return rolesSql({
    migrator: decodeURIComponent(migrator.username),
    owner: setting(env, "OWNER_ROLE"),
    app: appRole(env),
    schema: "public",
    database: decodeURIComponent(migrator.pathname.slice(1)),
  })
}
