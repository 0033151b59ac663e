import { beforeAll, describe, expect, it, vi } from "vitest"
import type { ScopeContext } from "../../src/core/scope.ts"

type Copy = typeof import("../../src/index.ts") & typeof import("../../src/core/scope.ts")

let one: Copy
let other: Copy

beforeAll(async () => {
  one = await loadCopy()
  other = await loadCopy()
})

describe("two copies of the package in one process", () => {
  it("are really two, or the promises below mean nothing", () => {
    expect(one.withTenant).not.toBe(other.withTenant)
    expect(one.TenantFailsafeError).not.toBe(other.TenantFailsafeError)
  })

  it("share the scope, in both directions and across awaits", async () => {
    const read = async (copy: Copy): Promise<unknown> => {
      await Promise.resolve()
      return copy.currentTenant()
    }

    expect(await one.withTenant("acme", () => read(other))).toBe("acme")
    expect(await other.withTenant("acme", () => read(one))).toBe("acme")
    expect(other.currentScope()).toBeUndefined()
  })

  it("share sets and bypasses", () => {
    expect(one.withTenants([1, 2], "report", () => other.currentScope())).toEqual({
      kind: "tenants",
      tenants: [1, 2],
      reason: "report",
    })
    expect(one.withoutTenant("audit", () => other.currentScope())).toEqual({ kind: "bypass", reason: "audit" })
  })

  it("refuse each other's crossings", () => {
    const crossing = (): unknown => one.withTenant("acme", () => other.withTenant("globex", () => undefined))

    expect(crossing).toThrow(expect.objectContaining({ code: "TENANT_SWITCH" }) as Error)
    expect(one.withTenants([1, 2], "report", () => other.withTenant(2n, () => one.currentTenant()))).toBe(2n)
  })

  it("recognise each other's errors with instanceof", () => {
    const mine = new one.TenantFailsafeError("TENANT_MISSING", "No tenant.")
    const theirs = new other.TenantFailsafeError("TENANT_MISSING", "No tenant.")

    expect([theirs instanceof one.TenantFailsafeError, mine instanceof other.TenantFailsafeError]).toEqual([true, true])
  })

  it("keep each other's observers", () => {
    const first = (): void => undefined
    const second = (): void => undefined

    const seen = one.withObserver(first, () => other.withObserver(second, () => one.currentContext()))

    expect(seen?.observers).toEqual([first, second])
  })

  it("bind each other's scopes", async () => {
    const bound = one.withTenant("acme", () => other.bindTenant(() => one.currentTenant()))
    const job = other.tenantJob(
      () => "acme",
      () => one.currentTenant(),
    )

    expect(one.withTenant("globex", () => bound())).toBe("acme")
    expect(await one.withTenant("globex", () => job())).toBe("acme")
  })

  it("read and write one storage on globalThis", () => {
    const place = Symbol.for("tenant-failsafe/scope@1")
    const storage = (globalThis as unknown as Record<symbol, { getStore(): ScopeContext | undefined }>)[place]

    expect(one.withTenant("acme", () => storage?.getStore()?.key)).toBe("tenant:acme")
    expect(other.withTenant("acme", () => storage?.getStore()?.key)).toBe("tenant:acme")
  })
})

/** Evaluates the whole module graph anew, as a second copy in node_modules would be. */
async function loadCopy(): Promise<Copy> {
  vi.resetModules()
  return { ...(await import("../../src/index.ts")), ...(await import("../../src/core/scope.ts")) }
}
