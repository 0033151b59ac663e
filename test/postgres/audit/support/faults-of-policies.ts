import { fault, type Fault } from "./fault.ts"

const own = "merchant_id = (select app.tenant()::integer)"
const table = "public.school"
const object = "tenant_failsafe"

const alter = (condition: string) => `alter policy tenant_failsafe on school ${condition}`

export const faultsOfPolicies: readonly Fault[] = [
  ...[
    "true",
    "1 = 1",
    "not false",
    "(select true)",
    "merchant_id is not null",
    "merchant_id = merchant_id",
    "id = id",
    "2 > 1 and true",
  ].map((condition) =>
    fault(`USING (${condition})`, "error", "policy-always-true", { table, object }, alter(`using (${condition})`)),
  ),
  fault(
    "an alternative that is always true",
    "error",
    "policy-always-true",
    { table, object },
    alter(`using (${own} or 'a' = 'a')`),
  ),
  fault("WITH CHECK (true)", "error", "check-always-true", { table, object }, alter("with check (true)")),
  fault(
    "USING that shows nobody's rows, without a check",
    "error",
    "insert-no-check",
    { table: "public.notice", object },
    "drop policy tenant_failsafe on notice",
    "drop policy tenant_failsafe_read on notice",
    `create policy tenant_failsafe on notice using (${own} or merchant_id is null)`,
  ),
  fault(
    "USING for a set, without a check",
    "error",
    "insert-no-check",
    { table, object },
    "drop policy tenant_failsafe on school",
    "create policy tenant_failsafe on school using (merchant_id = any((select app.tenants()::integer[])::integer[]))",
  ),
  fault(
    "a setting that opens the table",
    "warn",
    "policy-ignores-tenant",
    { table, object },
    alter(`using (${own} or (select current_setting('app.all', true)) = 'on')`),
  ),
  fault("a constant tenant", "warn", "policy-ignores-tenant", { table, object }, alter("using (merchant_id > 0)")),
  fault(
    "a missing tenant that opens the table",
    "warn",
    "policy-ignores-tenant",
    { table, object },
    alter(`using ((select app.tenant()) is null or ${own})`),
  ),
  fault("a check of something else", "warn", "policy-ignores-tenant", { table, object }, alter("with check (id > 0)")),
  fault(
    "nobody's rows that everybody may change",
    "warn",
    "policy-ignores-tenant",
    { table: "public.notice", object },
    `alter policy tenant_failsafe on notice using (${own} or merchant_id is null)`,
  ),
  fault(
    "a column cast to text",
    "warn",
    "text-cast",
    { table, object },
    alter("using (merchant_id::text = (select app.tenant()))"),
  ),
  fault(
    "a chain of IN",
    "warn",
    "chained-in",
    { table: "public.student", object },
    `alter policy tenant_failsafe on student using (school_id in (select id from school where ${own}))`,
  ),
  fault(
    "a set that is unnested",
    "warn",
    "chained-in",
    { table, object },
    alter("using (merchant_id in (select unnest(app.tenants())::integer))"),
  ),
  fault(
    "a function for each row",
    "info",
    "no-initplan",
    { table, object },
    alter("using (merchant_id = app.tenant()::integer)"),
  ),
  fault(
    "a setting for each row",
    "info",
    "no-initplan",
    { table, object },
    alter("using (merchant_id = nullif(current_setting('app.tenant_id', true), '')::integer)"),
  ),
  fault(
    "a second permissive policy",
    "warn",
    "multiple-permissive",
    { table },
    `create policy "of mine" on school for select using (${own} and id < 100)`,
  ),
  fault("no policy", "warn", "no-policy", { table }, "drop policy tenant_failsafe on school"),
  fault(
    "a restrictive policy alone",
    "warn",
    "no-policy",
    { table },
    "drop policy tenant_failsafe on school",
    "create policy net on school as restrictive using (true)",
  ),
  fault(
    "a policy for another role",
    "warn",
    "no-policy",
    { table },
    "alter policy tenant_failsafe on school to pg_monitor",
  ),
  fault(
    "policies for some commands",
    "info",
    "no-policy-for-command",
    { table },
    "drop policy tenant_failsafe on school",
    `create policy reads on school for select using (${own})`,
    `create policy changes on school for update using (${own}) with check (${own})`,
    // Without a check, it allows nothing.
    "create policy inserts on school for insert",
  ),
]
