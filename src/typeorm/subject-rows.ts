import type { DataSource, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { Row } from "./query-port.ts"
import { hydrated, keyOfValues } from "./row-key.ts"
import type { SelectedColumns } from "./selected-columns.ts"
import type { Need, Subject } from "./subjects.ts"

/** A column under the name by which it arrives in the rows. */
interface Arriving {
  readonly name: string | undefined
  readonly column: ColumnMetadata
}

/** Reads from the rows of a query what identifies the rows of one alias, and their owners. Needed for findings only. */
export class SubjectRows {
  readonly #dataSource: DataSource
  readonly #key: readonly Arriving[]
  readonly #ownerKey: readonly Arriving[]
  readonly #names: readonly string[]

  constructor(
    dataSource: DataSource,
    columns: SelectedColumns,
    { alias, metadata, ownerKey }: Pick<Subject, "alias" | "metadata" | "ownerKey">,
  ) {
    const arriving = ([of, column]: Need) => ({ name: columns.nameOf(of, column), column })
    this.#dataSource = dataSource
    this.#key = metadata.primaryColumns.map((column) => arriving([alias, column]))
    this.#ownerKey = ownerKey.map(arriving)
    this.#names = columns.namesOf(alias)
  }

  /** The row's key, or undefined where it was not selected. */
  key(row: Row): string | undefined {
    return this.#keyOf(row, this.#key)
  }

  /** The key of the owner: the same for all rows where there is one owner. */
  ownerKey(row: Row): string {
    return this.#keyOf(row, this.#ownerKey) ?? ""
  }

  /** The row's ids, as TypeORM takes them. */
  id(row: Row): ObjectLiteral {
    return this.#idOf(row, this.#key)
  }

  /** The ids of a joined owner, as TypeORM takes them. */
  ownerId(row: Row): ObjectLiteral {
    return this.#idOf(row, this.#ownerKey)
  }

  /** Whether a join found nothing: then all that was selected is NULL. */
  isMissing(row: Row): boolean {
    return this.#names.every((name) => row[name] === null || row[name] === undefined)
  }

  #idOf(row: Row, columns: readonly Arriving[]): ObjectLiteral {
    return Object.assign({}, ...columns.map((key) => key.column.createValueMap(this.#value(row, key))))
  }

  #keyOf(row: Row, columns: readonly Arriving[]): string | undefined {
    return keyOfValues(columns.map((column) => this.#value(row, column)))
  }

  #value(row: Row, { name, column }: Arriving): unknown {
    return name === undefined ? undefined : hydrated(this.#dataSource, row[name], column)
  }
}
