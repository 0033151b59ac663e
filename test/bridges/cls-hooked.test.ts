import { createNamespace as createHookedNamespace } from "cls-hooked"
import type { Request } from "express"
import { afterEach, describe, expect, it } from "vitest"
import { createNamespace, fromClsHooked } from "../../src/cls-hooked/index.ts"
import { tenantScope } from "../../src/express/index.ts"
import { currentTenant } from "../../src/index.ts"
import { answerTo, callerHeader, type Running } from "./support/client.ts"
import { startShop, type SharedNamespace } from "./support/cls-hooked-shop.ts"
import { answersToAll, eachItsOwn, meeting } from "./support/interleaving.ts"

const libraries: readonly { readonly library: string; readonly create: (name: string) => SharedNamespace }[] = [
  { library: "cls-hooked 4.2.2", create: createHookedNamespace },
  { library: "tenant-failsafe/cls-hooked", create: createNamespace },
]
const absent = { status: 400, code: "TENANT_ABSENT" }

let shop: Running | undefined
let count = 0

afterEach(async () => {
  await shop?.close()
  shop = undefined
})

describe.each(libraries)("fromClsHooked with a namespace of $library", ({ create }) => {
  // One of their own, because cls-hooked 4.2.2 never switches a namespace's hook off.
  const newNamespace = () => create(`shop ${++count}`)

  it("opens the scope of the tenant that the namespace holds", async () => {
    shop = await startShop(newNamespace(), () => ({ tenant: currentTenant() }))

    expect(await answerTo(shop.url, "acme")).toEqual({ tenant: "acme" })
  })

  it("refuses a request for which the namespace holds none", async () => {
    shop = await startShop(newNamespace(), () => ({ tenant: currentTenant() }))

    expect(await answerTo(shop.url)).toMatchObject(absent)
  })

  it("shows interleaved requests their own tenants", async () => {
    shop = await startShop(newNamespace(), meeting(currentTenant))

    expect(await answersToAll(shop.url)).toEqual(eachItsOwn)
  })

  it("stays with the tenant of the entry whatever the namespace says later", async () => {
    const namespace = newNamespace()
    shop = await startShop(namespace, async () => {
      namespace.set("merchantId", "globex")
      await Promise.resolve()
      return { scope: currentTenant(), namespace: namespace.get("merchantId") }
    })

    expect(await answerTo(shop.url, "acme")).toEqual({ scope: "acme", namespace: "globex" })
  })
})

/** What globex's handler sees once it has called a listener that acme's handler bound, while acme's request is going on. */
async function seenAfterListenerOf(namespace: SharedNamespace) {
  const bound = Promise.withResolvers<() => unknown>()
  const globexIsDone = Promise.withResolvers<void>()
  shop = await startShop(namespace, async (caller) => {
    if (caller === "acme") {
      bound.resolve(namespace.bind(() => namespace.runPromise(() => globexIsDone.promise)))
      await globexIsDone.promise
    } else {
      const listener = await bound.promise
      void listener()
    }
    return { scope: currentTenant(), namespace: namespace.get("merchantId") }
  })
  const acme = answerTo(shop.url, "acme")
  await bound.promise
  const globex = await answerTo(shop.url, "globex")
  globexIsDone.resolve()
  await acme
  return globex
}

/** What an anonymous caller is answered while acme's handler is inside `runPromise`, and after it. */
async function seenAnonymously(namespace: SharedNamespace, options: Parameters<typeof startShop>[2] = {}) {
  const acmeIsIn = Promise.withResolvers<void>()
  const anonymousIsDone = Promise.withResolvers<void>()
  const work = async (caller: string | undefined) => {
    const seen = { scope: currentTenant(), namespace: namespace.get("merchantId") }
    if (caller === undefined) return seen
    return namespace.runPromise(async () => {
      acmeIsIn.resolve()
      await anonymousIsDone.promise
      return seen
    })
  }
  shop = await startShop(namespace, work, options)
  const acme = answerTo(shop.url, "acme")
  await acmeIsIn.promise
  const during = await answerTo(shop.url)
  anonymousIsDone.resolve()
  await acme
  return { during, after: await answerTo(shop.url) }
}

describe("where cls-hooked 4.2.2 leaks", () => {
  it("fromClsHooked refuses to start without authorize", () => {
    const resolve = fromClsHooked(createHookedNamespace("unauthorised"), "merchantId")

    expect(() => tenantScope({ resolve })).toThrow(
      expect.objectContaining({
        code: "OPTION_INVALID",
        message:
          'fromClsHooked(namespace, "merchantId") may read the tenant of another request, as cls-hooked 4.2.2 leaks it. Pass authorize: ' +
          "(request, tenant) => isMember(request.user, tenant), or trustClient: 'reason' if something in front of this server has " +
          "verified it.",
      }),
    )
  })

  it("fromClsHooked starts with a namespace that does not leak", () => {
    const resolve = fromClsHooked(createNamespace("sound"), "merchantId")

    expect(() => tenantScope({ resolve })).not.toThrow()
  })

  it("a request's namespace holds another one's tenant, and its scope does not", async () => {
    expect(await seenAfterListenerOf(createHookedNamespace("listener"))).toEqual({ scope: "globex", namespace: "acme" })
  })

  it("a namespace of tenant-failsafe/cls-hooked holds the request's own", async () => {
    expect(await seenAfterListenerOf(createNamespace("listener"))).toEqual({ scope: "globex", namespace: "globex" })
  })

  it("anonymous requests enter with the tenant of a runPromise, also when it is over, where nobody asks authorize", async () => {
    const acmes = { scope: "acme", namespace: "acme" }

    expect(await seenAnonymously(createHookedNamespace("run promise"))).toEqual({ during: acmes, after: acmes })
  })

  it("authorize refuses an anonymous request the tenant that it entered with", async () => {
    const authorize = (request: Request, tenant: unknown) => request.get(callerHeader) === tenant
    const notFound = { status: 404, code: "TENANT_NOT_FOUND" }

    expect(await seenAnonymously(createHookedNamespace("authorized"), { authorize })).toMatchObject({
      during: notFound,
      after: notFound,
    })
  })

  it("an anonymous request stays without a tenant with a namespace of tenant-failsafe/cls-hooked", async () => {
    expect(await seenAnonymously(createNamespace("run promise"))).toMatchObject({ during: absent, after: absent })
  })
})
