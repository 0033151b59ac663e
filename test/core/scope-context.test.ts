import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant, withTenants, type TenantId } from "../../src/index.ts"
import {
  captureScope,
  currentContext,
  runInContext,
  runUnscoped,
  withObserver,
  type ScopeContext,
} from "../../src/core/scope.ts"
import { tenantKey } from "../../src/core/tenant-id.ts"
import { bypassRecordsOf } from "./support/bypass-records.ts"

const reason = "group report"
const uuid = "0b8f6c1e-5d3a-4e57-9a0c-1f2e3d4c5b6a"

describe("the context of a scope", () => {
  it("is undefined outside any scope", () => {
    expect(currentContext()).toBeUndefined()
  })

  it("holds scope, identity and own keys of a tenant", () => {
    expect(withTenant(1n, () => currentContext())).toEqual({
      scope: { kind: "tenant", tenant: 1n },
      key: "tenant:1",
      owned: new Set(["1"]),
      observers: [],
      load: undefined,
    })
  })

  it("holds scope, identity and own keys of a set", () => {
    expect(withTenants([2, 10, "1", uuid.toUpperCase()], reason, () => currentContext())).toEqual({
      scope: { kind: "tenants", tenants: [2, 10, "1", uuid.toUpperCase()], reason },
      key: `tenants:${uuid},1,10,2`,
      owned: new Set(["2", "10", "1", uuid]),
      observers: [],
      load: undefined,
    })
  })

  it("owns no keys in a bypass, because it owns all rows", () => {
    expect(withoutTenant(reason, () => currentContext())).toEqual({
      scope: { kind: "bypass", reason },
      key: "bypass",
      owned: undefined,
      observers: [],
      load: undefined,
    })
  })

  it("is frozen plain data, so that another copy of the package can read it", () => {
    const context = withTenants([1, 2], reason, () => currentContext())

    expect(Object.getPrototypeOf(context)).toBe(Object.prototype)
    expect([context, context?.scope, context?.observers].map((part) => Object.isFrozen(part))).toEqual([
      true,
      true,
      true,
    ])
  })

  it("lives on globalThis where nobody can replace it", () => {
    expect(Object.getOwnPropertyDescriptor(globalThis, Symbol.for("tenant-failsafe/scope@1"))).toMatchObject({
      writable: false,
      configurable: false,
      enumerable: false,
    })
  })
})

describe("the identity of a scope", () => {
  const keyOf = (tenants: readonly TenantId[]): string | undefined =>
    withTenants(tenants, reason, () => currentContext()?.key)

  it("is the same for every notation and order of the same tenants", () => {
    expect(keyOf([1, "acme", 2n])).toBe(keyOf(["2", "acme", 1n, 2]))
    expect(withTenant(1, () => currentContext()?.key)).toBe(switchTenant("1", reason, () => currentContext()?.key))
  })

  it("does not depend on the reason", () => {
    expect(withTenants([1], "one", () => currentContext()?.key)).toBe(
      withTenants([1], "two", () => currentContext()?.key),
    )
  })

  it.each([
    [["a,b"], ["a", "b"]],
    [["a%2Cb"], ["a,b"]],
    [
      ["a", "b,c"],
      ["a,b", "c"],
    ],
  ])("tells the sets %j and %j apart", (left, right) => {
    expect(keyOf(left)).not.toBe(keyOf(right))
  })

  it("is equal exactly when the sets are equal", () => {
    const ids = fc.array(
      fc.oneof(
        fc.string({ unit: fc.constantFrom("a", ",", "%", "2", "C", '"', "\ud800") }).filter((text) => text !== ""),
        fc.nat({ max: 3 }),
      ),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(ids, ids, (left, right) => {
        expect(keyOf(left) === keyOf(right)).toBe(isSameSet(left.map(tenantKey), right.map(tenantKey)))
      }),
    )
  })

  it("differs between a tenant and the set of that tenant alone", () => {
    expect(withTenant("a", () => currentContext()?.key)).not.toBe(keyOf(["a"]))
  })
})

describe("runInContext", () => {
  it("runs in exactly that context and restores the one around it", () => {
    const load = {}
    withTenant("acme", () => {
      const around = currentContext()
      const context: ScopeContext = { ...mustExist(around), load }

      expect(runInContext(context, () => currentContext())).toBe(context)
      expect(currentContext()).toBe(around)
    })
  })
})

describe("runUnscoped", () => {
  it("opens a bypass that is not published", () => {
    const records = bypassRecordsOf(() =>
      withTenant("acme", () => {
        expect(runUnscoped(() => currentContext())).toMatchObject({
          scope: { kind: "bypass", reason: "look-up of tenant-failsafe itself" },
          owned: undefined,
        })
      }),
    )

    expect(records).toEqual([])
  })
})

describe("withObserver", () => {
  const first = (): void => undefined
  const second = (): void => undefined

  it("adds an observer and keeps scope and load", () => {
    const load = {}
    withTenant("acme", () => {
      const context: ScopeContext = { ...mustExist(currentContext()), load, observers: [first] }

      const observed = runInContext(context, () => withObserver(second, () => currentContext()))

      expect(observed).toEqual({ ...context, observers: [first, second] })
      expect(Object.isFrozen(observed)).toBe(true)
    })
  })

  it("stays outside any scope when there is none, and owns nothing there", () => {
    expect(withObserver(first, () => currentContext())).toEqual({
      scope: undefined,
      key: undefined,
      owned: new Set(),
      observers: [first],
      load: undefined,
    })
  })

  it("lets any scope open inside when there is none around", () => {
    expect(withObserver(first, () => withTenant("acme", () => currentContext()?.key))).toBe("tenant:acme")
  })

  it.each<[string, (run: () => ScopeContext | undefined) => ScopeContext | undefined]>([
    ["withTenant", (run) => withTenant("acme", run)],
    ["withTenants", (run) => withTenants(["acme"], reason, run)],
    ["withoutTenant", (run) => withoutTenant(reason, run)],
    ["switchTenant", (run) => switchTenant("globex", reason, run)],
    ["runUnscoped", runUnscoped],
  ])("still observes inside %s, where a load has ended", (_, open) => {
    withTenant("acme", () => {
      const loading: ScopeContext = { ...mustExist(currentContext()), load: {} }
      const inner = runInContext(loading, () => withObserver(first, () => open(() => currentContext())))

      expect(inner?.observers).toEqual([first])
      expect(inner?.load).toBeUndefined()
    })
  })
})

describe("captureScope", () => {
  const atCapture = (): void => undefined
  const atCall = (): void => undefined

  it("is seen by the observers of both moments, each once", () => {
    const inScope = withObserver(atCapture, () => withTenant("acme", () => captureScope()))

    const context = withObserver(atCall, () => withObserver(atCapture, () => inScope(() => currentContext())))

    expect(context?.key).toBe("tenant:acme")
    expect(context?.observers).toEqual([atCapture, atCall])
  })

  it("does not carry a load into a later moment", () => {
    const inScope = withTenant("acme", () =>
      runInContext({ ...mustExist(currentContext()), load: {} }, () => captureScope()),
    )

    expect(inScope(() => currentContext()?.load)).toBeUndefined()
  })
})

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.every((key) => right.includes(key)) && right.every((key) => left.includes(key))
}

function mustExist<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("no context")
  return value
}
