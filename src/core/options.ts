import { isDeepStrictEqual } from "node:util"
import { didYouMean } from "./closest-name.ts"
import { TenantFailsafeError } from "./errors.ts"

/** The options that the MikroORM and the TypeORM entry share. */
export interface FailsafeOptions {
  /**
   * The property that names an entity's tenant: a column (`"merchantId"`), a to-one relation to the tenant (`"merchant"`)
   * or an embedded column (`"scope.merchantId"`). Of several, the first one that an entity has counts. An entity
   * that has none of them is not tenant-owned.
   */
  readonly tenantProperty: string | readonly string[]
  /**
   * Per entity: another property, a path through to-one relations (`{ Enrolment: "student.school" }`), or `false` for an
   * entity that is not tenant-owned although it has the property.
   */
  readonly entities?: Readonly<Record<string, string | false>>
  /** Relations left alone on purpose, each with the reason: `{ "Customer.auditLog": "support staff reads all of it" }`. */
  readonly unfiltered?: Readonly<Record<`${string}.${string}`, string>>
  /** What happens to a foreign child: `"drop"` (default), `"throw"` (drop, then fail the load), or `"report"` (keep it). */
  readonly onLeak?: "drop" | "throw" | "report"
  /** A guarded relation loads outside any scope: `"throw"` (default), `"report"` and load, or `"allow"`. */
  readonly noTenant?: "throw" | "report" | "allow"
  /** A row whose tenant is still unknown after it was looked up: `"keep"` (default), `"drop"` or `"throw"`; always reported. */
  readonly onUnknown?: "keep" | "drop" | "throw"
  /** A loaded to-one that points at a foreign row: `"report"` (default) or `"throw"`. It is never altered. */
  readonly references?: "report" | "throw"
  /** A foreign row among the results of a query: `"report"` (default), `"throw"` or `"ignore"`. It is never altered. */
  readonly roots?: "report" | "throw" | "ignore"
  /**
   * A write that would create, change, link or delete a foreign row: `"throw"` (default) before anything is sent, `"report"` and let it
   * pass, or `"allow"`, which switches the write guard off. `noTenant` says what happens outside any scope.
   */
  readonly writes?: "throw" | "report" | "allow"
  /** Entities whose shared rows a tenant may make its own, by giving them its tenant. None by default. */
  readonly claimable?: readonly string[]
}

/** The modes of the options with their defaults filled in. */
export type Policy = Required<
  Pick<FailsafeOptions, "onLeak" | "noTenant" | "onUnknown" | "references" | "roots" | "writes">
>

/** Validated options, frozen: what the rest of the package works with. */
export interface Settings {
  readonly tenantProperties: readonly string[]
  readonly entities: Readonly<Record<string, string | false>>
  readonly unfiltered: Readonly<Record<string, string>>
  readonly claimable: readonly string[]
  readonly policy: Policy
}

const modes: { readonly [Mode in keyof Policy]: readonly [Policy[Mode], ...Policy[Mode][]] } = {
  onLeak: ["drop", "throw", "report"],
  noTenant: ["throw", "report", "allow"],
  onUnknown: ["keep", "drop", "throw"],
  references: ["report", "throw"],
  roots: ["report", "throw", "ignore"],
  writes: ["throw", "report", "allow"],
}
const known = ["tenantProperty", "entities", "unfiltered", "claimable", ...Object.keys(modes)]

/**
 * Checks everything about the options that can be checked without knowing the entities; fills in the defaults.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING`
 */
export function readOptions(options: FailsafeOptions): Settings {
  if (typeof options !== "object" || options === null) {
    throw invalid("The options are missing. Pass at least { tenantProperty: 'merchantId' }.", {})
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalid(`'${name}' is no option.${didYouMean(name, known)}`, { option: name })
  }
  return Object.freeze({
    tenantProperties: Object.freeze(readTenantProperties(options.tenantProperty)),
    entities: Object.freeze(readEntities(options.entities)),
    unfiltered: Object.freeze(readUnfiltered(options.unfiltered)),
    claimable: Object.freeze(readClaimable(options.claimable)),
    policy: Object.freeze({
      onLeak: readMode(options, "onLeak"),
      noTenant: readMode(options, "noTenant"),
      onUnknown: readMode(options, "onUnknown"),
      references: readMode(options, "references"),
      roots: readMode(options, "roots"),
      writes: readMode(options, "writes"),
    }),
  })
}

/** Whether two sets of options mean the same. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return isDeepStrictEqual(a, b)
}

/**
 * Whether something is guarded already: installing twice with the same options is installing once.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` when it is guarded with other options
 */
export function isGuardedAlready(installed: Settings | undefined, settings: Settings, what: string): boolean {
  if (installed === undefined) return false
  if (sameSettings(installed, settings)) return true
  throw invalid(`This ${what} is guarded already, with other options. Call withFailsafe once.`, {})
}

/** An `OPTION_INVALID` error; `details` names the option and the wrong value. */
export function invalid(message: string, details: Readonly<Record<string, unknown>>): TenantFailsafeError {
  return new TenantFailsafeError("OPTION_INVALID", message, details)
}

function readMode<Mode extends keyof Policy>(options: FailsafeOptions, mode: Mode): Policy[Mode] {
  const value: unknown = options[mode]
  if (value === undefined) return modes[mode][0]
  const found = modes[mode].find((candidate) => candidate === value)
  if (found !== undefined) return found
  const words = modes[mode].map((word) => `'${word}'`).join(", ")
  const guess = typeof value === "string" ? didYouMean(value, modes[mode]) : ""
  throw invalid(`${mode} must be one of ${words}, not ${describe(value)}.${guess}`, { option: mode })
}

function readTenantProperties(value: unknown): string[] {
  const names = typeof value === "string" ? [value] : value
  if (!Array.isArray(names) || names.length === 0 || !names.every(isPath)) {
    throw invalid(
      "tenantProperty must name the property that holds an entity's tenant, for instance 'merchantId', 'merchant' or " +
        `'scope.merchantId', or be a list of such names; it is ${describe(value)}.`,
      { option: "tenantProperty" },
    )
  }
  return [...new Set<string>(names)]
}

function readEntities(value: unknown): Record<string, string | false> {
  if (value === undefined) return {}
  if (!isRecord(value)) {
    throw invalid(`entities must be an object of entity names, not ${describe(value)}.`, { option: "entities" })
  }
  const entities: Record<string, string | false> = {}
  for (const [entity, property] of Object.entries(value)) {
    if (property !== false && !isPath(property)) {
      throw invalid(
        `entities.${entity} must be the name of its tenant property, a path such as 'student.school', or false; it is ` +
          `${describe(property)}.`,
        { option: "entities", entity },
      )
    }
    entities[entity] = property
  }
  return entities
}

function readUnfiltered(value: unknown): Record<string, string> {
  if (value === undefined) return {}
  if (!isRecord(value)) {
    throw invalid(`unfiltered must be an object such as { 'Customer.auditLog': 'reason' }, not ${describe(value)}.`, {
      option: "unfiltered",
    })
  }
  const unfiltered: Record<string, string> = {}
  for (const [relation, reason] of Object.entries(value)) {
    if (!/^[^.]+\.[^.]+$/.test(relation)) {
      throw invalid(`unfiltered names '${relation}'; write it as 'Entity.relation'.`, {
        option: "unfiltered",
        relation,
      })
    }
    if (typeof reason !== "string" || reason.trim() === "") {
      throw new TenantFailsafeError(
        "REASON_MISSING",
        `unfiltered['${relation}'] needs a reason: a sentence that tells a reader why this relation is left alone.`,
        { option: "unfiltered", relation },
      )
    }
    unfiltered[relation] = reason
  }
  return unfiltered
}

function readClaimable(value: unknown): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || !value.every((name) => typeof name === "string")) {
    throw invalid(`claimable must be a list of entity names, such as ['Product'], not ${describe(value)}.`, {
      option: "claimable",
    })
  }
  return [...new Set<string>(value)]
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && /^[^.\s]+(\.[^.\s]+)*$/.test(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function describe(value: unknown): string {
  if (value === null) return "null"
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list with something else in it"
  return typeof value === "string" ? `'${value}'` : typeof value
}
