import {
  DataSource,
  type EntityManager,
  type EntitySchema,
  type EntitySubscriberInterface,
  type FindOptionsWhere,
  In,
  type InsertEvent,
  type Logger,
  type UpdateEvent,
} from "typeorm"
import type { TenantId } from "../../../src/index.ts"
import { withFailsafe } from "../../../src/typeorm/index.ts"
import type { Guard, Hook, NewRow } from "../../conformance/write-guard/harness.ts"
import { failsafeOptions } from "../../conformance/write-guard/options.ts"
import type { EntityName } from "../../conformance/write-guard/schema.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { shopEntities, type Row, type ShopEntities } from "./entities.ts"
import { naiveGuards } from "./naive.ts"

/** One DataSource over the write guard's domain, and what it sent. */
export interface Shop {
  readonly dataSource: DataSource
  readonly entities: ShopEntities
  readonly statements: string[]
}

/** An EntityManager with the entities that it knows. */
export interface Desk {
  readonly manager: EntityManager
  readonly entities: ShopEntities
}

export async function openShop(db: TestDatabase, guard: Guard, hook?: Hook): Promise<Shop> {
  const entities = shopEntities()
  const statements: string[] = []
  const dataSource = new DataSource({
    entities: Object.values(entities).map((entity) => portable(entity, db)),
    ...db.dataSourceOptions(),
    // One more than a transaction takes: TypeORM preloads outside of it.
    extra: { max: 2 },
    logging: true,
    logger: { ...silent, logQuery: (statement: string) => void statements.push(statement) },
  })
  const guarded = typeof guard === "string" ? dataSource : withFailsafe(dataSource, { ...failsafeOptions, ...guard })
  await guarded.initialize()
  if (hook !== undefined) guarded.subscribers.push(new Listener(hook))
  if (typeof guard === "string") naiveGuards[guard]!(guarded)
  return { dataSource: guarded, entities, statements }
}

/** The primary key of a row as properties. */
export function keyed(entity: EntityName, id: number): Row {
  return entity === "Line" ? { series: "a", number: id } : { id }
}

/** The condition that finds rows. */
export function where(entity: EntityName, ids: readonly number[]): FindOptionsWhere<Row> {
  return entity === "Line" ? { series: "a", number: In([...ids]) } : { id: In([...ids]) }
}

/** The properties that say whose a row is. */
export function tenantData(entity: EntityName, tenant: TenantId | null | undefined): Row {
  if (tenant === undefined) return {}
  if (entity === "Account") return { merchant: tenant === null ? null : { id: tenant } }
  if (entity === "Device") return { scope: { merchantId: tenant } }
  if (entity === "Student") return { school: tenant }
  if (entity === "Enrolment") return { student: tenant === null ? null : { id: Number(`${tenant}1`) } }
  return { merchantId: tenant }
}

/** The properties of a new row. */
export function newData({ entity, id, tenant, links = {} }: NewRow): Row {
  const linked = Object.entries(links).map(([relation, target]) => [relation, { id: target }])
  return { ...keyed(entity, id), label: "new", ...tenantData(entity, tenant), ...Object.fromEntries(linked) }
}

export function find(
  { manager, entities }: Desk,
  entity: EntityName,
  id: number,
  relations: object = {},
): Promise<Row> {
  return manager.findOneOrFail(entities[entity]!, { where: where(entity, [id]), relations })
}

const nothing = (): void => {}
const silent: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
}

/** PostgreSQL calls a point in time `timestamp`. */
function portable(entity: EntitySchema<Row>, { kind }: TestDatabase): EntitySchema<Row> {
  const columns = entity.options.columns as Record<string, { type: string } | undefined>
  const deletedAt = columns["deletedAt"]
  if (deletedAt !== undefined && kind === "postgresql") deletedAt.type = "timestamp"
  return entity
}

/** A listener of the application. */
class Listener implements EntitySubscriberInterface<Row> {
  readonly #hook: Hook

  constructor(hook: Hook) {
    this.#hook = hook
  }

  beforeInsert({ entity }: InsertEvent<Row>): void {
    this.#change(entity)
  }

  beforeUpdate({ entity }: UpdateEvent<Row>): void {
    this.#change(entity)
  }

  #change(entity: Row | undefined): void {
    if (entity === undefined) return
    if (this.#hook === "gives it away") entity["merchantId"] = 2
    else entity["address"] = { id: 21 }
  }
}
