import { isExempt, may } from "../audit/reach.ts"
import type { Grant, Relation } from "../audit/snapshot.ts"
import type { Audited } from "../audit/subjects.ts"
import { textOf } from "../audit/wording.ts"
import { identifier } from "../sql-text.ts"
import type { RowSecurityDiagnosis } from "../../core/row-security.ts"

/** Functions that run with the rights of their owner, with what they say; without those of the system and of extensions. */
export const definersQuery = `
  select space.nspname::text as schema, proc.proname::text as name, proc.proowner::text as owner,
    pg_catalog.pg_get_function_identity_arguments(proc.oid) as arguments,
    case when proc.prosqlbody is null then proc.prosrc else pg_catalog.pg_get_function_sqlbody(proc.oid) end as source,
    array(select rule.ev_class::text from pg_catalog.pg_depend depend
      join pg_catalog.pg_rewrite rule on rule.oid = depend.objid
      where depend.classid = 'pg_catalog.pg_rewrite'::regclass and depend.refclassid = 'pg_catalog.pg_proc'::regclass
        and depend.refobjid = proc.oid) as views,
    (select coalesce(jsonb_agg(granted), '[]') from (
      select distinct acl.grantee::text as grantee, lower(acl.privilege_type) as privilege
      from pg_catalog.aclexplode(coalesce(proc.proacl, pg_catalog.acldefault('f', proc.proowner))) acl) granted) as grants
  from pg_catalog.pg_proc proc join pg_catalog.pg_namespace space on space.oid = proc.pronamespace
  where proc.prosecdef and proc.prorettype <> 'pg_catalog.trigger'::regtype
    and space.nspname !~ '^pg_' and space.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend depend where depend.classid = 'pg_catalog.pg_proc'::regclass
      and depend.objid = proc.oid and depend.deptype = 'e')
  order by space.nspname, proc.proname`

/** A row of the query. */
export interface DefinerFunction {
  readonly schema: string
  readonly name: string
  readonly owner: string
  readonly arguments: string
  readonly source: string
  /** The views that call it. */
  readonly views: readonly string[]
  readonly grants: readonly Grant[]
}

/**
 * The first function that the application may call, that one of these views calls, if there are any, and that names a table of tenants while its
 * policies do not hold for the function's owner. What it does with the table is not judged.
 */
export function definerFunction(
  functions: readonly DefinerFunction[],
  views: readonly Relation[] | undefined,
  { snapshot, reach, subjects }: Audited,
): RowSecurityDiagnosis | undefined {
  const callers = views && new Set(views.map(({ oid }) => oid))
  for (const { schema, name, owner, arguments: parameters, source, grants, ...called } of functions) {
    if (!may(reach, grants, "execute")) continue
    if (callers !== undefined && !called.views.some((view) => callers.has(view))) continue
    const table = subjects
      .map(({ live }) => live)
      .find((candidate) => names(source, candidate.name) && isExempt(owner, candidate, snapshot))
    if (table === undefined) continue
    const text = `${schema}.${name}(${parameters})`
    return {
      cause: "definer-function",
      explanation:
        `${text} is SECURITY DEFINER and reads ${textOf(table)} with the rights of ${snapshot.roles.get(owner)?.name ?? owner}, for which row ` +
        `security does not hold: ${reach.role.name} sees the rows of every tenant through it.`,
      mend: `alter routine ${identifier(schema)}.${identifier(name)}(${parameters}) security invoker;`,
    }
  }
  return undefined
}

function names(source: string, table: string): boolean {
  const escaped = table.replace(/[^\p{L}\p{N}_]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
  return new RegExp(`(?<![\\p{L}\\p{N}_$])${escaped}(?![\\p{L}\\p{N}_$])`, "iu").test(source)
}
