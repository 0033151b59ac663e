import { randomBytes } from "node:crypto"
import { escapeIdentifier, type Client } from "pg"
import type { TestDatabase } from "../support/databases.ts"

/** A role that owns nothing and that row security holds for, as an application's. */
export interface AppRole {
  readonly role: string
  readonly url: string
  drop(): Promise<void>
}

export async function openAppRole(admin: Client, database: TestDatabase): Promise<AppRole> {
  const role = `tenant_failsafe_bench_${randomBytes(4).toString("hex")}`
  const password = randomBytes(16).toString("hex")
  await admin.query(`create role ${escapeIdentifier(role)} login password '${password}' nosuperuser nobypassrls`)
  const url = new URL(database.ormConfig().clientUrl!)
  url.username = role
  url.password = password
  return {
    role,
    url: url.href,
    async drop() {
      await admin.query(`drop owned by ${escapeIdentifier(role)}`)
      await admin.query(`drop role ${escapeIdentifier(role)}`)
    },
  }
}
