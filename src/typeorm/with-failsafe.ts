import type { DataSource } from "typeorm"
import { invalid, isGuardedAlready, readOptions, type FailsafeOptions, type Settings } from "../core/options.ts"
import { doesNotFit } from "./assert-fits.ts"
import { Failsafe } from "./failsafe.ts"
import { installHooks, type DataSourcePort } from "./hooks.ts"
import { confineCountedProperties } from "./relation-counts.ts"

const settingsOf = Symbol.for("tenant-failsafe/typeorm/settings@1")

/**
 * Guards a TypeORM DataSource: every to-many relation to a tenant-owned entity shows the rows of the current tenant only, however
 * it is loaded; what was dropped is reported, and saving leaves the rows that were not shown as they are.
 *
 * Call it before `initialize()`. Returns the given DataSource. Guarding a guarded DataSource again with the same options changes
 * nothing.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING` here or, for names of entities and relations, from
 * `initialize()`; `UNSUPPORTED_ORM` from `initialize()` when this TypeORM lacks a method that the failsafe needs
 *
 * @example
 * const dataSource = withFailsafe(new DataSource({ type: "postgres", entities: [Customer, Address] }), {
 *   tenantProperty: "merchantId",
 * })
 * await dataSource.initialize()
 */
export function withFailsafe<Source extends DataSource>(dataSource: Source, options: FailsafeOptions): Source {
  const settings = readOptions(options)
  const marked = dataSource as { [settingsOf]?: Settings }
  if (isGuardedAlready(marked[settingsOf], settings, "DataSource")) return dataSource
  if (dataSource.isInitialized) {
    throw invalid("This DataSource is initialized already. Call withFailsafe before dataSource.initialize().", {})
  }
  Object.defineProperty(dataSource, settingsOf, { value: settings })
  install(dataSource, settings)
  return dataSource
}

/** Hooks in when the DataSource is initialized, which may be again after `destroy()`; the entities are known only then. */
function install(dataSource: DataSource, settings: Settings): void {
  const failsafe = new Failsafe(dataSource, settings)
  const port = dataSource as unknown as DataSourcePort
  const { initialize, buildMetadatas } = port
  port.initialize = async () => {
    failsafe.stop()
    await installHooks(failsafe, { initialize, buildMetadatas })
    await initialize.call(dataSource)
    if (failsafe.isStarted) return dataSource
    await dataSource.destroy()
    throw doesNotFit("DataSource.initialize() no longer calls buildMetadatas()")
  }
  port.buildMetadatas = async () => {
    await buildMetadatas.call(dataSource)
    failsafe.start(dataSource.entityMetadatas)
    confineCountedProperties(failsafe, dataSource.entityMetadatas)
  }
}
