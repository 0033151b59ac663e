import { types } from "node:util"
import { describeGiven } from "./describe-given.ts"
import { TenantFailsafeError } from "./errors.ts"
import { parseTenantId, tenantKey, type TenantId } from "./tenant-id.ts"

/**
 * The tenants of a set as they were given, the first of each.
 *
 * @throws TenantFailsafeError `TENANT_INVALID` when it is empty, no array or Set, or holds something that is no id
 */
export function parseTenants(tenants: unknown, call: string): TenantId[] {
  if (!Array.isArray(tenants) && !types.isSet(tenants)) {
    const given = describeGiven(tenants)
    throw new TenantFailsafeError("TENANT_INVALID", `${call} got ${given}. Pass an array or a Set of tenant ids.`, {
      call,
      given,
    })
  }
  const members = new Map<string, TenantId>()
  for (const [index, tenant] of [...tenants].entries()) {
    const id = parseTenantId(tenant, `${call}, at tenants[${index}],`)
    if (!members.has(tenantKey(id))) members.set(tenantKey(id), id)
  }
  if (members.size > 0) return [...members.values()]
  throw new TenantFailsafeError(
    "TENANT_INVALID",
    `${call} got an empty set, in which nothing would be own. Name at least one tenant, or skip the call.`,
    { call, given: "an empty set" },
  )
}

/** @throws TenantFailsafeError `REASON_MISSING` when `reason` is no string or blank */
export function parseReason(reason: unknown, call: string): string {
  if (typeof reason === "string" && reason.trim() !== "") return reason
  const given = describeGiven(reason)
  throw new TenantFailsafeError(
    "REASON_MISSING",
    `${call} got ${given} as the reason. Say why in a few words, for example "nightly invoice export": ` +
      "the reason is published with each use.",
    { call, given },
  )
}

/** @throws TypeError when `fn` is no function: a promise, for one, has started outside the scope already */
export function assertCallable(
  fn: unknown,
  call: string,
  parameter = "run",
): asserts fn is (...args: never[]) => unknown {
  if (typeof fn === "function") return
  throw new TypeError(
    `${call} got ${describeGiven(fn)} as ${parameter}. Pass a function: only what it calls is in the scope.`,
  )
}
