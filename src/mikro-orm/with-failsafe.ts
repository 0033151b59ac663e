import { ObjectHydrator, type EventSubscriber, type MikroORM, type Options } from "@mikro-orm/core"
import { isGuardedAlready, readOptions, type FailsafeOptions, type Settings } from "../core/options.ts"
import { assertHydratorFits, assertMethods, assertWriteMethods } from "./assert-fits.ts"
import { Failsafe } from "./failsafe.ts"
import { filteredHydrator } from "./filtered-hydrator.ts"
import { confinePivotLimits } from "./pivot-limits.ts"
import type { EntityManagerClass } from "./entity-manager-port.ts"
import { guardedEntityManager } from "./guarded-entity-manager.ts"
import { tenantResultCache } from "./result-cache.ts"
import { FailsafeSubscriber } from "./subscriber.ts"
import { guardDriver } from "./writes/guarded-driver.ts"

const settingsOf = Symbol.for("tenant-failsafe/mikro-orm/settings@1")

/**
 * Guards a MikroORM: every to-many relation to a tenant-owned entity shows the rows of the current tenant only, however it is
 * loaded; what was dropped is reported, and the database stays as it was.
 *
 * Returns a configuration for `MikroORM.init`; the given one is left untouched. Guarding a guarded configuration again with
 * the same options returns it as it is.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING` here or, for names of entities and relations, from
 * `MikroORM.init`; `UNSUPPORTED_ORM` from `MikroORM.init` when this MikroORM lacks a method that the failsafe needs
 *
 * @example
 * const orm = await MikroORM.init(withFailsafe({ entities: [Customer, Address], dbName: "shop" }, { tenantProperty: "merchantId" }))
 */
export function withFailsafe<Config extends object>(config: Config, options: FailsafeOptions): Config {
  const settings = readOptions(options)
  const installed = (config as { [settingsOf]?: Settings })[settingsOf]
  if (isGuardedAlready(installed, settings, "configuration")) return config
  const given: Partial<Options> = config
  const guarded = {
    ...config,
    hydrator: filteredHydrator(given.hydrator ?? ObjectHydrator),
    subscribers: [...(given.subscribers ?? []), new FailsafeSubscriber() as EventSubscriber],
    resultCache: { ...given.resultCache, adapter: tenantResultCache(given.resultCache?.adapter) },
    extensions: [...(given.extensions ?? []), { register: (orm: MikroORM) => install(orm, settings) }],
    [settingsOf]: settings,
  }
  return guarded
}

/**
 * MikroORM 7.2 calls this from its constructor, before it knows the entities. The EntityManager class is the driver's choice, so
 * the first one that the driver creates tells which class to derive from; forks are built with the class of their parent.
 */
function install(orm: MikroORM, settings: Settings): void {
  const failsafe = new Failsafe(orm.config, settings)
  const driver = orm.driver as unknown as { createEntityManager(useContext?: boolean): EntityManagerClass["prototype"] }
  driver.createEntityManager = (useContext) => {
    delete (driver as Partial<typeof driver>).createEntityManager
    const plain = driver.createEntityManager(useContext)
    const Base = plain.constructor as EntityManagerClass
    const metadata = plain.getMetadata()
    assertMethods(Base, orm.config.get("hydrator"))
    assertWriteMethods(plain, orm.driver, metadata)
    failsafe.start(metadata)
    assertHydratorFits(failsafe, orm.config.getHydrator(metadata), metadata)
    orm.config.set("entityManager", guardedEntityManager(Base) as never)
    confinePivotLimits(failsafe, orm.driver)
    guardDriver(failsafe, orm.driver, metadata)
    return driver.createEntityManager(useContext)
  }
}
