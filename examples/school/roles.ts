// Who may do what in the database? Run once by a superuser; passwords are set by whoever runs the database, with \password.
import { rolesSql } from "tenant-failsafe/postgres"
import { setting, type Environment } from "./environment.ts"

export function roleStatements(env: Environment): readonly string[] {
  const app = new URL(setting(env, "DATABASE_URL"))
  const migrator = new URL(setting(env, "MIGRATOR_URL"))
  return rolesSql({
    migrator: decodeURIComponent(migrator.username),
    owner: setting(env, "OWNER_ROLE"),
    app: decodeURIComponent(app.username),
    schema: "public",
    database: decodeURIComponent(app.pathname.slice(1)),
  })
}
