import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, it } from "vitest"
import { currentTenant, type TenantId } from "../../src/index.ts"
import { fromQuery, tenantScope } from "../../src/node/index.ts"

type Wrap = (handle: (tenant: () => TenantId | undefined) => RequestListener) => RequestListener

let server: Server

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** The tenant that a request sees after another one came in between. */
async function seenByTheFirst(wrap: Wrap): Promise<unknown> {
  const firstIsIn = Promise.withResolvers<void>()
  const secondIsDone = Promise.withResolvers<void>()
  const listener = wrap((tenant) => async (request, response) => {
    if (request.url!.includes("merchant=first")) {
      firstIsIn.resolve()
      await secondIsDone.promise
    }
    response.end(tenant())
  })
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const first = fetch(`${url}/?merchant=first`)
  await firstIsIn.promise
  await fetch(`${url}/?merchant=second`)
  secondIsDone.resolve()
  return (await first).text()
}

it("a request keeps its tenant while another one is served", async () => {
  const scope = tenantScope({ resolve: fromQuery("merchant"), trustClient: "test" })

  expect(await seenByTheFirst((handle) => scope(handle(currentTenant)))).toBe("first")
})

it("a variable that middleware sets does not: the check would catch it", async () => {
  let current: string | undefined
  const naive: Wrap = (handle) => (request, response) => {
    current = new URL(request.url!, "http://localhost").searchParams.get("merchant") ?? undefined
    return handle(() => current)(request, response)
  }

  expect(await seenByTheFirst(naive)).toBe("second")
})
