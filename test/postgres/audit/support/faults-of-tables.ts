import { fault, type Fault } from "./fault.ts"

const table = "public.school"

export const faultsOfTables: readonly Fault[] = [
  fault("row security off", "error", "rls-disabled", { table }, "alter table school disable row level security"),
  fault(
    "row security never on",
    "error",
    "rls-disabled",
    { table },
    "drop policy tenant_failsafe on school",
    "alter table school no force row level security",
    "alter table school disable row level security",
  ),
  fault("row security not forced", "warn", "no-force", { table }, "alter table school no force row level security"),
  fault(
    "row security not forced, for an application that owns the table",
    "error",
    "no-force",
    { table },
    "alter table school no force row level security",
    "alter table school owner to :app",
    "revoke truncate on school from :app",
  ),
  fault(
    "row security not forced, for a member of the owner",
    "error",
    "no-force",
    { table },
    "create role zz_owner",
    "grant zz_owner to :app",
    "alter table school no force row level security",
    "alter table school owner to zz_owner",
    "revoke truncate on school from zz_owner",
  ),
  fault(
    "a partition that may be read",
    "error",
    "partition-no-rls",
    { table: "public.event_1" },
    "grant select on event_1 to :app",
  ),
  fault("no table", "error", "missing-table", { table: "notice" }, "drop table notice"),
  fault(
    "no tenant column",
    "error",
    "missing-column",
    { table: "public.notice", object: "merchant_id" },
    "alter table notice drop merchant_id cascade",
  ),
  fault("no index", "warn", "no-tenant-index", { table, object: "merchant_id" }, dropIndexOn("school")),
  fault(
    "a partial index",
    "warn",
    "no-tenant-index",
    { table, object: "merchant_id" },
    dropIndexOn("school"),
    "create index on school (merchant_id) where id > 5",
  ),
  fault(
    "a column that may be NULL",
    "warn",
    "tenant-nullable",
    { table, object: "merchant_id" },
    "alter table school alter merchant_id drop not null",
  ),
  fault(
    "a reference without the tenant",
    "warn",
    "fk-not-tenant-scoped",
    { table: "public.notice", object: "notice_school_fkey" },
    "alter table notice add school_id integer constraint notice_school_fkey references school on delete set null",
  ),
  fault("TRUNCATE granted", "warn", "truncate-granted", { table }, "grant truncate on school to :app"),
  fault("TRUNCATE granted to everybody", "warn", "truncate-granted", { table }, "grant truncate on school to public"),
  fault(
    "a table without an entity",
    "warn",
    "unmapped-tenant-table",
    { table: "public.legacy" },
    "create table legacy (merchant_id integer, note text)",
    "grant select on legacy to :app",
  ),
  fault(
    "a unique constraint",
    "info",
    "global-unique",
    { table, object: "school_code" },
    "alter table school add code integer generated always as (id) stored, add constraint school_code unique nulls not distinct (code)",
  ),
  fault(
    "a unique index",
    "info",
    "global-unique",
    { table, object: "school_code" },
    "alter table school add code text",
    "create unique index school_code on school (lower(code) desc, id) where id > 1",
  ),
  fault(
    "a table of all that may be written",
    "info",
    "global-table",
    { table: "public.currency" },
    "grant insert on currency to :app",
  ),
]

/** Its name is the package's, with a hash. */
function dropIndexOn(name: string): string {
  return `do $$ begin execute (select 'drop index ' || indexname from pg_indexes where tablename = '${name}' and indexname like '%idx%'); end $$`
}
