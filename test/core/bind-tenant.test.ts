import { EventEmitter } from "node:events"
import { describe, expect, it } from "vitest"
import {
  bindTenant,
  currentScope,
  currentTenant,
  withoutTenant,
  withTenant,
  withTenants,
  type TenantId,
} from "../../src/index.ts"

describe("bindTenant", () => {
  it("keeps the scope in which it was called, inside any other scope", () => {
    const bound = withTenant("acme", () => bindTenant(() => currentTenant()))

    expect(bound()).toBe("acme")
    expect(withTenant("globex", () => bound())).toBe("acme")
    expect(withoutTenant("audit", () => bound())).toBe("acme")
  })

  it("restores the scope of the caller, also after a throw", () => {
    const bound = withTenant("acme", () =>
      bindTenant(() => {
        throw new Error("boom")
      }),
    )

    withTenant("globex", () => {
      expect(bound).toThrow("boom")
      expect(currentTenant()).toBe("globex")
    })
  })

  it("keeps sets and bypasses as well", () => {
    const set = withTenants([1, 2], "report", () => bindTenant(() => currentScope()))
    const bypass = withoutTenant("audit", () => bindTenant(() => currentScope()))

    expect(withTenant("acme", () => [set(), bypass()])).toEqual([
      { kind: "tenants", tenants: [1, 2], reason: "report" },
      { kind: "bypass", reason: "audit" },
    ])
  })

  it("keeps the absence of a scope: bound outside, it runs outside", () => {
    const bound = bindTenant(() => currentScope())

    expect(withTenant("acme", () => bound())).toBeUndefined()
  })

  it("stays in the scope across awaits", async () => {
    const gate = Promise.withResolvers<void>()
    const bound = withTenant("acme", () =>
      bindTenant(async () => {
        await gate.promise
        return currentTenant()
      }),
    )

    const seen = withTenant("globex", () => bound())
    gate.resolve()

    expect(await seen).toBe("acme")
  })

  it("keeps this, arguments and return value", () => {
    const receiver = {
      base: 10,
      add: bindTenant(function (this: { base: number }, ...terms: number[]) {
        return terms.reduce((sum, term) => sum + term, this.base)
      }),
    }

    expect(receiver.add(1, 2, 3)).toBe(16)
  })

  it("keeps name and length, by which Express tells an error handler", () => {
    const bound = bindTenant(function onError(_error: Error, _request: object, _response: object, _next: () => void) {})

    expect([bound.name, bound.length]).toEqual(["onError", 4])
  })

  it("refuses what is no function", () => {
    expect(() => bindTenant("acme" as unknown as () => void)).toThrow(
      new TypeError("bindTenant(fn) got a string as fn. Pass a function: only what it calls is in the scope."),
    )
  })

  it("keeps a listener in the scope that registered it, where a plain listener runs in the scope that emits", () => {
    const emitter = new EventEmitter()
    const seen: Record<string, TenantId | undefined> = {}
    withTenant("acme", () => {
      emitter.on("order", () => (seen["plain"] = currentTenant()))
      emitter.on(
        "order",
        bindTenant(() => (seen["bound"] = currentTenant())),
      )
    })

    withTenant("globex", () => emitter.emit("order"))

    expect(seen).toEqual({ plain: "globex", bound: "acme" })
  })

  it("keeps the scope of a callback that waited in a pool, where a plain one runs in the scope that frees the slot", () => {
    const waiting: (() => void)[] = []
    const seen: Record<string, TenantId | undefined> = {}
    withTenant("acme", () => {
      waiting.push(() => (seen["plain"] = currentTenant()))
      waiting.push(bindTenant(() => (seen["bound"] = currentTenant())))
    })

    withTenant("globex", () => waiting.forEach((callback) => callback()))

    expect(seen).toEqual({ plain: "globex", bound: "acme" })
  })

  it("can be bound again, and keeps the innermost scope", () => {
    const inner = withTenant("acme", () => bindTenant(() => currentTenant()))
    const outer = withTenant("globex", () => bindTenant(inner))

    expect(outer()).toBe("acme")
  })
})
