import type { SnapshotPart } from "./snapshot.ts"

const own = "space.nspname !~ '^pg_' and space.nspname <> 'information_schema'"

function grants(acl: string): string {
  return `select distinct acl.grantee::text as grantee, lower(acl.privilege_type) as privilege from pg_catalog.aclexplode(${acl}) acl`
}

function columnNames(keys: string, relation: string): string {
  return `array(
    select coalesce(attribute.attname::text, '') from unnest(${keys}) with ordinality as key (number, place)
    left join pg_catalog.pg_attribute attribute on attribute.attrelid = ${relation} and attribute.attnum = key.number
    order by key.place)`
}

/** Which parts the connection may not read, and what holds for all of the database. */
export const sessionQuery = `
  select current_user::text as role, pg_catalog.current_setting('server_version_num')::integer as version,
    pg_catalog.current_schemas(false)::text[] as path,
    array(
      select needed.part || ' ' || needed.catalog from (values ('columns', 'pg_attribute'), ('policies', 'pg_policy'),
        ('indexes', 'pg_index'), ('keys', 'pg_constraint'), ('reads', 'pg_rewrite'), ('reads', 'pg_depend'),
        ('definers', 'pg_proc'), ('definers', 'pg_depend'), ('definers', 'pg_language')) as needed (part, catalog)
      where not pg_catalog.has_table_privilege('pg_catalog.' || needed.catalog, 'select') order by 1
    ) as unseen,
    array(
      select grantee::text from pg_catalog.pg_database,
        pg_catalog.aclexplode(coalesce(datacl, pg_catalog.acldefault('d', datdba)))
      where datname = pg_catalog.current_database() and privilege_type = 'TEMPORARY'
    ) as temporary`

/** Whether the functions that policies ask are there; `$1` is their schema. */
export const functionsQuery = `
  select count(distinct proc.proname) = 2 as found
  from pg_catalog.pg_proc proc join pg_catalog.pg_namespace space on space.oid = proc.pronamespace
  where space.nspname = $1 and proc.pronargs = 0 and proc.proname in ('tenant', 'tenants')`

/** Every role of the server. */
export const rolesQuery = `
  select oid::text as oid, rolname::text as name, rolsuper as super, rolbypassrls as bypasses from pg_catalog.pg_roles`

/** Before PostgreSQL 16, a member may always become what it is a member of, and inherits where its role says so. */
export const membershipsQuery = `
  select member::text as member, roleid::text as of, grantor::text as grantor, admin_option as "mayGrant",
    coalesce((to_jsonb(granted) ->> 'set_option')::boolean, true) as "maySet",
    coalesce((to_jsonb(granted) ->> 'inherit_option')::boolean, role.rolinherit) as inherits
  from pg_catalog.pg_auth_members granted join pg_catalog.pg_roles role on role.oid = granted.member`

/** Tables, views and foreign tables, with who may do what; without those of the system. */
export const relationsQuery: string = `
  select class.oid::text as oid, space.nspname::text as schema, class.relname::text as name, class.relowner::text as owner,
    case class.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind,
    class.relrowsecurity as enabled, class.relforcerowsecurity as forced,
    coalesce((select option_value::boolean from pg_catalog.pg_options_to_table(class.reloptions)
      where option_name = 'security_invoker'), false) as invoker,
    array(select inhparent::text from pg_catalog.pg_inherits where inhrelid = class.oid) as parents,
    (select coalesce(jsonb_agg(granted), '[]') from (
      ${grants("coalesce(class.relacl, pg_catalog.acldefault('r', class.relowner))")}
      union select acl.grantee::text, lower(acl.privilege_type) from pg_catalog.pg_attribute attribute,
        pg_catalog.aclexplode(attribute.attacl) acl where attribute.attrelid = class.oid and attribute.attacl is not null
    ) granted) as grants
  from pg_catalog.pg_class class join pg_catalog.pg_namespace space on space.oid = class.relnamespace
  where class.relkind in ('r', 'p', 'v', 'm', 'f') and ${own} order by space.nspname, class.relname`

/** For each part, rows with the oid of their relation; all but the last two of tables. */
export const partQueries: Readonly<Record<SnapshotPart, string>> = {
  columns: `
    select attribute.attrelid::text as oid, attribute.attname::text as name, not attribute.attnotnull as nullable,
      pg_catalog.format_type(coalesce(nullif(type.typbasetype, 0), type.oid), null) as type
    from pg_catalog.pg_attribute attribute join pg_catalog.pg_type type on type.oid = attribute.atttypid
    join pg_catalog.pg_class class on class.oid = attribute.attrelid and class.relkind in ('r', 'p')
    join pg_catalog.pg_namespace space on space.oid = class.relnamespace
    where attribute.attnum > 0 and not attribute.attisdropped and ${own} order by attribute.attnum`,
  policies: `
    select policy.polrelid::text as oid, policy.polname::text as name, policy.polpermissive as permissive,
      case policy.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
        as command,
      policy.polroles::text[] as "roleOids", pg_catalog.pg_get_expr(policy.polqual, policy.polrelid) as using,
      pg_catalog.pg_get_expr(policy.polwithcheck, policy.polrelid) as "withCheck"
    from pg_catalog.pg_policy policy order by policy.polname`,
  indexes: `
    select index.indrelid::text as oid, class.relname::text as name, index.indisunique as unique, index.indisprimary as primary,
      index.indpred is null and index.indisvalid and method.amname in ('btree', 'hash') as whole, method.amname::text as method,
      ${columnNames("(index.indkey::int2[])[0:index.indnkeyatts - 1]", "index.indrelid")} as columns, con.conname::text as constraint,
      exists (select from pg_catalog.pg_constraint target where target.conindid = index.indexrelid and target.contype = 'f') as target,
      case when con.oid is not null then pg_catalog.pg_get_constraintdef(con.oid)
        when index.indisunique then substr(pg_catalog.pg_get_indexdef(index.indexrelid), 1 + length(pg_catalog.format(
          'CREATE UNIQUE INDEX %I ON %s%I.%I USING %I (', class.relname, case class.relkind when 'I' then 'ONLY ' else '' end,
          space.nspname, of.relname, method.amname)))
      end as definition
    from pg_catalog.pg_index index join pg_catalog.pg_class class on class.oid = index.indexrelid
    join pg_catalog.pg_class of on of.oid = index.indrelid join pg_catalog.pg_namespace space on space.oid = of.relnamespace
    join pg_catalog.pg_am method on method.oid = class.relam
    left join pg_catalog.pg_constraint con on con.conindid = index.indexrelid and con.contype = 'u'
    where ${own} order by class.relname`,
  keys: `
    select con.conrelid::text as oid, con.conname::text as name, con.contype = 'f' as foreign, con.conparentid <> 0 as inherited,
      con.confrelid::text as target, ${columnNames("con.conkey", "con.conrelid")} as columns,
      ${columnNames("con.confkey", "con.confrelid")} as "targetColumns",
      case con.confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' when 'r' then 'restrict'
        else 'no action' end as "onDelete"
    from pg_catalog.pg_constraint con join pg_catalog.pg_namespace space on space.oid = con.connamespace
    where con.contype in ('p', 'u', 'f') and ${own} order by con.conname`,
  reads: `
    select distinct rule.ev_class::text as oid, depend.refobjid::text as reads
    from pg_catalog.pg_rewrite rule join pg_catalog.pg_class class on class.oid = rule.ev_class
    join pg_catalog.pg_namespace space on space.oid = class.relnamespace
    join pg_catalog.pg_depend depend on depend.classid = 'pg_catalog.pg_rewrite'::regclass and depend.objid = rule.oid
      and depend.refclassid = 'pg_catalog.pg_class'::regclass and depend.refobjid <> rule.ev_class
    where rule.ev_type = '1' and ${own}`,
  definers: `
    select proc.oid::text as oid, space.nspname::text as schema, proc.proname::text as name,
      pg_catalog.pg_get_function_identity_arguments(proc.oid) as arguments, proc.prorettype = 'pg_catalog.trigger'::regtype as trigger,
      (select substr(setting, length('search_path=') + 1) from unnest(proc.proconfig) setting
        where setting like 'search\\_path=%') as path,
      (select coalesce(jsonb_agg(granted), '[]') from (
        ${grants("coalesce(proc.proacl, pg_catalog.acldefault('f', proc.proowner))")}) granted) as grants
    from pg_catalog.pg_proc proc join pg_catalog.pg_namespace space on space.oid = proc.pronamespace
    join pg_catalog.pg_language language on language.oid = proc.prolang
    where proc.prosecdef and proc.prosqlbody is null and language.lanname not in ('internal', 'c') and ${own}
      and not exists (select from pg_catalog.pg_depend depend where depend.classid = 'pg_catalog.pg_proc'::regclass
        and depend.objid = proc.oid and depend.deptype = 'e')
    order by space.nspname, proc.proname`,
}
