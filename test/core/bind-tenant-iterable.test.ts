import { Readable } from "node:stream"
import { describe, expect, it } from "vitest"
import { bindTenantIterable, currentTenant, withTenant, type TenantId } from "../../src/index.ts"

type Seen = TenantId | undefined

describe("bindTenantIterable", () => {
  it("runs every step of an async generator in the scope of the call, where a plain one follows its consumer", async () => {
    const plain = withTenant("acme", () => tenants(3))
    const bound = withTenant("acme", () => bindTenantIterable(tenants(3)))

    expect(await withTenant("globex", () => collect(plain))).toEqual(["globex", "globex", "globex"])
    expect(await withTenant("globex", () => collect(bound))).toEqual(["acme", "acme", "acme"])
  })

  it("does not switch in the middle when its consumers do", async () => {
    const bound = withTenant("acme", () => bindTenantIterable(tenants(3)))

    const steps = ["globex", "initech", "umbrella"].map((tenant) => withTenant(tenant, () => bound.next()))

    expect((await Promise.all(steps)).map((step) => step.value as Seen)).toEqual(["acme", "acme", "acme"])
  })

  it("leaves the consumer in its own scope", async () => {
    const bound = withTenant("acme", () => bindTenantIterable(tenants(2)))
    const between: Seen[] = []

    await withTenant("globex", async () => {
      for await (const _ of bound) between.push(currentTenant())
      between.push(currentTenant())
    })

    expect(between).toEqual(["globex", "globex", "globex"])
  })

  it("keeps the absence of a scope", async () => {
    const bound = bindTenantIterable(tenants(1))

    expect(await withTenant("globex", () => collect(bound))).toEqual([undefined])
  })

  it("runs every step of a sync generator in the scope", () => {
    const bound = withTenant("acme", () => bindTenantIterable(tenantsNow(2)))

    expect(withTenant("globex", () => [...bound])).toEqual(["acme", "acme"])
  })

  it("cleans up in the scope when a for await loop breaks", async () => {
    const cleanedUpBy: Seen[] = []
    const bound = withTenant("acme", () => bindTenantIterable(tenants(3, cleanedUpBy)))

    await withTenant("globex", async () => {
      for await (const _ of bound) break
    })

    expect(cleanedUpBy).toEqual(["acme"])
  })

  it("cleans up in the scope when the body of a for await loop throws", async () => {
    const cleanedUpBy: Seen[] = []
    const bound = withTenant("acme", () => bindTenantIterable(tenants(3, cleanedUpBy)))

    const loop = withTenant("globex", async () => {
      for await (const _ of bound) throw new Error("boom")
    })

    await expect(loop).rejects.toThrow("boom")
    expect(cleanedUpBy).toEqual(["acme"])
  })

  it("cleans up in the scope when a for loop breaks", () => {
    const cleanedUpBy: Seen[] = []
    const bound = withTenant("acme", () => bindTenantIterable(tenantsNow(3, cleanedUpBy)))

    withTenant("globex", () => {
      for (const _ of bound) break
    })

    expect(cleanedUpBy).toEqual(["acme"])
  })

  it("cleans up in the scope when it is disposed of", async () => {
    const cleanedUpBy: Seen[] = []
    const cleanUp = (): unknown => cleanedUpBy.push(currentTenant())
    const source = {
      [Symbol.iterator]: () => ["row"].values(),
      [Symbol.dispose]: cleanUp,
      [Symbol.asyncDispose]: cleanUp,
    }
    const bound = withTenant("acme", () => bindTenantIterable(source)) as typeof source

    await withTenant("globex", async () => {
      bound[Symbol.dispose]()
      await bound[Symbol.asyncDispose]()
    })

    expect(cleanedUpBy).toEqual(["acme", "acme"])
  })

  it("throws into the source in the scope", async () => {
    const caughtBy: Seen[] = []
    async function* source(): AsyncGenerator<string, string, unknown> {
      try {
        yield "row"
        return "unreached"
      } catch {
        caughtBy.push(currentTenant())
        return "recovered"
      }
    }
    const bound = withTenant("acme", () => bindTenantIterable(source()))

    await bound.next()
    const left = await withTenant("globex", () => bound.throw?.(new Error("boom")))

    expect(left).toEqual({ done: true, value: "recovered" })
    expect(caughtBy).toEqual(["acme"])
  })

  it("passes values in and out as they are", () => {
    function* echo(): Generator<string, string, string> {
      const first = yield "ready"
      const second = yield `got ${first}`
      return `left with ${second}`
    }
    const bound = withTenant("acme", () => bindTenantIterable(echo()))

    expect([bound.next(), bound.next("a"), bound.next("b"), bound.next("c")]).toEqual([
      { done: false, value: "ready" },
      { done: false, value: "got a" },
      { done: true, value: "left with b" },
      { done: true, value: undefined },
    ])
  })

  it("calls next with exactly the arguments it got", () => {
    const counts: number[] = []
    const bound = bindTenantIterable({
      [Symbol.iterator]: () => ({
        next: (...args: unknown[]) => {
          counts.push(args.length)
          return { done: true as const, value: undefined }
        },
      }),
    })[Symbol.iterator]()

    bound.next()
    bound.next(undefined)

    expect(counts).toEqual([0, 1])
  })

  it("has no return and no throw when the source has none", () => {
    const source: Iterable<number> = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) }
    const iterator = bindTenantIterable(source)[Symbol.iterator]()

    expect(Object.keys(iterator)).toEqual(["next"])
    for (const value of bindTenantIterable(source)) {
      expect(value).toBe(1)
      break
    }
  })

  it("opens the source in the scope, once for each loop", () => {
    const openedBy: Seen[] = []
    const bound = withTenant("acme", () =>
      bindTenantIterable({
        [Symbol.iterator]() {
          openedBy.push(currentTenant())
          return ["row"].values()
        },
      }),
    )

    expect([[...bound], [...bound]]).toEqual([["row"], ["row"]])
    expect(openedBy).toEqual(["acme", "acme"])
  })

  it("keeps a generator an iterator of its own, and a collection none", () => {
    const generator = bindTenantIterable(tenants(1))
    const collection = bindTenantIterable(["row"])

    expect(generator[Symbol.asyncIterator]()).toBe(generator)
    expect("next" in collection).toBe(false)
    expect(Symbol.asyncIterator in collection).toBe(false)
  })

  it("reads a stream in the scope", async () => {
    const readBy: Seen[] = []
    const stream = (): Readable =>
      new Readable({
        objectMode: true,
        read() {
          readBy.push(currentTenant())
          this.push(readBy.length < 3 ? "row" : null)
        },
      })
    const bound = withTenant("acme", () => bindTenantIterable<string, undefined, unknown>(stream()))

    expect(await withTenant("globex", () => collect(bound))).toEqual(["row", "row"])
    expect(readBy).toEqual(["acme", "acme", "acme"])
  })

  it("passes a rejection of the source on", async () => {
    // oxlint-disable-next-line require-yield
    async function* failing(): AsyncGenerator<string> {
      await Promise.resolve()
      throw new Error("connection lost")
    }
    const bound = withTenant("acme", () => bindTenantIterable(failing()))

    await expect(collect(bound)).rejects.toThrow("connection lost")
  })

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [{ next: () => undefined }, "an object"],
    [Promise.resolve([]), "a promise"],
  ])("refuses %o, which is no iterable", (value, given) => {
    expect(() => bindTenantIterable(value as unknown as Iterable<unknown>)).toThrow(
      new TypeError(`bindTenantIterable(iterable) got ${given}, which is neither iterable nor async iterable.`),
    )
  })
})

/** Yields the tenant that is current at each step, and notes who cleaned up. */
async function* tenants(count: number, cleanedUpBy: Seen[] = []): AsyncGenerator<Seen, void, unknown> {
  try {
    for (let step = 0; step < count; step++) {
      await Promise.resolve()
      yield currentTenant()
    }
  } finally {
    cleanedUpBy.push(currentTenant())
  }
}

function* tenantsNow(count: number, cleanedUpBy: Seen[] = []): Generator<Seen, void, unknown> {
  try {
    for (let step = 0; step < count; step++) yield currentTenant()
  } finally {
    cleanedUpBy.push(currentTenant())
  }
}

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const row of rows) collected.push(row)
  return collected
}
