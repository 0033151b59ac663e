import type { EventArgs, EventSubscriber } from "@mikro-orm/core"
import { MikroORM, type EntityManager, type Options } from "@mikro-orm/sql"
import type { TenantId } from "../../../src/index.ts"
import { withFailsafe } from "../../../src/mikro-orm/index.ts"
import type { Guard, Hook, NewRow } from "../../conformance/write-guard/harness.ts"
import { failsafeOptions } from "../../conformance/write-guard/options.ts"
import type { EntityName } from "../../conformance/write-guard/schema.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { shopEntities, type Row, type ShopEntities } from "./entities.ts"
import { naiveGuards } from "./naive.ts"

/** One MikroORM over the write guard's domain, and what it sent. */
export interface Shop {
  readonly orm: MikroORM
  readonly entities: ShopEntities
  readonly statements: string[]
}

/** An EntityManager with the entities that it knows. */
export interface Desk {
  readonly em: EntityManager
  readonly entities: ShopEntities
}

export async function openShop(db: TestDatabase, guard: Guard, hook?: Hook): Promise<Shop> {
  const entities = shopEntities()
  const statements: string[] = []
  const config = {
    entities: Object.values(entities),
    ...db.ormConfig(),
    ensureDatabase: false,
    pool: { min: 0, max: 1 },
    debug: ["query"],
    colors: false,
    logger: (line: string) => statements.push(line.replace(/^\[query\] /, "").replace(/ \[took .*$/, "")),
    ...(hook === undefined ? {} : { subscribers: [new Listener(hook)] }),
    ...(typeof guard === "string" ? naiveGuards[guard] : {}),
  } as unknown as Options
  const guarded = typeof guard === "string" ? config : withFailsafe(config, { ...failsafeOptions, ...guard })
  const orm = (await MikroORM.init(guarded as never)) as unknown as MikroORM
  return { orm, entities, statements }
}

/** The primary key of a row, as MikroORM takes it. */
function keyOf(entity: EntityName, id: number): never {
  return (entity === "Line" ? ["a", id] : id) as never
}

/** The primary key of a row as properties. */
export function keyed(entity: EntityName, id: number): Row {
  return entity === "Line" ? { series: "a", number: id } : { id }
}

/** The condition that finds rows. */
export function where(entity: EntityName, ids: readonly number[]): never {
  return (entity === "Line" ? { series: "a", number: { $in: ids } } : { id: { $in: ids } }) as never
}

/** The properties that say whose a row is. */
export function tenantData(entity: EntityName, tenant: TenantId | null | undefined): Row {
  if (tenant === undefined) return {}
  if (entity === "Account") return { merchant: tenant }
  if (entity === "Device") return { scope: { merchantId: tenant } }
  if (entity === "Student") return { school: tenant }
  if (entity === "Enrolment") return { student: tenant === null ? null : Number(`${tenant}1`) }
  return { merchantId: tenant }
}

/** The properties of a new row. */
export function newData({ entity, id, tenant, links }: NewRow): Row {
  return { ...keyed(entity, id), label: "new", ...tenantData(entity, tenant), ...links }
}

export function find({ em, entities }: Desk, entity: EntityName, id: number, options: object = {}): Promise<Row> {
  return em.findOneOrFail(entities[entity]!, where(entity, [id]), options)
}

export function reference({ em, entities }: Desk, entity: EntityName, id: number): Row {
  return em.getReference(entities[entity]!, keyOf(entity, id))
}

/** A listener of the application. */
class Listener implements EventSubscriber<Row> {
  readonly #hook: Hook

  constructor(hook: Hook) {
    this.#hook = hook
  }

  beforeCreate(args: EventArgs<Row>): void {
    this.#change(args)
  }

  beforeUpdate(args: EventArgs<Row>): void {
    this.#change(args)
  }

  #change({ entity, em }: EventArgs<Row>): void {
    if (this.#hook === "gives it away") entity["merchantId"] = 2
    else entity["address"] = em.getReference("Address" as never, 21 as never)
  }
}
