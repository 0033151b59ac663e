import { isDeepStrictEqual } from "node:util"
import { Utils, type EntityMetadata, type MetadataStorage, type MikroORM, type Options } from "@mikro-orm/core"
import { invalid } from "../../core/options.ts"
import { unsupportedOrm } from "../../core/refusals.ts"
import { nameOf } from "../../core/tenant-model.ts"
import { storesTable, tableName } from "../../mikro-orm/table-model.ts"
import { tenantModel } from "../../mikro-orm/tenant-model.ts"
import { indexName, isIndexed } from "../change-indexes.ts"
import { readRowSecurityOptions, type RowSecurityOptions, type RowSecuritySettings } from "../options.ts"
import { ownedTables, type OwnedTable } from "../owned-tables.ts"
import { isOwnPolicy, policiesOf, type Policy } from "../policies.ts"

const guardedBy = Symbol.for("tenant-failsafe/mikro-orm/settings@1")
const settingsOf = Symbol.for("tenant-failsafe/postgres/mikro-orm/settings@1")

/** What MikroORM's own schema can hold: it knows no triggers that fill columns, and no second foreign key on a relation. */
export type NativeRowSecurityOptions = Omit<RowSecurityOptions, "form" | "foreignKeys"> & {
  /** `"exists"` by default. */
  readonly form?: "exists" | "array"
}

/**
 * Gives the entities of a guarded MikroORM configuration their policies in MikroORM's own form, so that its schema generator and its migrations
 * create them, and find nothing to do afterwards. Policies that the entities declare themselves stay; the schema of the functions is left out
 * of the diff.
 *
 * The functions that the policies ask must be there first: run `tenantFunctions().up` in a migration before.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` here or, for names of entities and paths, from `MikroORM.init`; `UNSUPPORTED_ORM` from
 * `MikroORM.init` where this MikroORM or its driver has no row level security
 *
 * @example
 * const orm = await MikroORM.init(withRowSecurity(withFailsafe(config, { tenantProperty: "merchantId" })))
 */
export function withRowSecurity<Config extends object>(config: Config, options: NativeRowSecurityOptions = {}): Config {
  const settings = readRowSecurityOptions({ form: "exists", ...options })
  if (settings.foreignKeys === "scoped") throw notNative('foreignKeys: "scoped"')
  const marked = config as { [guardedBy]?: unknown; [settingsOf]?: RowSecuritySettings }
  if (marked[guardedBy] === undefined) {
    throw invalid("Guard the configuration first: withRowSecurity(withFailsafe(config, { tenantProperty })).", {})
  }
  if (isDeepStrictEqual(marked[settingsOf], settings)) return config
  if (marked[settingsOf] !== undefined) {
    throw invalid("This configuration has row security already, with other options. Call withRowSecurity once.", {})
  }
  const given: Partial<Options> = config
  const extensions = [...(given.extensions ?? []), { register: (orm: MikroORM) => install(orm, settings) }]
  return { ...config, extensions, [settingsOf]: settings }
}

const installed = new WeakMap<MikroORM["config"], RowSecuritySettings>()

/** The options of the row security that the entities of a MikroORM declare. */
export function nativeSettingsOf({ config }: Pick<MikroORM, "config">): RowSecuritySettings | undefined {
  return installed.get(config)
}

/** The guard, whose extension stands before this one, knows the entities' tenants once the first EntityManager is made. */
function install(orm: MikroORM, settings: RowSecuritySettings): void {
  installed.set(orm.config, settings)
  const driver = orm.driver as unknown as { createEntityManager: (useContext?: boolean) => MikroORM["em"] }
  const { createEntityManager } = driver
  driver.createEntityManager = (useContext) => {
    delete (driver as Partial<typeof driver>).createEntityManager
    const em = createEntityManager.call(driver, useContext)
    declarePolicies(orm, em.getMetadata(), settings)
    return em
  }
}

function declarePolicies({ config }: MikroORM, metadata: MetadataStorage, settings: RowSecuritySettings): void {
  const model = tenantModel({ config, getMetadata: (() => metadata) as MikroORM["getMetadata"] })
  const byName = new Map([...metadata].filter(storesTable).map((meta) => [nameOf(tableName(meta, config)), meta]))
  assertFits(config, [...byName.values()])
  leaveAlone(config, settings.functions.schema, [...byName.values()])
  for (const owned of ownedTables(model, settings).tables) {
    if (owned.copies !== undefined) throw notNative(`entities.${owned.table.entity}.form: "denormalise"`)
    declare(byName.get(nameOf(owned.table))!, owned, settings)
  }
}

/**
 * MikroORM knows nothing of the functions, nor of the keys that they verify signatures with, and its diff would take them away: it leaves their
 * schema alone.
 */
function leaveAlone(config: MikroORM["config"], schema: string, metas: readonly EntityMetadata[]): void {
  const generator = config.get("schemaGenerator")
  const { ignoreSchema = [], ignoreRoutines } = generator
  const home = config.getPlatform().getDefaultSchemaName()
  const tenant = metas.find((meta) => (tableName(meta, config).schema ?? home) === schema)
  if (tenant === undefined) {
    if (ignoreSchema.includes(schema)) return
    config.set("schemaGenerator", { ...generator, ignoreSchema: [...ignoreSchema, schema] })
  } else if (ignoreRoutines !== true) {
    throw invalid(
      `functions.schema is '${schema}', in which ${tenant.className} is stored as well: MikroORM's diff would take the functions away. Give ` +
        "them a schema of their own, or set schemaGenerator.ignoreRoutines.",
      { option: "functions.schema", entity: tenant.className },
    )
  }
}

function declare(meta: EntityMetadata, owned: OwnedTable, settings: RowSecuritySettings): void {
  // Metadata are shared between the instances of a process that have the same entities.
  const others = meta.policies.filter(({ name }) => name === undefined || !isOwnPolicy(name))
  meta.policies = [...others, ...policiesOf(owned, settings).map(nativePolicy)]
  meta.rowLevelSecurity = owned.security === "force" ? "force" : owned.security === "enable"
  const { table, column } = owned
  if (!settings.indexes || column === undefined || isIndexed(table, column, undefined)) return
  const property = meta.props.find(({ fieldNames }) => fieldNames?.length === 1 && fieldNames[0] === column.name)
  if (property !== undefined) meta.indexes.push({ properties: [property.name], name: indexName(table, column) })
}

function nativePolicy({ name, command, type, using, withCheck }: Policy): EntityMetadata["policies"][number] {
  return { name, command, type, using, ...(withCheck === undefined ? {} : { check: withCheck }) }
}

/** Read in the sources of MikroORM 7.2.1: the schema generator takes policies and flags from these two places. */
function assertFits(config: MikroORM["config"], metas: readonly EntityMetadata[]): void {
  const version = Utils.getORMVersion()
  const platform = config.getPlatform() as { supportsRowLevelSecurity?(): boolean }
  const finding =
    platform.supportsRowLevelSecurity?.() !== true
      ? "its driver has no row level security"
      : metas.every(({ policies }) => Array.isArray(policies))
        ? undefined
        : "its metadata have no policies"
  if (finding === undefined) return
  const text = `tenant-failsafe cannot give MikroORM ${version} its policies: ${finding}`
  throw unsupportedOrm("mikro-orm", text, "7.2.x with a PostgreSQL driver", { version, finding })
}

function notNative(option: string): Error {
  return invalid(
    `${option} is nothing that MikroORM's schema can hold: its next diff would take it away. Map the tenant column as a property of ` +
      "the entity and declare it as its tenant, or write the plan of rowSecurity as a migration.",
    { option },
  )
}
