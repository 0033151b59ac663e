// What do all companies share? Run with each release, before the application starts.
import { Client, escapeIdentifier } from "pg"
import { runInTransaction } from "tenant-failsafe/postgres"
import { appRole, setting, type Environment } from "./environment.ts"

export async function createSharedTables(env: Environment): Promise<void> {
  const client = new Client({ connectionString: setting(env, "MIGRATOR_URL") })
  await client.connect()
  try {
    await runInTransaction(client, [
      `create table if not exists company (
        id int generated always as identity primary key, schema text not null unique, is_ready boolean not null default false)`,
      `create table if not exists account (
        login text primary key, password text not null, company_id int not null references company on delete cascade)`,
      `create table if not exists session (
        hash text primary key, company_id int not null references company on delete cascade, expires_at timestamptz not null)`,
      // Injected SQL must not make a company, nor point one at another's schema.
      `revoke insert, update, delete on company, account from ${escapeIdentifier(appRole(env))}`,
      `reassign owned by current_user to ${escapeIdentifier(setting(env, "OWNER_ROLE"))}`,
    ])
  } finally {
    await client.end()
  }
}
