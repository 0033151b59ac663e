import type { DataSource, ObjectLiteral } from "typeorm"
import type { Row } from "./query-port.ts"
import { hydrated, keyOfValues } from "./row-key.ts"
import type { SelectedColumns } from "./selected-columns.ts"
import type { Need, Subject } from "./subjects.ts"

/** Reads from the rows of a query what identifies the rows of one alias, and their owners. Needed for findings only. */
export class SubjectRows {
  readonly #dataSource: DataSource
  readonly #columns: SelectedColumns
  readonly #subject: Subject
  readonly #key: readonly Need[]

  constructor(dataSource: DataSource, columns: SelectedColumns, subject: Subject) {
    this.#dataSource = dataSource
    this.#columns = columns
    this.#subject = subject
    this.#key = subject.metadata.primaryColumns.map((column) => [subject.alias, column] as const)
  }

  /** The row's key, or undefined where it was not selected. */
  key(row: Row): string | undefined {
    return this.#keyOf(row, this.#key)
  }

  /** The key of the owner: the same for all rows where there is one owner. */
  ownerKey(row: Row): string {
    return this.#keyOf(row, this.#subject.ownerKey) ?? ""
  }

  /** The row's ids, as TypeORM takes them. */
  id(row: Row): ObjectLiteral {
    return Object.assign({}, ...this.#key.map((need) => need[1].createValueMap(this.#value(row, need))))
  }

  /** Whether a join found nothing: then all that was selected is NULL. */
  isMissing(row: Row): boolean {
    return this.#columns.namesOf(this.#subject.alias).every((name) => row[name] === null || row[name] === undefined)
  }

  #keyOf(row: Row, needs: readonly Need[]): string | undefined {
    return keyOfValues(needs.map((need) => this.#value(row, need)))
  }

  #value(row: Row, [alias, column]: Need): unknown {
    const name = this.#columns.nameOf(alias, column)
    return name === undefined ? undefined : hydrated(this.#dataSource, row[name], column)
  }
}
