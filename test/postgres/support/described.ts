import type { TableModel, TenantModel } from "../../../src/core/tenant-model.ts"
import { columnType } from "../../../src/postgres/sql-types.ts"
import type { TestDatabase } from "../../support/databases.ts"

/** What a model says of each table, in the words of the catalog. */
export function describedByModel(model: TenantModel): Record<string, object> {
  return Object.fromEntries(
    model.tables.map((table) => [`${table.schema ?? "public"}.${table.name}`, describedTable(table)] as const),
  )
}

function describedTable({ columns, primaryKey, uniques, indexes, foreignKeys }: TableModel): object {
  return {
    columns: columns
      .map(({ name, type, isNullable }) => `${name} ${plain(type)}${isNullable ? "" : " not null"}`)
      .toSorted(),
    primaryKey: [...primaryKey],
    uniques: distinct(uniques),
    indexes: distinct(indexes),
    foreignKeys: foreignKeys
      .map(
        ({ columns: from, target, targetColumns, onDelete }) =>
          `${from.join()} -> ${target.schema ?? "public"}.${target.name} (${targetColumns.join()}) ${onDelete ?? "no action"}`,
      )
      .toSorted(),
  }
}

function plain(type: string): string {
  return columnType(type)
    .replaceAll('"', "")
    .replace(/\(.*\)/, "")
    .replace(/^(timestamptz|timestamp with time zone).*/i, "timestamp with time zone")
    .replace(/^jsonb.*/, "jsonb")
}

function distinct(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.map((columns) => columns.join()))].toSorted()
}

/** What a database has, described the same way. */
export async function describedByCatalog(database: TestDatabase): Promise<Record<string, object>> {
  const tables = await database.sql(`
    select class.oid::text as oid, nspname || '.' || relname as name,
      array(select attname || ' ' || format_type(atttypid, null) || case when attnotnull then ' not null' else '' end
        from pg_attribute where attrelid = class.oid and attnum > 0 and not attisdropped) as columns
    from pg_class class join pg_namespace space on space.oid = relnamespace
    where relkind in ('r', 'p') and nspname !~ '^pg_' and nspname not in ('information_schema')`)
  const indexes = await database.sql(`
    select indrelid::text as oid, indisprimary as primary, indisunique as unique,
      array(select attname::text from unnest(indkey::int2[]) with ordinality as key (number, place)
        join pg_attribute on attrelid = indrelid and attnum = key.number order by place) as columns from pg_index`)
  const references = await database.sql(`
    select conrelid::text as oid, nspname || '.' || relname as target,
      case confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'r' then 'restrict' else 'no action' end as rule,
      array(select attname::text from unnest(conkey) with ordinality as key (number, place)
        join pg_attribute on attrelid = conrelid and attnum = key.number order by place) as columns,
      array(select attname::text from unnest(confkey) with ordinality as key (number, place)
        join pg_attribute on attrelid = confrelid and attnum = key.number order by place) as targets
    from pg_constraint join pg_class class on class.oid = confrelid join pg_namespace space on space.oid = relnamespace
    where contype = 'f'`)
  return Object.fromEntries(
    tables.map(({ oid, name, columns }) => {
      const own = indexes.filter((index) => index["oid"] === oid)
      const columnsOf = (index: Record<string, unknown>) => index["columns"] as string[]
      return [
        String(name),
        {
          columns: (columns as string[]).toSorted(),
          primaryKey: own.filter((index) => index["primary"]).flatMap(columnsOf),
          uniques: distinct(
            own.filter((index) => index["unique"] === true && index["primary"] === false).map(columnsOf),
          ),
          indexes: distinct(own.filter((index) => index["unique"] === false).map(columnsOf)),
          foreignKeys: references
            .filter((reference) => reference["oid"] === oid)
            .map(
              (reference) =>
                `${columnsOf(reference).join()} -> ${String(reference["target"])} ` +
                `(${(reference["targets"] as string[]).join()}) ${String(reference["rule"])}`,
            )
            .toSorted(),
        },
      ]
    }),
  )
}
