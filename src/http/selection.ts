import type { TenantId } from "../core/tenant-id.ts"

/** What a resolver found in a request. */
export type Selection =
  | { readonly kind: "selected"; readonly tenant: TenantId }
  /** The request does not name a tenant, in a place where it must. */
  | { readonly kind: "absent"; readonly detail: string }
  /** What names the tenant cannot be read. */
  | { readonly kind: "malformed"; readonly detail: string }
  /** Nobody is signed in. */
  | { readonly kind: "unauthenticated" }
  /** Somebody is signed in who belongs to no tenant. */
  | { readonly kind: "without-tenant" }
  /** There is no such tenant. */
  | { readonly kind: "unknown" }

// Longer than any id or host label; a database would be asked for what no tenant can be called.
const maxLength = 255

/** Reads what a client sent as JSON for the tenant: a text or a whole number. */
export function selectValue(value: unknown, what: string): Selection {
  if (value === undefined || value === null) return selectText([], what)
  if (typeof value === "string") return selectText([value], what)
  if (typeof value === "number" && Number.isSafeInteger(value)) return { kind: "selected", tenant: value }
  return { kind: "malformed", detail: `${what} is neither a text nor a whole number.` }
}

/** Reads the one value that a client sent for the tenant. Strict: what has two readings has none. */
export function selectText(values: readonly string[] | undefined, what: string): Selection {
  if (values === undefined) return { kind: "malformed", detail: `${what} is not properly encoded.` }
  if (values.length === 0) return { kind: "absent", detail: `${what} is missing.` }
  if (values.length > 1) return { kind: "malformed", detail: `${what} was sent more than once.` }
  const [value] = values as [string]
  if (value === "") return { kind: "absent", detail: `${what} is empty.` }
  if (value.length > maxLength) return { kind: "malformed", detail: `${what} is longer than ${maxLength} characters.` }
  // A list, blanks around the value, control and format characters.
  if (/[,;\p{C}\p{Z}]/u.test(value)) return { kind: "malformed", detail: `${what} holds a character that no id has.` }
  return { kind: "selected", tenant: value }
}
