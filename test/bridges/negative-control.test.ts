import express from "express"
import { afterEach, expect, it } from "vitest"
import { callerHeader, serve, type Running } from "./support/client.ts"
import { answersToAll, eachItsOwn, meeting } from "./support/interleaving.ts"

let shop: Running | undefined

afterEach(() => shop?.close())

it("a bridge that keeps the tenant in a variable fails the interleaving", async () => {
  let current: string | undefined
  const work = meeting(() => current)
  const app = express()
  app.use((request, _, next) => {
    current = request.get(callerHeader)
    next()
  })
  app.use(async (_, response) => {
    response.json(await work())
  })
  shop = await serve(app)

  expect(await answersToAll(shop.url)).not.toEqual(eachItsOwn)
})
