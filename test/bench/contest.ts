import { randomBytes } from "node:crypto"
import { MikroORM } from "@mikro-orm/sql"
import type { TestDatabase } from "../support/databases.ts"
import type { Contest } from "./cases.ts"
import { seed } from "./domain.ts"
import { shopEntities } from "./mikro-orm-way.ts"

/** Creates the tables, rows and role that the contenders read by; `dropRole` undoes what outlives the database. */
export async function openContest(
  database: TestDatabase,
  against: Contest["against"],
): Promise<Contest & { dropRole(): Promise<void> }> {
  const config = database.ormConfig()
  const orm = await MikroORM.init({ ...config, entities: Object.values(shopEntities()) })
  await orm.schema.create()
  await orm.close()
  await seed(database)
  const role = await createRole(database)
  return {
    clientUrl: config.clientUrl!,
    role,
    against,
    async dropRole() {
      if (role === undefined) return
      await database.sql(`drop owned by ${role}`)
      await database.sql(`drop role ${role}`)
    },
  }
}

/** Policies bind neither a superuser nor a table's owner. Undefined where the login may not create roles. */
async function createRole(database: TestDatabase): Promise<string | undefined> {
  const role = `tenant_failsafe_bench_${randomBytes(4).toString("hex")}`
  try {
    await database.sql(`create role ${role}`)
    await database.sql(`grant ${role} to current_user`)
    await database.sql(`grant select on customer, address to ${role}`)
    return role
  } catch (error) {
    process.stderr.write(`Row level security is not measured: ${String(error)}\n`)
    return undefined
  }
}
