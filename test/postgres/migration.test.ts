import { DataSource } from "typeorm"
import { DataSource as OlderDataSource } from "typeorm-0.3"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { rowSecurity, rowSecurityChanges, rowSecurityMigration } from "../../src/postgres/index.ts"
import { refusalOf } from "../core/support/refusal.ts"
import { openLab, type Lab } from "./support/lab.ts"
import { loadMigration } from "./support/migration-file.ts"
import { column, modelOf, schools, schoolTables, source, table } from "./support/models.ts"
import { snapshot } from "./support/snapshot.ts"

const at = new Date("2026-11-22T12:00:00Z")
const options = { infer: ["Enrolment"], restrictive: true, foreignKeys: "scoped" } as const
const plan = rowSecurity(schools, options)
const merchant = column("merchant_id")
const note = modelOf(
  table("note", {
    columns: [column("id"), merchant],
    tenant: source("merchantId", merchant),
    indexes: [["merchant_id"]],
  }),
)

/** What MikroORM's migrator does with a migration. */
interface Collecting {
  up(): Promise<void>
  down(): Promise<void>
  getQueries(): string[]
}

let lab: Lab

beforeEach(async () => {
  lab = await openLab("postgresql", schoolTables)
})

afterEach(() => lab.close())

describe("rowSecurityMigration", () => {
  it.each([
    ["1.1", DataSource],
    ["0.3", OlderDataSource],
  ])("runs up and down with the migrations of TypeORM %s", async (_, Source) => {
    const { loaded, remove } = await loadMigration(rowSecurityMigration(plan, { orm: "typeorm", at }))
    const dataSource = new Source({ ...lab.database.dataSourceOptions(), migrations: [loaded] } as never)
    await dataSource.initialize()
    await dataSource.query(
      "create table migrations (id serial primary key, timestamp bigint not null, name varchar not null)",
    )
    const before = await snapshot(lab.admin)

    await dataSource.runMigrations()
    const missing = await rowSecurityChanges(lab.admin, schools, options)
    await dataSource.undoLastMigration()

    expect(missing.up).toEqual([])
    expect(await snapshot(lab.admin)).toEqual(before)
    await dataSource.destroy()
    await remove()
  })

  it("runs up and down as a migration of MikroORM", async () => {
    const { loaded, remove } = await loadMigration(rowSecurityMigration(plan, { orm: "mikro-orm", at }))
    const Loaded = loaded as new () => Collecting
    const [up, down] = [new Loaded(), new Loaded()]
    await up.up()
    await down.down()
    const before = await snapshot(lab.admin)

    await lab.apply(up.getQueries())
    const missing = await rowSecurityChanges(lab.admin, schools, options)
    await lab.apply(down.getQueries())

    expect(missing.up).toEqual([])
    expect(await snapshot(lab.admin)).toEqual(before)
    await remove()
  })

  it("reads as one that was written by hand, for TypeORM", () => {
    const { fileName, text } = rowSecurityMigration(rowSecurity(note), { orm: "typeorm", at, name: "GuardNotes" })

    expect({ fileName, head: text.slice(0, text.indexOf("await queryRunner")) }).toEqual({
      fileName: "1795348800000-GuardNotes.ts",
      head: `import type { MigrationInterface, QueryRunner } from "typeorm"

export class GuardNotes1795348800000 implements MigrationInterface {
  readonly name = "GuardNotes1795348800000"

  async up(queryRunner: QueryRunner): Promise<void> {
    `,
    })
  })

  it("reads as one that was written by hand, for MikroORM", () => {
    const { fileName, text } = rowSecurityMigration(rowSecurity(note), { orm: "mikro-orm", at })

    expect({ fileName, text }).toEqual({
      fileName: "Migration20261122120000_RowSecurity.ts",
      text: `import { Migration } from "@mikro-orm/migrations"

export class Migration20261122120000_RowSecurity extends Migration {
  override async up(): Promise<void> {
    this.addSql(\`create schema if not exists "app"\`)
    this.addSql(\`grant usage on schema "app" to public\`)
    this.addSql(\`create or replace function "app".tenant() returns text language sql stable parallel safe
return nullif(pg_catalog.current_setting('app.tenant_id', true), '')\`)
    this.addSql(\`create or replace function "app".tenants() returns text[] language sql stable parallel safe
return case
  when nullif(pg_catalog.current_setting('app.tenant_ids', true), '') is not null then array(select pg_catalog.jsonb_array_elements_text(nullif(pg_catalog.current_setting('app.tenant_ids', true), '')::jsonb))
  when "app".tenant() is not null then array["app".tenant()]
  else null::text[]
end\`)
    this.addSql(\`drop policy if exists "tenant_failsafe" on "note"\`)
    this.addSql(\`create policy "tenant_failsafe" on "note" as permissive for all to public
  using ("merchant_id" = (select "app".tenant()::integer))
  with check ("merchant_id" = (select "app".tenant()::integer))\`)
    this.addSql(\`drop policy if exists "tenant_failsafe_read" on "note"\`)
    this.addSql(\`drop policy if exists "tenant_failsafe_net" on "note"\`)
    this.addSql(\`alter table "note" enable row level security\`)
    this.addSql(\`alter table "note" force row level security\`)
  }

  override async down(): Promise<void> {
    this.addSql(\`alter table "note" no force row level security\`)
    this.addSql(\`alter table "note" disable row level security\`)
    this.addSql(\`drop policy if exists "tenant_failsafe" on "note"\`)
    this.addSql(\`drop function if exists "app".tenants()\`)
    this.addSql(\`drop function if exists "app".tenant()\`)
    this.addSql(\`do $tenant_failsafe$
begin
  drop schema if exists "app";
exception when dependent_objects_still_exist then null;
end
$tenant_failsafe$\`)
  }
}
`,
    })
  })

  it.each(["`", "${1}", "\\", "\\`", "\r\n", "\u2028", "$${"])("keeps %j in a statement as it is", async (text) => {
    const statement = `select '${text}'`
    const plan = { up: [statement], down: [] }
    const { loaded, remove } = await loadMigration(rowSecurityMigration(plan, { orm: "mikro-orm", at }))
    const Loaded = loaded as new () => Collecting
    const migration = new Loaded()

    await migration.up()

    expect(migration.getQueries()).toEqual([statement])
    await remove()
  })

  it("refuses a name that no class can have", () => {
    const refused = refusalOf(() => rowSecurityMigration(plan, { orm: "typeorm", at, name: "X {} ; evil(); class Y" }))

    expect(refused).toMatchObject({
      code: "OPTION_INVALID",
      message: "The name of a migration must be one of a class.",
    })
  })
})
