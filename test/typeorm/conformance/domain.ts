import { DataSource, type EntityManager } from "typeorm"
import { currentTenant } from "../../../src/index.ts"
import { withFailsafe } from "../../../src/typeorm/index.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { domainEntities, type DomainEntities, type Row, type Shape } from "./domain-entities.ts"

/** One DataSource over the conformance domain. */
export interface Domain {
  readonly dataSource: DataSource
  readonly entities: DomainEntities
  readonly manager: EntityManager
  /** Empties the query result cache. */
  clearCache(): Promise<void>
  close(): Promise<void>
}

const failsafeOptions = {
  tenantProperty: ["scope.merchantId", "merchantId", "merchant"],
  entities: { Enrolment: "student.school", Visit: "pupil.academy" },
}

export type Guard = (dataSource: DataSource) => DataSource

/** The failsafe, as an application installs it. */
export const guarded: Guard = (dataSource) => withFailsafe(dataSource, failsafeOptions)

/** TypeORM as it is. */
export const vanilla: Guard = (dataSource) => dataSource

/** TypeORM with what an application may write itself: found relations are thinned out, and that is all. */
export const naive: Guard = (dataSource) => {
  const { manager } = dataSource
  const find = manager.find.bind(manager) as (...args: unknown[]) => Promise<Row[]>
  const thinned = async (...args: unknown[]) => (await find(...args)).map(withoutForeign)
  return Object.assign(dataSource, { manager: Object.assign(manager, { find: thinned }) })
}

function withoutForeign(row: Row): Row {
  const lists = Object.entries(row).filter((entry): entry is [string, Row[]] => Array.isArray(entry[1]))
  const isOwn = ({ merchantId = null }: Row) => merchantId === null || merchantId === currentTenant()
  return Object.assign(row, Object.fromEntries(lists.map(([property, rows]) => [property, rows.filter(isOwn)])))
}

export async function openDomain(db: TestDatabase, guard: Guard, shape: Shape, options: object): Promise<Domain> {
  const entities = domainEntities(shape)
  const config = { entities: Object.values(entities), ...db.dataSourceOptions(), ...oneConnection, ...options }
  const dataSource = guard(new DataSource(config))
  await dataSource.initialize()
  const onCache = async (use: "synchronize" | "clear") => {
    // Not every version of TypeORM releases a query runner that it takes for this.
    const queryRunner = dataSource.createQueryRunner()
    await dataSource.queryResultCache?.[use](queryRunner)
    await queryRunner.release()
  }
  // The table of the cache belongs to TypeORM's `synchronize`, which would make the other tables, too.
  await onCache("synchronize")
  return {
    dataSource,
    entities,
    manager: dataSource.manager,
    clearCache: () => onCache("clear"),
    close: () => dataSource.destroy(),
  }
}

// What a load or a save needs beside its own query must not wait for a second connection.
const oneConnection = { extra: { max: 1 } }
