import { describe, expect, it } from "vitest"
import { bindTenantIterable, currentTenant, withTenant } from "../../src/index.ts"
import { listen, type Results } from "./support/schema.ts"

type Seen = string | null

const seen = (): Seen => (currentTenant() as string | undefined) ?? null

/** Events whose resolver says which tenant the source saw, then which one itself sees before and after it waits. */
async function* events(ended: Seen[] = []): AsyncGenerator<object, void, void> {
  try {
    for (;;) {
      const source = seen()
      yield {
        who: async () => {
          const before = seen()
          await Promise.resolve()
          return [source, before, seen()].join()
        },
      }
      await Promise.resolve()
    }
  } finally {
    ended.push(seen())
  }
}

type Bind = (results: Results) => AsyncIterableIterator<Awaited<ReturnType<Results["next"]>>["value"]>

const unbound: Bind = (results) => results as ReturnType<Bind>

function open(bind: Bind, source: () => AsyncIterable<unknown> = events, signal?: AbortSignal) {
  return withTenant("acme", async () => bind(await listen(source, signal)))
}

async function steps(bind: Bind, consume: <R>(step: () => R) => R): Promise<unknown[]> {
  const results = await open(bind)
  const answers = []
  for (let step = 0; step < 3; step++) answers.push((await consume(() => results.next())).value)
  await results.return?.()
  return answers.map((answer) => (answer as { data: { who: string } }).data.who)
}

describe("a subscription that was opened for acme", () => {
  it.each([
    ["outside any scope", <R>(step: () => R): R => step()],
    ["by another tenant", <R>(step: () => R): R => withTenant("globex", step)],
  ])("is acme's with every event when it is bound and consumed %s", async (_, consume) => {
    expect(await steps(bindTenantIterable as Bind, consume)).toEqual(Array(3).fill("acme,acme,acme"))
  })

  it("is of whoever consumes it when it is not bound: the check catches it", async () => {
    expect(await steps(unbound, (step) => withTenant("globex", step))).toEqual(Array(3).fill("globex,globex,globex"))
  })

  it("keeps its source only when the source alone is bound: the resolvers are of whoever consumes", async () => {
    const results = await withTenant("acme", () => listen(() => bindTenantIterable(events())))

    const { value } = await withTenant("globex", () => results.next())
    await results.return()

    expect(value).toMatchObject({ data: { who: "acme,globex,globex" } })
  })
})

it("20 subscriptions of 20 tenants, consumed in turns and from one another's scopes, keep their tenants", async () => {
  const tenants = Array.from({ length: 20 }, (_, index) => `t${index}`)
  const opened = await Promise.all(
    tenants.map((tenant) => withTenant(tenant, async () => bindTenantIterable(await listen(() => events())))),
  )

  const answers = []
  for (let round = 1; round <= 10; round++) {
    // 1 to 10 and 20: each walk visits some neighbour's scope, never the own one.
    const steps = opened.map((results, index) => withTenant(tenants[(index + round) % 20]!, () => results.next()))
    answers.push(...(await Promise.all(steps)).map(({ value }) => value as { data: { who: string } }))
  }
  await Promise.all(opened.map(async (results) => results.return?.()))

  expect(answers.map(({ data }) => data.who)).toEqual(
    Array.from({ length: 10 }, () => tenants.map((tenant) => `${tenant},${tenant},${tenant}`)).flat(),
  )
})

describe("the end of a subscription", () => {
  it.each([
    ["return()", (results: Results) => results.return()],
    ["throw()", (results: Results) => results.throw(new Error("gone")).catch(() => undefined)],
  ])("by %s cleans up in the scope in which it was bound", async (_, end) => {
    const ended: Seen[] = []
    const results = await open(bindTenantIterable as Bind, () => events(ended))
    await results.next()

    await withTenant("globex", () => end(results as Results))

    expect(ended).toEqual(["acme"])
  })

  // graphql 17.1 rejects the pending next() then, and leaves return() to the transport.
  it.each([
    ["in the scope in which it was bound", bindTenantIterable, "acme"],
    ["in the scope of the transport when it is not bound: the check catches it", unbound, "globex"],
  ] as const)("by an abort while the next event is awaited cleans up %s", async (_, bind, expected) => {
    const ended: Seen[] = []
    const abort = new AbortController()
    const results = await open(bind as Bind, () => idle(ended), abort.signal)
    const pending = results.next()

    withTenant("initech", () => abort.abort(new Error("gone")))
    await expect(pending).rejects.toThrow("gone")
    await withTenant("globex", () => results.return?.())

    expect(ended).toEqual([expected])
  })
})

/** A source without events to come. No generator: it notes in which scope `return()` is called. */
function idle(ended: Seen[]): AsyncIterableIterator<unknown> {
  const end = Promise.withResolvers<IteratorResult<unknown>>()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => end.promise,
    return() {
      ended.push(seen())
      end.resolve({ done: true, value: undefined })
      return end.promise
    },
  }
}
