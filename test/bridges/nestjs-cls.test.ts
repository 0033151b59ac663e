import { ClsServiceManager } from "nestjs-cls"
import { afterEach, describe, expect, it } from "vitest"
import { currentTenant } from "../../src/index.ts"
import { answerTo, type Running } from "./support/client.ts"
import { answersToAll, eachItsOwn, meeting } from "./support/interleaving.ts"
import { startShop } from "./support/nest-shop.ts"

const absent = { status: 400, code: "TENANT_ABSENT" }

let shop: Running | undefined

afterEach(async () => {
  await shop?.close()
  shop = undefined
})

describe("a resolve that reads nestjs-cls 7", () => {
  it("shows interleaved requests their own tenants", async () => {
    shop = await startShop(meeting(currentTenant))

    expect(await answersToAll(shop.url)).toEqual(eachItsOwn)
  })

  it("refuses a request whose store holds no tenant", async () => {
    shop = await startShop(() => ({ tenant: currentTenant() }))

    expect(await answerTo(shop.url)).toMatchObject(absent)
  })

  it("refuses every request when tenantScope comes before the ClsMiddleware", async () => {
    shop = await startShop(() => ({ tenant: currentTenant() }), "app.use")

    expect(await answerTo(shop.url, "acme")).toMatchObject(absent)
  })

  it("stays with the tenant of the entry whatever the store says later", async () => {
    const cls = ClsServiceManager.getClsService()
    shop = await startShop(async () => {
      cls.set("tenant", "globex")
      await Promise.resolve()
      return { scope: currentTenant(), store: cls.get("tenant") }
    })

    expect(await answerTo(shop.url, "acme")).toEqual({ scope: "acme", store: "globex" })
  })
})
