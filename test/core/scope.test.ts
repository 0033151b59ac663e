import { describe, expect, it } from "vitest"
import {
  currentScope,
  currentTenant,
  requireTenant,
  switchTenant,
  withoutTenant,
  withTenant,
  withTenants,
  type Scope,
  type TenantId,
} from "../../src/index.ts"
import { bypassRecordsOf } from "./support/bypass-records.ts"
import { refusalOf } from "./support/refusal.ts"

const uuid = "0b8f6c1e-5d3a-4e57-9a0c-1f2e3d4c5b6a"
const reason = "group report"
const notTenants: unknown[] = [
  undefined,
  null,
  "",
  "  ",
  NaN,
  Infinity,
  1.5,
  2 ** 53,
  true,
  Symbol("acme"),
  {},
  ["acme"],
]
const notReasons: [unknown, string][] = [
  [undefined, "undefined"],
  [null, "null"],
  ["", "an empty string"],
  [" \n", "a blank string"],
  [7, "a number"],
  [() => "why", "a function"],
]

const crossOver =
  "Cross over with switchTenant(tenant, reason, run), or with withoutTenant(reason, run) around it; " +
  "work for another tenant that merely starts here is tenantJob's."

describe("withTenant", () => {
  it("returns what run returns", () => {
    expect(withTenant("acme", () => 42)).toBe(42)
  })

  it("makes all that run calls belong to the tenant", () => {
    const deep = (): TenantId | undefined => currentTenant()

    expect(withTenant("acme", () => [1, 2].map(() => deep()))).toEqual(["acme", "acme"])
  })

  it("makes all that run awaits belong to the tenant", async () => {
    const gate = Promise.withResolvers<void>()
    const seen = withTenant("acme", async () => {
      await gate.promise
      const fromTick = await new Promise((resolve) => process.nextTick(() => resolve(currentTenant())))
      const fromImmediate = await new Promise((resolve) => setImmediate(() => resolve(currentTenant())))
      return [currentTenant(), fromTick, fromImmediate]
    })

    withTenant("globex", () => gate.resolve())

    expect(await seen).toEqual(["acme", "acme", "acme"])
  })

  it.each([1, 0, 1n, "1", "0", " acme ", uuid.toUpperCase()])("gives %s back as it was given", (tenant) => {
    expect(withTenant(tenant, () => [currentTenant(), requireTenant(), currentScope()])).toEqual([
      tenant,
      tenant,
      { kind: "tenant", tenant },
    ])
  })

  it.each(notTenants)("throws TENANT_INVALID for %o before run is called", (value) => {
    let called = false

    const refusal = refusalOf(() => withTenant(value as TenantId, () => (called = true)))

    expect(refusal.code).toBe("TENANT_INVALID")
    expect(called).toBe(false)
  })

  it("throws synchronously, also when run is async", () => {
    expect(refusalOf(() => withTenant("", async () => undefined))).toEqual({
      code: "TENANT_INVALID",
      message:
        "withTenant(tenant, run) got an empty string, which is no tenant id. " +
        "Pass a non-blank string, a safe integer or a bigint.",
      details: { call: "withTenant(tenant, run)", given: "an empty string" },
    })
  })

  it("refuses a promise in the place of run, which has started outside the scope already", () => {
    const started = Promise.resolve() as unknown as () => void

    expect(() => withTenant("acme", started)).toThrow(
      new TypeError(
        "withTenant(tenant, run) got a promise as run. Pass a function: only what it calls is in the scope.",
      ),
    )
  })

  it("throws TENANT_SWITCH inside the scope of another tenant, without naming either", () => {
    withTenant("acme-secret", () => {
      expect(refusalOf(() => withTenant("globex-secret", () => undefined))).toEqual({
        code: "TENANT_SWITCH",
        message: `withTenant(tenant, run) was called inside the scope of another tenant. ${crossOver}`,
        details: { call: "withTenant(tenant, run)", scope: "tenant" },
      })
    })
  })

  it.each<[TenantId, TenantId]>([
    [1, 1n],
    [1n, "1"],
    ["1", 1],
    [0, "0"],
    [uuid, uuid.toUpperCase()],
  ])("lets %s open inside %s, the same tenant, and gives the inner notation back", (inner, outer) => {
    expect(withTenant(outer, () => withTenant(inner, () => currentTenant()))).toBe(inner)
  })

  it("opens inside withoutTenant, so that a job can walk over tenants", () => {
    const seen = withoutTenant(reason, () => ["acme", "globex"].map((id) => withTenant(id, () => currentTenant())))

    expect(seen).toEqual(["acme", "globex"])
  })

  it("opens for another tenant inside withoutTenant inside a tenant", () => {
    const seen = withTenant("acme", () => withoutTenant(reason, () => withTenant("globex", () => currentTenant())))

    expect(seen).toBe("globex")
  })

  it("narrows a set to one of its members, whatever the notation", () => {
    const scope = withTenants([1, 2], reason, () => withTenant("2", () => currentScope()))

    expect(scope).toEqual({ kind: "tenant", tenant: "2" })
  })

  it("throws TENANT_SWITCH inside a set that lacks the tenant", () => {
    withTenants(["acme", "globex"], reason, () => {
      expect(refusalOf(() => withTenant("initech", () => undefined))).toEqual({
        code: "TENANT_SWITCH",
        message: `withTenant(tenant, run) was called inside withTenants, for a tenant that the set lacks. ${crossOver}`,
        details: { call: "withTenant(tenant, run)", scope: "tenants" },
      })
    })
  })

  it("does not widen again once a set was narrowed", () => {
    withTenants([1, 2], reason, () =>
      withTenant(1, () => {
        expect(refusalOf(() => withTenant(2, () => undefined)).code).toBe("TENANT_SWITCH")
        expect(refusalOf(() => withTenants([1, 2], reason, () => undefined)).code).toBe("TENANT_SWITCH")
      }),
    )
  })

  it("is not published on the bypass channel", () => {
    expect(bypassRecordsOf(() => withTenant(1, () => withTenant(1n, () => undefined)))).toEqual([])
  })

  it("does not reach a lazy thenable that is awaited outside", async () => {
    const query = lazyQuery()

    expect(await withTenant("acme", () => query)).toBeUndefined()
  })

  it("reaches a lazy thenable that is awaited inside", async () => {
    expect(await withTenant("acme", async () => await lazyQuery())).toBe("acme")
    expect(await withTenant("acme", async () => lazyQuery())).toBe("acme")
  })
})

describe("withTenants", () => {
  const call = "withTenants(tenants, reason, run)"

  it("returns what run returns, and tells all in currentScope", () => {
    const scope = withTenants(["globex", 1, 7n], reason, () => currentScope())

    expect(scope).toEqual({ kind: "tenants", tenants: ["globex", 1, 7n], reason })
  })

  it("has no single current tenant, also with one member", () => {
    expect(withTenants(["acme"], reason, () => currentTenant())).toBeUndefined()
  })

  it("takes a Set", () => {
    expect(withTenants(new Set([1, 2]), reason, () => currentScope())).toEqual({
      kind: "tenants",
      tenants: [1, 2],
      reason,
    })
  })

  it("collapses ids that name the same tenant into the first of them", () => {
    expect(withTenants([1, "1", 2, 1n, uuid, uuid.toUpperCase()], reason, () => currentScope())).toEqual({
      kind: "tenants",
      tenants: [1, 2, uuid],
      reason,
    })
  })

  it("does not follow the caller's array when that changes later", () => {
    const tenants = ["acme"]
    withTenants(tenants, reason, () => {
      tenants.push("globex")

      expect(currentScope()).toEqual({ kind: "tenants", tenants: ["acme"], reason })
      expect(refusalOf(() => withTenant("globex", () => undefined)).code).toBe("TENANT_SWITCH")
    })
  })

  it.each([[[]], [new Set<TenantId>()]])("throws TENANT_INVALID for an empty %o", (tenants) => {
    expect(refusalOf(() => withTenants(tenants, reason, () => undefined))).toEqual({
      code: "TENANT_INVALID",
      message: `${call} got an empty set, in which nothing would be own. Name at least one tenant, or skip the call.`,
      details: { call, given: "an empty set" },
    })
  })

  it.each([
    ["acme", "a string"],
    [undefined, "undefined"],
    [{ 0: "acme" }, "an object"],
    [Promise.resolve(["acme"]), "a promise"],
  ])("throws TENANT_INVALID for %o, which is no set of ids", (tenants, given) => {
    expect(refusalOf(() => withTenants(tenants as unknown as TenantId[], reason, () => undefined))).toEqual({
      code: "TENANT_INVALID",
      message: `${call} got ${given}. Pass an array or a Set of tenant ids.`,
      details: { call, given },
    })
  })

  it("throws TENANT_INVALID for a member that is no id, and says at which place", () => {
    expect(refusalOf(() => withTenants(["acme", undefined as unknown as string], reason, () => undefined))).toEqual({
      code: "TENANT_INVALID",
      message:
        `${call}, at tenants[1], got undefined, which is no tenant id. ` +
        "Pass the id of the tenant, or run code that has none in withoutTenant(reason, run).",
      details: { call: `${call}, at tenants[1],`, given: "undefined" },
    })
  })

  it.each(notReasons)("throws REASON_MISSING for the reason %o", (value, given) => {
    expect(refusalOf(() => withTenants(["acme"], value as string, () => undefined))).toEqual(reasonMissing(call, given))
  })

  it("opens inside a tenant when every id is that tenant", () => {
    expect(withTenant(1, () => withTenants(["1", 1n], reason, () => currentScope()))).toEqual({
      kind: "tenants",
      tenants: ["1"],
      reason,
    })
  })

  it("throws TENANT_SWITCH inside a tenant when one id is another", () => {
    withTenant("acme", () => {
      expect(refusalOf(() => withTenants(["acme", "globex"], reason, () => undefined))).toEqual({
        code: "TENANT_SWITCH",
        message: `${call} was called inside the scope of another tenant. ${crossOver}`,
        details: { call, scope: "tenant" },
      })
    })
  })

  it("opens inside a set for a subset of it", () => {
    expect(withTenants([1, 2, 3], reason, () => withTenants(["3", "1"], "retry", () => currentScope()))).toEqual({
      kind: "tenants",
      tenants: ["3", "1"],
      reason: "retry",
    })
  })

  it("throws TENANT_SWITCH inside a set that lacks one of them", () => {
    withTenants([1, 2], reason, () => {
      expect(refusalOf(() => withTenants([2, 3], reason, () => undefined))).toEqual({
        code: "TENANT_SWITCH",
        message: `${call} was called inside withTenants, for a tenant that the set lacks. ${crossOver}`,
        details: { call, scope: "tenants" },
      })
    })
  })

  it("opens inside withoutTenant, inside any tenant", () => {
    const scope = withTenant(1, () => withoutTenant(reason, () => withTenants([2, 3], reason, () => currentScope())))

    expect(scope).toEqual({ kind: "tenants", tenants: [2, 3], reason })
  })
})

describe("withoutTenant", () => {
  const call = "withoutTenant(reason, run)"

  it("returns what run returns, and tells the reason in currentScope", () => {
    expect(withoutTenant(reason, () => [currentTenant(), currentScope()])).toEqual([
      undefined,
      { kind: "bypass", reason },
    ])
  })

  it("opens from anywhere", () => {
    const bypass = (): Scope | undefined => withoutTenant("audit", () => currentScope())
    const expected = { kind: "bypass", reason: "audit" }

    expect(bypass()).toEqual(expected)
    expect(withTenant(1, bypass)).toEqual(expected)
    expect(withTenants([1, 2], reason, bypass)).toEqual(expected)
    expect(withoutTenant(reason, bypass)).toEqual(expected)
  })

  it.each(notReasons)("throws REASON_MISSING for the reason %o, before run is called", (value, given) => {
    let called = false

    expect(refusalOf(() => withoutTenant(value as string, () => (called = true)))).toEqual(reasonMissing(call, given))
    expect(called).toBe(false)
  })
})

describe("switchTenant", () => {
  const call = "switchTenant(tenant, reason, run)"

  it("crosses over from anywhere", () => {
    const cross = (): TenantId | undefined => switchTenant("globex", "settlement", () => currentTenant())

    expect(cross()).toBe("globex")
    expect(withTenant("acme", cross)).toBe("globex")
    expect(withTenant("globex", cross)).toBe("globex")
    expect(withTenants(["acme", "initech"], reason, cross)).toBe("globex")
    expect(withoutTenant(reason, cross)).toBe("globex")
  })

  it("is a tenant's scope like any other: a plain withTenant back is refused", () => {
    withTenant("acme", () =>
      switchTenant("globex", "settlement", () => {
        expect(currentScope()).toEqual({ kind: "tenant", tenant: "globex" })
        expect(refusalOf(() => withTenant("acme", () => undefined)).code).toBe("TENANT_SWITCH")
      }),
    )
  })

  it.each(notTenants)("throws TENANT_INVALID for %o", (value) => {
    expect(refusalOf(() => switchTenant(value as TenantId, reason, () => undefined)).code).toBe("TENANT_INVALID")
  })

  it.each(notReasons)("throws REASON_MISSING for the reason %o", (value, given) => {
    expect(refusalOf(() => switchTenant("acme", value as string, () => undefined))).toEqual(reasonMissing(call, given))
  })
})

describe("requireTenant", () => {
  it("throws TENANT_MISSING outside any scope", () => {
    expect(refusalOf(() => requireTenant())).toEqual({
      code: "TENANT_MISSING",
      message: expect.stringMatching(
        /^requireTenant\(\) was called outside any tenant scope, .+\. Wrap the caller in withTenant\(id, fn\); a callback that lost its scope keeps it with bindTenant\(fn\)\.$/,
      ) as string,
      details: { call: "requireTenant()", entryPoint: expect.stringContaining("test/core/scope.test.ts:") as string },
    })
  })

  it("throws TENANT_MISSING in withoutTenant", () => {
    expect(refusalOf(() => withoutTenant(reason, () => requireTenant()))).toEqual({
      code: "TENANT_MISSING",
      message:
        "requireTenant() was called inside withoutTenant, where no tenant is current. Wrap the caller in " +
        "withTenant(id, fn), or read currentTenant(), which is undefined there.",
      details: { call: "requireTenant()", scope: "bypass" },
    })
  })

  it("throws TENANT_AMBIGUOUS in withTenants, also with one member", () => {
    expect(refusalOf(() => withTenants(["acme"], reason, () => requireTenant()))).toEqual({
      code: "TENANT_AMBIGUOUS",
      message:
        "requireTenant() was called inside withTenants, where several tenants are own. Narrow to one of them with " +
        "withTenant(id, fn), or read them all from currentScope().",
      details: { call: "requireTenant()", scope: "tenants" },
    })
  })
})

describe("currentScope", () => {
  it("is undefined outside any scope, as is currentTenant", () => {
    expect([currentScope(), currentTenant()]).toEqual([undefined, undefined])
  })

  it.each<[string, (read: () => Scope | undefined) => Scope | undefined]>([
    ["withTenant", (read) => withTenant("acme", read)],
    ["withTenants", (read) => withTenants(["acme"], reason, read)],
    ["withoutTenant", (read) => withoutTenant(reason, read)],
    ["switchTenant", (read) => switchTenant("acme", reason, read)],
  ])("is frozen in %s", (_, open) => {
    const scope = open(() => currentScope())

    expect(Object.isFrozen(scope)).toBe(true)
  })

  it("holds a frozen list of tenants in withTenants", () => {
    expect(withTenants(["acme"], reason, () => currentScope())).toSatisfy(
      (scope: Scope) => scope.kind === "tenants" && Object.isFrozen(scope.tenants),
    )
  })
})

function reasonMissing(call: string, given: string): object {
  return {
    code: "REASON_MISSING",
    message:
      `${call} got ${given} as the reason. Say why in a few words, for example "nightly invoice export": ` +
      "the reason is published with each use.",
    details: { call, given },
  }
}

/** A query builder in small: it starts when somebody awaits it. */
function lazyQuery(): PromiseLike<TenantId | undefined> {
  // oxlint-disable-next-line unicorn/no-thenable
  return { then: (...handlers) => Promise.resolve(currentTenant()).then(...handlers) }
}
