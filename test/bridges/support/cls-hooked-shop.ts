import type { EventEmitter } from "node:events"
import express from "express"
import { fromClsHooked } from "../../../src/cls-hooked/index.ts"
import { tenantScope } from "../../../src/express/index.ts"
import { callerHeader, serve, type Running } from "./client.ts"

/** What cls-hooked and `tenant-failsafe/cls-hooked` have in common. */
export interface SharedNamespace {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  run(run: () => void): unknown
  runPromise<R>(run: () => Promise<R>): Promise<R>
  bind(run: () => unknown): () => unknown
  bindEmitter(emitter: EventEmitter): void
}

/** An application that keeps the caller's merchant in a namespace, registered as cls-hooked's README has it. */
export function startShop(
  namespace: SharedNamespace,
  work: (caller: string | undefined) => unknown,
  options: { readonly authorize?: (request: express.Request, tenant: unknown) => boolean } = {},
): Promise<Running> {
  const app = express()
  app.use((request, response, next) => {
    namespace.bindEmitter(request)
    namespace.bindEmitter(response)
    namespace.run(() => next())
  })
  app.use((request, _, next) => {
    const caller = request.get(callerHeader)
    if (caller !== undefined) namespace.set("merchantId", caller)
    next()
  })
  const trust = options.authorize === undefined ? { trustClient: "the callers of this test" } : options
  app.use(tenantScope<express.Request>({ resolve: fromClsHooked(namespace, "merchantId"), ...trust }))
  app.use(async (request, response) => {
    response.json(await work(request.get(callerHeader)))
  })
  return serve(app)
}
