import { type EntityManager, MikroORM, type Options } from "@mikro-orm/sql"
import { withFailsafe } from "../../../src/mikro-orm/index.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { domainEntities, type DomainEntities } from "./domain-entities.ts"

/** One MikroORM over the conformance domain. */
export interface Domain {
  readonly orm: MikroORM
  readonly entities: DomainEntities
  fork(): EntityManager
  close(): Promise<void>
}

export const failsafeOptions = {
  tenantProperty: ["scope.merchantId", "merchantId", "merchant"],
  entities: { Enrolment: "student.school", Visit: "pupil.academy" },
}

export type Guard = (config: Options) => Options

/** The failsafe, as an application installs it. */
export const guarded: Guard = (config) => withFailsafe(config, failsafeOptions)

/** MikroORM as it is. */
export const vanilla: Guard = (config) => config

export async function openDomain(db: TestDatabase, guard: Guard, options: object = {}): Promise<Domain> {
  const entities = domainEntities()
  const config = { entities: Object.values(entities), ...db.ormConfig(), ensureDatabase: false, ...options }
  const orm = (await MikroORM.init(guard(config as unknown as Options) as never)) as unknown as MikroORM
  return { orm, entities, fork: () => orm.em.fork(), close: () => orm.close() }
}
