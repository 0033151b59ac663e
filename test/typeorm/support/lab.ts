import { DataSource, type Logger, type MixedList, type EntitySchema } from "typeorm"
import { expect } from "vitest"
import type { LeakReport } from "../../../src/testing/index.ts"
import { withFailsafe, type FailsafeOptions } from "../../../src/typeorm/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../../support/databases.ts"

export const isOlderTypeorm: boolean = process.env["TENANT_FAILSAFE_TYPEORM"] === "0.3"

export type Entities = MixedList<Function | EntitySchema>

export interface Lab {
  readonly dataSource: DataSource
  readonly database: TestDatabase
  /** Every statement since the last `queries.length = 0`. */
  readonly queries: string[]
  close(): Promise<void>
}

export interface LabOptions {
  readonly kind?: DatabaseKind
  /** Absent: tenantProperty alone. `null`: TypeORM without the failsafe. */
  readonly failsafe?: Partial<FailsafeOptions> | null
  /** More of TypeORM's options. */
  readonly config?: object
}

/** A DataSource on a new database with the tables of these entities, without rows. */
export async function openLab(
  entities: Entities,
  { kind = "sqlite", failsafe = {}, config = {} }: LabOptions = {},
): Promise<Lab> {
  const database = await openDatabase(kind)
  const lab = await openBeside(database, entities, { failsafe, config: { synchronize: true, ...config } })
  return {
    ...lab,
    async close() {
      if (lab.dataSource.isInitialized) await lab.dataSource.destroy()
      await database.close()
    },
  }
}

/** A DataSource on a database that is there already; closing the lab leaves the database open. */
export async function openBeside(
  database: TestDatabase,
  entities: Entities,
  { failsafe = {}, config = {} }: LabOptions = {},
): Promise<Lab> {
  const queries: string[] = []
  const plain = new DataSource({
    ...database.dataSourceOptions(),
    entities,
    logger: loggerTo(queries),
    ...config,
  })
  const dataSource = failsafe === null ? plain : withFailsafe(plain, { tenantProperty: "merchantId", ...failsafe })
  try {
    await dataSource.initialize()
  } catch (error) {
    await database.close()
    throw error
  }
  queries.length = 0
  return { dataSource, database, queries, close: () => dataSource.destroy() }
}

function loggerTo(queries: string[]): Logger {
  return {
    logQuery: (query) => queries.push(query),
    logQueryError() {},
    logQuerySlow() {},
    logSchemaBuild() {},
    logMigration() {},
    log() {},
  }
}

export function idsOf(rows: Iterable<{ id: number }>): number[] {
  return [...rows].map((row) => row.id).toSorted((a, b) => a - b)
}

/** What differs between the records of one test file. */
export type Essence = Pick<LeakReport, "what" | "owner" | "child"> &
  Partial<Pick<LeakReport, "relation" | "column" | "loaded" | "rows" | "dropped" | "strategy">>

/** The whole record, of which only the times and the line are not given exactly. */
export function record(essence: Essence, place: { readonly file: string; readonly function?: string }): object {
  const { what, owner, relation = null, child, column = "merchantId" } = essence
  const { loaded = 1, rows = 1, dropped = 0, strategy } = essence
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown
  return {
    event: "tenant_leak",
    v: 1,
    kind: "first",
    what,
    orm: "typeorm",
    owner,
    relation,
    child,
    column,
    fingerprint: expect.stringMatching(/^v1:[\da-f]{16}$/) as unknown,
    loaded,
    rows,
    dropped,
    events: 1,
    maxDropped: dropped,
    firstSeen: time,
    lastSeen: time,
    ...(isFixable(essence) ? { fix: expect.any(String) as unknown } : {}),
    ...(strategy === undefined ? {} : { strategy }),
    "code.file.path": place.file,
    "code.line.number": expect.any(Number) as unknown,
    ...(place.function === undefined ? {} : { "code.function.name": place.function }),
  }
}

/** Whether the record suggests a fix: no query could be changed where TypeORM makes it itself. */
function isFixable({ what, strategy = "" }: Essence): boolean {
  if (what === "root") return true
  return ["dropped", "kept", "no-tenant"].includes(what) && !["tree", "save", "relation ids"].includes(strategy)
}

/** What tests compare of a record where the place is not their claim. */
export function essenceOf(leak: LeakReport): Essence {
  const { what, owner, relation, child, column, loaded, rows, dropped, strategy } = leak
  return {
    what,
    owner,
    relation,
    child,
    column,
    loaded,
    rows,
    dropped,
    ...(strategy === undefined ? {} : { strategy }),
  }
}
