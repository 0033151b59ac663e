import { types } from "node:util"
import { describeGiven } from "./describe-given.ts"
import { TenantFailsafeError } from "./errors.ts"

/**
 * What names a tenant: a non-blank string, a safe integer or a bigint. `1`, `1n` and `"1"` are one tenant, and so are
 * the upper-case and the lower-case notation of a UUID.
 */
export type TenantId = string | number | bigint

/**
 * Returns `value` as it is when it can name a tenant. `call` says where it was given, for the error text.
 *
 * @throws TenantFailsafeError `TENANT_INVALID` for everything else
 */
export function parseTenantId(value: unknown, call = "The tenant scope"): TenantId {
  if (typeof value === "bigint") return value
  if (typeof value === "number" && Number.isSafeInteger(value)) return value
  if (typeof value === "string" && value.trim() !== "") return value
  const given = describeGiven(value)
  throw new TenantFailsafeError("TENANT_INVALID", `${call} got ${given}, which is no tenant id. ${adviceFor(value)}`, {
    call,
    given,
  })
}

/** The one notation in which ids are compared. */
export function tenantKey(id: TenantId): string {
  return typeof id === "string" ? textKey(id) : String(id)
}

/**
 * The key of a tenant value that a database row holds: null for a shared row, undefined when the value does not tell
 * (not loaded, or nothing that names a tenant).
 */
export function rowTenantKey(value: unknown): string | null | undefined {
  switch (typeof value) {
    case "string":
      return textKey(value)
    case "bigint":
      return String(value)
    case "number":
      return numberKey(value)
    case "object":
      return value === null ? null : objectKey(value)
    default:
      return undefined
  }
}

function adviceFor(value: unknown): string {
  if (value === null || value === undefined) {
    return "Pass the id of the tenant, or run code that has none in withoutTenant(reason, run)."
  }
  if (typeof value === "number" && Number.isInteger(value)) {
    return "A number of this size is rounded: pass it as a bigint or a string."
  }
  if (types.isPromise(value)) return "Await it first."
  if (typeof value === "object") return "Pass the id alone."
  return "Pass a non-blank string, a safe integer or a bigint."
}

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

function textKey(text: string): string {
  return text.length === 36 && uuid.test(text) ? text.toLowerCase() : text
}

function numberKey(number: number): string | undefined {
  // Beyond this a driver has rounded the column: two tenants would share one number.
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? String(number) : undefined
}

function objectKey(value: object): string | undefined {
  if (types.isUint8Array(value)) return value.length === 16 ? uuidText(value) : undefined
  // An array of one id turns into the text of that id, but is none.
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return undefined
  try {
    return primitiveKey(value)
  } catch {
    return undefined
  }
}

/** Ids of a class of their own, such as ObjectId or a ULID. What they serialise to is what clients send as the tenant. */
function primitiveKey(value: { toJSON?: unknown; toString?: unknown; valueOf?: unknown }): string | undefined {
  for (const method of [value.toJSON, value.toString, value.valueOf]) {
    if (typeof method !== "function") continue
    const primitive: unknown = method.call(value)
    // The inherited toString, also that of another realm (vm, Jest), names the class and not the id.
    if (typeof primitive === "string" && primitive.startsWith("[object ")) continue
    if (typeof primitive === "object") continue
    const key = rowTenantKey(primitive)
    if (typeof key === "string") return key
  }
  return undefined
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}
