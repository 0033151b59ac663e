import type { DataSource, ObjectLiteral, QueryRunner } from "typeorm"
import type { QueryExpressionMap } from "typeorm/query-builder/QueryExpressionMap.js"

/** What is used of the query builders that write, protected methods included. Read in the sources of 0.3.31 and 1.1.1. */
export interface StatementPort {
  readonly expressionMap: QueryExpressionMap
  readonly dataSource?: DataSource
  readonly connection?: DataSource
  readonly queryRunner?: QueryRunner
  escape(name: string): string
  execute: () => Promise<unknown>
  getQueryAndParameters: () => [sql: string, parameters: unknown[]]
  getParameters(): ObjectLiteral
  getMainTableName(): string
  getTableName(path: string): string
  createCteExpression(): string
  createWhereExpression(): string
  replacePropertyNamesForTheWholeQuery(sql: string): string
}

/** What TypeORM calls with the values of a statement, for listeners to change them. Read in the sources of 0.3.31 and 1.1.1. */
export interface BroadcasterPort {
  readonly queryRunner: QueryRunner
  broadcastBeforeInsertEvent: (result: BroadcastPort, ...rest: readonly unknown[]) => void
  broadcastBeforeUpdateEvent: (result: BroadcastPort, ...rest: readonly unknown[]) => void
}

/** What listeners were called, and what has to be waited for. */
export interface BroadcastPort {
  readonly count: number
  readonly promises: Promise<unknown>[]
}
