import type { EntityMetadata, ObjectLiteral } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import { runUnscoped } from "../../../core/scope.ts"
import type { TenantId } from "../../../core/tenant-id.ts"
import type { EntityGuard } from "../../guards.ts"
import { dataSourceOf } from "../../query-port.ts"
import { hydrated } from "../../row-key.ts"
import { Stamps } from "../stamps.ts"
import type { Writing } from "../writing.ts"
import { confinementTo, type Condition } from "./confinement.ts"
import type { StatementPort } from "./statement-port.ts"

/** The rows that a statement may reach. */
export interface Reach {
  readonly tenants: readonly TenantId[]
  readonly withShared: boolean
}

/** One INSERT, UPDATE or DELETE of a query builder, in the scope that it is confined to. */
export class Statement {
  readonly builder: StatementPort
  readonly metadata: EntityMetadata
  readonly writing: Writing
  readonly stamps: Stamps = new Stamps()
  /** Whether the rows that it is about were judged by their keys. */
  readonly isOfJudgedRows: boolean
  /** Judges the values again, after listeners have seen them. */
  recheck: (() => Promise<void>) | undefined
  #condition: Condition | undefined
  #inserted: string[] | undefined
  #isChecking = false

  constructor(builder: StatementPort, metadata: EntityMetadata, writing: Writing, isOfJudgedRows: boolean) {
    this.builder = builder
    this.metadata = metadata
    this.writing = writing
    this.isOfJudgedRows = isOfJudgedRows
  }

  get guard(): EntityGuard | null {
    return this.writing.failsafe.entityGuard(this.metadata)
  }

  /** Adds the condition that only rows within reach fulfil; for the roll-out, counts the others instead. */
  async confine({ tenant, ...target }: EntityGuard, reach: Reach, operation: "update" | "delete"): Promise<void> {
    const { writing, builder, metadata } = this
    const condition = confinementTo(writing.failsafe.dataSource, builder, metadata, tenant, reach)
    if (writing.failsafe.policy.writes === "throw") {
      this.#condition = condition
      return
    }
    if (this.isOfJudgedRows) return
    const rows = await this.#count({ ...condition, sql: `NOT (${condition.sql})` })
    if (rows > 0) writing.fault(target, operation, "foreign", rows)
  }

  /** Adds a condition that goes with the others. */
  restrict(condition: Condition): void {
    this.#condition = condition
  }

  /** The keys of the rows that it reaches. */
  async keys(): Promise<ObjectLiteral[]> {
    const { builder, metadata } = this
    const { primaryColumns } = metadata
    const names = primaryColumns.map((column, index) => `${builder.escape(column.databaseName)} AS key${index}`)
    const rows = await this.#select(names.join(", "), this.#condition)
    return rows.map((row) => {
      const id: ObjectLiteral = {}
      for (const [index, column] of primaryColumns.entries()) {
        column.setEntityValue(id, hydrated(dataSourceOf(builder), row[`key${index}`], column))
      }
      return id
    })
  }

  /** Sends columns of the values that the application left out of its list. */
  alsoInsert(columns: readonly ColumnMetadata[]): void {
    const listed = this.builder.expressionMap.insertColumns
    this.#inserted =
      listed.length === 0 ? undefined : [...new Set([...listed, ...columns.map(({ propertyPath }) => propertyPath)])]
  }

  /** Runs the builder's own making of SQL, with the condition and the columns in it. */
  build<R>(make: () => R): R {
    if (this.#condition !== undefined) return withCondition(this.builder, this.#condition, make)
    if (this.#inserted === undefined) return make()
    const { expressionMap } = this.builder
    const listed = expressionMap.insertColumns
    expressionMap.insertColumns = this.#inserted
    try {
      return make()
    } finally {
      expressionMap.insertColumns = listed
    }
  }

  /** Called for each value set that listeners have seen; they are judged once, when all are done. */
  async settleListeners(all: readonly Promise<unknown>[]): Promise<void> {
    if (this.recheck === undefined || this.#isChecking) return
    this.#isChecking = true
    // TypeORM tells all value sets in one go.
    await Promise.resolve()
    await Promise.all(all)
    this.#isChecking = false
    await this.recheck()
  }

  async #count(condition: Condition): Promise<number> {
    const [row] = await this.#select("COUNT(*) AS rows", condition)
    return Number(row?.["rows"])
  }

  async #select(what: string, condition: Condition | undefined): Promise<Record<string, unknown>[]> {
    const { builder } = this
    const [sql, parameters] =
      condition === undefined
        ? selection(builder, what)
        : withCondition(builder, condition, () => selection(builder, what))
    const source = builder.queryRunner ?? dataSourceOf(builder)
    return runUnscoped(() => source.query(sql, parameters)) as Promise<Record<string, unknown>[]>
  }
}

/** TypeORM ANDs this condition to all others, in parentheses. */
function withCondition<R>({ expressionMap }: StatementPort, { sql, parameters }: Condition, make: () => R): R {
  const { extraAppendedAndWhereCondition: added, parameters: given } = expressionMap
  expressionMap.extraAppendedAndWhereCondition = added ? `(${added}) AND (${sql})` : sql
  expressionMap.parameters = { ...given, ...parameters }
  try {
    return make()
  } finally {
    expressionMap.extraAppendedAndWhereCondition = added
    expressionMap.parameters = given
  }
}

/** A query for the rows that a statement is about. */
function selection(builder: StatementPort, what: string): [sql: string, parameters: unknown[]] {
  const table = builder.getTableName(builder.getMainTableName())
  const sql = `${builder.createCteExpression()}SELECT ${what} FROM ${table}${builder.createWhereExpression()}`
  const driver = dataSourceOf(builder).driver as unknown as EscapingPort
  // TypeORM 0.3 expects a third argument.
  return driver.escapeQueryWithParameters(
    builder.replacePropertyNamesForTheWholeQuery(sql),
    builder.getParameters(),
    {},
  )
}

interface EscapingPort {
  escapeQueryWithParameters(sql: string, parameters: ObjectLiteral, native: ObjectLiteral): [string, unknown[]]
}
