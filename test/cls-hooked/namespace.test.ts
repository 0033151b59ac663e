import { EventEmitter } from "node:events"
import { afterEach, describe, expect, it } from "vitest"
import { createNamespace, destroyNamespace, fromClsHooked, getNamespace, reset } from "../../src/cls-hooked/index.ts"

afterEach(() => reset())

describe("a namespace", () => {
  it("is found by its name until it is destroyed", () => {
    const namespace = createNamespace("app")

    expect(getNamespace("app")).toBe(namespace)
    destroyNamespace("app")
    expect(getNamespace("app")).toBeUndefined()
    expect(() => destroyNamespace("app")).toThrow(`can't delete nonexistent namespace! "app"`)
    expect(() => createNamespace("")).toThrow("namespace must be given a name.")
  })

  it("holds what was set in a run, and nothing outside", async () => {
    const namespace = createNamespace("app")

    const inside = await namespace.runPromise(async () => {
      namespace.set("merchant", 7)
      await Promise.resolve()
      return namespace.get("merchant")
    })

    expect([inside, namespace.get("merchant"), namespace.active]).toEqual([7, undefined, null])
    expect(() => namespace.set("merchant", 1)).toThrow(
      "No context available. ns.run() or ns.bind() must be called first.",
    )
  })

  it("inherits from the run around it, and keeps its own changes to itself", () => {
    const namespace = createNamespace("app")

    const values = namespace.runAndReturn(() => {
      namespace.set("merchant", 1)
      const inner = namespace.runAndReturn(() => {
        const inherited = namespace.get("merchant")
        namespace.set("merchant", 2)
        return [inherited, namespace.get("merchant")]
      })
      return [...inner, namespace.get("merchant")]
    })

    expect(values).toEqual([1, 2, 1])
  })

  it("shows no run the values of another one that is going on", async () => {
    const namespace = createNamespace("app")
    const gate = Promise.withResolvers<void>()
    const first = namespace.runPromise(async () => {
      namespace.set("merchant", 1)
      await gate.promise
      return namespace.get("merchant")
    })

    const anonymous = namespace.get("merchant")
    const second = await namespace.runPromise(async () => namespace.get("merchant"))
    gate.resolve()

    expect([anonymous, second, await first]).toEqual([undefined, undefined, 1])
  })

  it("returns the context of a run, with its values", () => {
    const namespace = createNamespace("app")

    expect(namespace.run(() => namespace.set("merchant", 7))).toMatchObject({ merchant: 7 })
  })

  it("binds a function to the context of that moment, or to a given one", () => {
    const namespace = createNamespace("app")
    const other = namespace.createContext()
    other["merchant"] = 9
    const [bound, given] = namespace.runAndReturn(() => {
      namespace.set("merchant", 7)
      return [namespace.bind(() => namespace.get("merchant")), namespace.bind(() => namespace.get("merchant"), other)]
    }) as [() => unknown, () => unknown]

    expect([bound(), given()]).toEqual([7, 9])
  })

  it("enters and exits a context within a run only", () => {
    const namespace = createNamespace("app")
    const other = namespace.createContext()
    other["merchant"] = 9

    const values = namespace.runAndReturn(() => {
      namespace.set("merchant", 7)
      namespace.enter(other)
      const entered = namespace.get("merchant")
      namespace.exit(other)
      return [entered, namespace.get("merchant")]
    })

    expect(values).toEqual([9, 7])
    expect(() => namespace.enter(other)).toThrow("enter() works inside a run only.")
    expect(() => namespace.exit(other)).toThrow("context not currently entered; can't exit.")
  })

  it("runs a bound emitter's listeners where they were added, and finds them again to remove them", () => {
    const namespace = createNamespace("app")
    const emitter = new EventEmitter()
    namespace.bindEmitter(emitter)
    const seen: unknown[] = []
    const listener = () => seen.push(namespace.get("merchant"))
    namespace.run(() => {
      namespace.set("merchant", 7)
      emitter.on("event", listener)
    })

    emitter.emit("event")
    emitter.off("event", listener)
    emitter.emit("event")

    expect(seen).toEqual([7])
  })

  it("remembers the context in which an error was thrown or a promise was rejected", async () => {
    const namespace = createNamespace("app")
    const thrown = new Error("thrown")
    const rejected = new Error("rejected")
    const fail = (error: Error) => () => {
      namespace.set("merchant", 7)
      throw error
    }

    expect(() => namespace.run(fail(thrown))).toThrow(thrown)
    await expect(namespace.runPromise(async () => fail(rejected)())).rejects.toBe(rejected)
    expect([thrown, rejected].map((error) => namespace.fromException(error)?.["merchant"])).toEqual([7, 7])
  })

  it("is a resolver of the tenant that it holds when the request enters", () => {
    const namespace = createNamespace("app")
    const resolver = fromClsHooked(namespace, "merchant")
    const select = () => resolver.select(undefined as never)

    const inside = namespace.runAndReturn(() => {
      namespace.set("merchant", 7)
      return select()
    })

    expect([inside, select()]).toEqual([
      { kind: "selected", tenant: 7 },
      { kind: "absent", detail: "The request names no tenant." },
    ])
  })
})
