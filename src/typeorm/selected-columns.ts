import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import { columnOf, type QueryPort, type Row, type Select } from "./query-port.ts"
import type { Need, Subject } from "./subjects.ts"

/**
 * Under which names the columns that the screening reads arrive in the rows. What the application did not select is added to the
 * select list under a name that TypeORM hydrates nothing from.
 */
export class SelectedColumns {
  readonly #needs = new Map<string, Map<string, { readonly need: Need; readonly spareName: string }>>()
  #spareNames = 0
  readonly #names = new Map<string, string>()
  readonly #selected = new Map<string, readonly string[]>()
  readonly #added = new Set<string>()

  constructor(subjects: readonly Subject[]) {
    for (const { alias, metadata, guard, ownerKey, join } of subjects) {
      if (guard.tenant.column !== undefined) this.#need(alias, [alias, guard.tenant.column])
      for (const column of metadata.primaryColumns) this.#need(alias, [alias, column])
      // Owners that TypeORM joins on its own are not selected, so their columns come with the rows of the query itself.
      for (const need of ownerKey) this.#need(join === undefined ? alias : need[0], need)
    }
  }

  /** Notes what a query selects of an alias, and adds what is missing. TypeORM may ask several times for one query. */
  complete(query: QueryPort, alias: string, selects: Select[]): Select[] {
    // An alias of which nothing is selected is not hydrated.
    if (selects.length === 0) return selects
    const missing: Select[] = []
    for (const [name, { need, spareName }] of this.#needs.get(alias) ?? []) {
      const selection = columnOf(query, ...need)
      const known = selects.find((select) => select.selection === selection)?.aliasName
      if (known !== undefined) this.#names.set(name, known)
      // A grouped query may not select another column. The rows' tenants are looked up then.
      else if (query.expressionMap.groupBys.length === 0) {
        missing.push({ selection, aliasName: spareName })
        this.#names.set(name, spareName)
        this.#added.add(spareName)
      }
    }
    const completed = missing.length === 0 ? selects : [...selects, ...missing]
    this.#selected.set(
      alias,
      completed.flatMap(({ aliasName }) => aliasName ?? []),
    )
    return completed
  }

  /** The name of a column in the rows, or undefined where it could not be selected. */
  nameOf(alias: string, column: ColumnMetadata): string | undefined {
    return this.#names.get(nameOf([alias, column]))
  }

  /** The names of all that arrives of an alias, with what was added. */
  namesOf(alias: string): readonly string[] {
    return this.#selected.get(alias) ?? []
  }

  /** Takes what was added out of the rows again. */
  removeAdded(rows: readonly Row[]): void {
    if (this.#added.size === 0) return
    for (const row of rows) for (const name of this.#added) delete row[name]
  }

  #need(selectedWith: string, need: Need): void {
    const needs = this.#needs.get(selectedWith) ?? new Map()
    this.#needs.set(selectedWith, needs)
    const name = nameOf(need)
    // Short, for databases that cut long names.
    if (!needs.has(name)) needs.set(name, { need, spareName: `__tenant_${this.#spareNames++}` })
  }
}

function nameOf([alias, column]: Need): string {
  return `${alias}.${column.databaseName}`
}
