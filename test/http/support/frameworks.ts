import { createServer, type ServerResponse } from "node:http"
import { json } from "node:stream/consumers"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { currentScope } from "../../../src/index.ts"
import { tenantScope as expressScope } from "../../../src/express/index.ts"
import { tenantScope as fastifyScope } from "../../../src/fastify/index.ts"
import { tenantScope as honoScope } from "../../../src/hono/index.ts"
import type { TenantScopeOptions } from "../../../src/http/index.ts"
import { tenantScope as koaScope } from "../../../src/koa/index.ts"
import { tenantScope as nodeScope } from "../../../src/node/index.ts"
import { identify, type Principal } from "./identify.ts"
import { listen, serveHono } from "./listen.ts"
import { startNestOnExpress, startNestOnFastify } from "./nest.ts"

/** What the application of the tests does; the same on each framework. */
export interface Application {
  /** Handles `/work`: gets the parsed body, returns what is sent as JSON. */
  work(path: string, body: unknown): unknown
}

export interface Running {
  readonly url: string
  close(): Promise<void>
}

/** Options as the suite writes them: the request is the framework's own, and opaque to it. */
export type Options = TenantScopeOptions<never, never>

export interface Framework {
  readonly name: string
  start(options: Options, application: Application): Promise<Running>
}

export const frameworks: readonly Framework[] = [
  { name: "express", start: startExpress },
  { name: "fastify", start: startFastify },
  { name: "koa", start: startKoa },
  { name: "hono", start: startHono },
  { name: "node", start: startNode },
  { name: "nest on express", start: startNestOnExpress },
  { name: "nest on fastify", start: startNestOnFastify },
]

/** The scope as the handlers see it, for a response. */
export function scopeName(): string {
  const scope = currentScope()
  return scope?.kind === "tenant" ? String(scope.tenant) : (scope?.kind ?? "none")
}

async function startExpress(options: Options, application: Application): Promise<Running> {
  const app = express()
  app.use(express.json())
  app.use((request, _, next) => {
    Object.assign(request, identify(request.headers))
    next()
  })
  app.use("/shops/:merchant", expressScope(options as never), reply)
  app.use(expressScope(options as never), reply)
  app.use((error: { code?: string }, _: unknown, response: express.Response, __: unknown) => {
    response.status(500).json({ error: error.code ?? "crash" })
  })

  async function reply(request: express.Request, response: express.Response): Promise<void> {
    response.json(await application.work(request.originalUrl, request.body))
  }
  return listen(createServer(app))
}

async function startFastify(options: Options, application: Application): Promise<Running> {
  const app = Fastify()
  app.decorateRequest("user", null as never)
  app.decorateRequest("session", null as never)
  app.addHook("onRequest", (request, _, done) => {
    Object.assign(request, { user: undefined, session: undefined }, identify(request.headers))
    done()
  })
  await app.register(fastifyScope(options as never) as never)
  app.setErrorHandler((error: { code?: string }, _, reply) => reply.code(500).send({ error: error.code ?? "crash" }))
  for (const url of ["/shops/:merchant", "/*"]) {
    app.all(url, async (request) => application.work(request.url, request.body))
  }
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() }
}

async function startKoa(options: Options, application: Application): Promise<Running> {
  const app = new Koa()
  // Koa prints a stack for each client that leaves while it sends.
  app.silent = true
  app.use(async (context, next) => {
    try {
      await next()
    } catch (error) {
      context.status = 500
      context.body = { error: (error as { code?: string }).code ?? "crash" }
    }
  })
  app.use(async (context, next) => {
    const { user, session } = identify(context.headers)
    Object.assign(context.state, { user })
    const merchant = /^\/shops\/([^/?]+)/.exec(context.url)?.[1]
    Object.assign(context, {
      session,
      params: merchant === undefined ? {} : { merchant: decodeURIComponent(merchant) },
    })
    Object.assign(context.state, { body: context.method === "POST" ? await json(context.req) : undefined })
    await next()
  })
  app.use(koaScope(options as never) as Koa.Middleware)
  app.use(async (context) => {
    context.body = (await application.work(context.url, (context.state as { body?: unknown }).body)) as object
  })
  return listen(createServer(app.callback()))
}

async function startHono(options: Options, application: Application): Promise<Running> {
  const app = new Hono<{ Variables: { user: Principal | undefined; session: object | undefined } }>()
  app.use(async (context, next) => {
    const { user, session } = identify(context.req.header())
    context.set("user", user)
    context.set("session", session)
    await next()
  })
  const scope = honoScope(options as never) as never
  const reply = async (context: {
    req: { url: string; method: string; json(): Promise<unknown> }
    json(body: object): Response
  }) => {
    const body = context.req.method === "POST" ? await context.req.json() : undefined
    const { pathname, search } = new URL(context.req.url)
    return context.json((await application.work(pathname + search, body)) as object)
  }
  app.all("/shops/:merchant", scope, reply as never)
  app.all("/*", scope, reply as never)
  app.onError((error, context) => context.json({ error: (error as { code?: string }).code ?? "crash" }, 500))
  return serveHono(app)
}

async function startNode(options: Options, application: Application): Promise<Running> {
  const scoped = nodeScope(options as never)(async (request, response) => {
    try {
      const body = request.method === "POST" ? await json(request) : undefined
      send(response, 200, await application.work(request.url!, body))
    } catch (error) {
      send(response, 500, { error: (error as { code?: string }).code ?? "crash" })
    }
  })
  return listen(
    createServer((request, response) => {
      const merchant = /^\/shops\/([^/?]+)/.exec(request.url!)?.[1]
      const params = merchant === undefined ? {} : { merchant: decodeURIComponent(merchant) }
      Object.assign(request, identify(request.headers), { params })
      void scoped(request, response)
    }),
  )
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}
