import { didYouMean } from "../core/closest-name.ts"
import { describeGiven } from "../core/describe-given.ts"
import { invalid } from "../core/options.ts"
import type { TenantFunctions } from "./tenant-functions.ts"

/** How the tenant of rows without a tenant column is found. */
export type ChainForm = "denormalise" | "exists" | "array"

/** Row security of one table: `"force"` holds for its owner, too; `"disable"` keeps the policies and switches them off. */
export type Security = "force" | "enable" | "disable"

/** What row level security is made of. */
export interface RowSecurityOptions {
  /** The schema of the functions (`"app"`) and the settings that they read (`"app.tenant_id"`, `"app.tenant_ids"`). */
  readonly functions?: Partial<TenantFunctions>
  /** Entities that are not tenant-owned by themselves: they follow the shortest path of NOT NULL references to one that is. */
  readonly infer?: readonly string[]
  /**
   * For tables whose tenant is in another table: `"denormalise"` (default) gives them a column of their own, kept by a trigger and a
   * composite foreign key; `"exists"` and `"array"` look it up in each statement.
   */
  readonly form?: ChainForm
  /** `"force"` by default. */
  readonly security?: Security
  /** Reads see the rows of every tenant in `app.tenants()`; writes stay with `app.tenant()`. Off by default. */
  readonly sets?: boolean
  /** Rows without a tenant may be read by every tenant (`"read"`, default), or written as well (`"write"`). */
  readonly shared?: "read" | "write"
  /** Adds a restrictive policy: without a tenant nothing passes, whatever other policies allow. Off by default. */
  readonly restrictive?: boolean
  /** Adds an index where no index starts with the tenant column. On by default. */
  readonly indexes?: boolean
  /** `"scoped"`: references between tables with a tenant column include it, so that no row refers to a foreign one. `"plain"` by default. */
  readonly foreignKeys?: "plain" | "scoped"
  /** Per entity, and per junction table by its entity's name. */
  readonly entities?: Readonly<Record<string, EntityRowSecurity>>
}

/** What one entity does otherwise. */
export interface EntityRowSecurity {
  /** The condition for rows that are read, changed or deleted, as SQL; taken as it is. */
  readonly using?: string
  /** The condition for rows that are written, as SQL; taken as it is. */
  readonly withCheck?: string
  readonly security?: Security
  readonly form?: ChainForm
  readonly sets?: boolean
  readonly shared?: "read" | "write"
  /** The name of the column that `"denormalise"` adds; by default that of the parent's. One that the entity has is used as it is. */
  readonly column?: string
}

/** The options with their defaults filled in. */
export interface RowSecuritySettings extends Required<Omit<RowSecurityOptions, "functions">> {
  readonly functions: TenantFunctions
}

const forms = ["denormalise", "exists", "array"] as const
const securities = ["force", "enable", "disable"] as const
const sharing = ["read", "write"] as const
const foreignKeys = ["plain", "scoped"] as const
const known = [
  "functions",
  "infer",
  "form",
  "security",
  "sets",
  "shared",
  "restrictive",
  "indexes",
  "foreignKeys",
  "entities",
]
const knownOfEntity = ["using", "withCheck", "security", "form", "sets", "shared", "column"]
const defaults: TenantFunctions = { schema: "app", setting: "app.tenant_id", setsSetting: "app.tenant_ids" }

/**
 * Checks everything about the options that can be checked without a model.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export function readRowSecurityOptions(options: RowSecurityOptions): RowSecuritySettings {
  assertKnown(options, known, "rowSecurity")
  const entities = options.entities ?? {}
  assertObject(entities, "entities")
  for (const [name, entity] of Object.entries(entities)) readEntity(name, entity)
  return {
    functions: readFunctions(options.functions ?? {}),
    infer: readNames(options.infer ?? [], "infer"),
    form: oneOf(options.form ?? "denormalise", forms, "form"),
    security: oneOf(options.security ?? "force", securities, "security"),
    sets: yesOrNo(options.sets ?? false, "sets"),
    shared: oneOf(options.shared ?? "read", sharing, "shared"),
    restrictive: yesOrNo(options.restrictive ?? false, "restrictive"),
    indexes: yesOrNo(options.indexes ?? true, "indexes"),
    foreignKeys: oneOf(options.foreignKeys ?? "plain", foreignKeys, "foreignKeys"),
    entities,
  }
}

function readFunctions(functions: Partial<TenantFunctions>): TenantFunctions {
  assertKnown(functions, Object.keys(defaults), "functions")
  const read = { ...defaults, ...functions }
  if (typeof read.schema !== "string" || read.schema === "") {
    throw invalid("functions.schema must be the name of a schema.", { option: "functions.schema" })
  }
  for (const option of ["setting", "setsSetting"] as const) {
    // PostgreSQL takes no other names for settings of an application's own.
    if (/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+$/i.test(read[option])) continue
    throw invalid(
      `functions.${option} must be a name with a dot in it, such as 'app.tenant_id', not '${read[option]}'.`,
      {
        option: `functions.${option}`,
      },
    )
  }
  return read
}

function readEntity(name: string, entity: EntityRowSecurity): void {
  const place = `entities.${name}`
  assertKnown(entity, knownOfEntity, place)
  if (entity.security !== undefined) oneOf(entity.security, securities, `${place}.security`)
  if (entity.form !== undefined) oneOf(entity.form, forms, `${place}.form`)
  if (entity.shared !== undefined) oneOf(entity.shared, sharing, `${place}.shared`)
  if (entity.sets !== undefined) yesOrNo(entity.sets, `${place}.sets`)
  for (const option of ["using", "withCheck", "column"] as const) {
    const value: unknown = entity[option]
    if (value === undefined || (typeof value === "string" && value.trim() !== "")) continue
    throw invalid(`${place}.${option} must be a text, not ${describeGiven(value)}.`, { option: `${place}.${option}` })
  }
}

function readNames(value: unknown, option: string): string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return [...new Set<string>(value)]
  throw invalid(`${option} must be a list of entity names, such as ['Enrolment'], not ${describeGiven(value)}.`, {
    option,
  })
}

function oneOf<Word extends string>(value: unknown, words: readonly Word[], option: string): Word {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  const listed = words.map((word) => `'${word}'`).join(", ")
  const guess = typeof value === "string" ? didYouMean(value, words) : ""
  const given = typeof value === "string" ? `'${value}'` : describeGiven(value)
  throw invalid(`${option} must be one of ${listed}, not ${given}.${guess}`, { option })
}

function yesOrNo(value: boolean, option: string): boolean {
  if (typeof value === "boolean") return value
  throw invalid(`${option} must be true or false, not ${describeGiven(value)}.`, { option })
}

function assertKnown(options: object, names: readonly string[], place: string): void {
  assertObject(options, place)
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      throw invalid(`'${name}' is no option of ${place}.${didYouMean(name, names)}`, { option: name })
  }
}

function assertObject(value: unknown, place: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return
  throw invalid(`${place} must be an object, not ${describeGiven(value)}.`, { option: place })
}
