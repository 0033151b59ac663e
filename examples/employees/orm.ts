// How does the company reach the database so that nobody forges it?
import { MikroORM, type Options } from "@mikro-orm/postgresql"
import { withFailsafe } from "tenant-failsafe/mikro-orm"
import { withRowSecurity, withTenantSession } from "tenant-failsafe/postgres/mikro-orm"
import { Employee } from "./entities.ts"
import { setting, tenantKeys, type Environment } from "./environment.ts"

/** `"plain"`: a setting that any SQL can set; here only to show what `"signed"` prevents. */
export type Session = "signed" | "plain"

export function openOrm(env: Environment, session: Session): Promise<MikroORM> {
  const options = session === "signed" ? { signed: { keys: tenantKeys(env), lifetime: 60 } } : {}
  return MikroORM.init(withTenantSession(described(setting(env, "DATABASE_URL")), options))
}

/** The migrator's, which row security does not hold for. */
export function openMigratorOrm(env: Environment): Promise<MikroORM> {
  return MikroORM.init(described(setting(env, "MIGRATOR_URL")))
}

function described(clientUrl: string): Options {
  const config: Options = {
    clientUrl,
    entities: [Employee],
    schemaGenerator: {
      // It would take a superuser.
      disableForeignKeys: false,
      // The keys are in a schema that no entity has; it would be dropped.
      ignoreSchema: ["app"],
    },
  }
  return withRowSecurity(withFailsafe(config, { tenantProperty: "companyId" }), { restrictive: true })
}
