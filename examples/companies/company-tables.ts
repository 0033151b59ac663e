// What does each company have of its own? Unqualified names mean the schema that is being migrated.
import { escapeIdentifier } from "pg"
import type { SchemaMigration, SqlClient } from "tenant-failsafe/postgres"
import { appRole, type Environment } from "./environment.ts"

export function companyMigrations(env: Environment): readonly SchemaMigration[] {
  return [
    { name: "001-grants", up: (client) => grantTo(client, appRole(env)) },
    {
      name: "002-projects",
      up: ["create table project (id int generated always as identity primary key, title text not null)"],
    },
    {
      name: "003-due-dates",
      up: ["alter table project add due_on date", "create index project_due_on on project (due_on)"],
    },
  ]
}

/** For the tables that later migrations create, too. */
async function grantTo(client: SqlClient, role: string): Promise<void> {
  const { rows } = await client.query("select current_schema() as name")
  const [schema, app] = [escapeIdentifier(String(rows[0]?.["name"])), escapeIdentifier(role)]
  await client.query(`grant usage on schema ${schema} to ${app}`)
  await client.query(
    `alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${app}`,
  )
  await client.query(`alter default privileges in schema ${schema} grant usage on sequences to ${app}`)
}
