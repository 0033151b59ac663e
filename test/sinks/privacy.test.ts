import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { defineEntity, MikroORM, NodeSqliteDialect, p, SqliteDriver } from "@mikro-orm/sql"
import bunyan from "bunyan"
import express from "express"
import pino from "pino"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fromHeader, tenantScope } from "../../src/express/index.ts"
import { withoutTenant } from "../../src/index.ts"
import { withFailsafe } from "../../src/mikro-orm/index.ts"
import { jsonLines, logTo, reportLeaks } from "../../src/sinks/index.ts"
import { listen } from "../http/support/listen.ts"

const Customer = defineEntity({
  name: "Customer",
  properties: () => ({
    id: p.string().primary(),
    name: p.string(),
    addresses: () => p.oneToMany(Address).mappedBy("customer"),
  }),
})
const Address = defineEntity({
  name: "Address",
  properties: () => ({
    id: p.string().primary(),
    street: p.string(),
    merchantId: p.string(),
    customer: () => p.manyToOne(Customer),
  }),
})

/** In every place where an application has something private. */
const secret = /sentinel/i
const acme = "sentinel-tenant-acme"
const executable = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))

let folder: string
/** What each sink wrote, and what the command line made of it. */
const outputs: Record<string, string> = {}
const answers: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-privacy-"))
  const log = join(folder, "leaks.ndjson")
  const streams = { pino: new PassThrough(), bunyan: new PassThrough() }
  const stop = reportLeaks({
    to: [
      jsonLines(log),
      logTo(pino(streams.pino)),
      logTo(bunyan.createLogger({ name: "shop", stream: streams.bunyan })),
    ],
  })
  await serveRequests()
  await stop()
  for (const [name, stream] of Object.entries(streams)) outputs[name] = await text(stream.end())
  outputs["JSON lines"] = await readFile(log, "utf8")
  const page = join(folder, "leaks.html")
  for (const format of ["table", "json", "markdown", "github", "sarif"]) {
    outputs[format] = await report(log, "--format", format, "--html", page)
  }
  outputs["the page"] = await readFile(page, "utf8")
})

afterAll(() => rm(folder, { recursive: true }))

/** Requests of a tenant that see foreign rows at top level and in relations. */
async function serveRequests(): Promise<void> {
  const options = { entities: [Customer, Address], driver: SqliteDriver, dbName: ":memory:" }
  const driverOptions = new NodeSqliteDialect(":memory:")
  const orm = await MikroORM.init(withFailsafe({ ...options, driverOptions }, { tenantProperty: "merchantId" }))
  await orm.schema.create()
  await orm.em.fork().insertMany(Customer, [{ id: "sentinel-key-1", name: "Sentinel Ada" }])
  const addresses = [
    { id: "sentinel-key-2", street: "Sentinel St 1", merchantId: acme, customer: "sentinel-key-1" },
    { id: "sentinel-key-3", street: "Sentinel Rd 2", merchantId: "sentinel-tenant-globex", customer: "sentinel-key-1" },
  ]
  await withoutTenant("seed", () => orm.em.fork().insertMany(Address, addresses))
  const app = express()
  app.use(tenantScope({ resolve: fromHeader("x-tenant"), trustClient: "test" }))
  app.get("/customers/:id", async (request, response) => {
    const em = orm.em.fork()
    const customers = await em.find(Customer, { id: request.params.id }, { populate: ["addresses"] })
    await em.fork().find(Address, { street: { $like: "Sentinel%" } })
    response.json(customers)
  })
  const server = await listen(createServer(app))
  for (let index = 0; index < 3; index++) {
    const url = `${server.url}/customers/sentinel-key-1?token=sentinel-token`
    answers.push(await (await fetch(url, { headers: { "x-tenant": acme, cookie: "session=sentinel-session" } })).text())
  }
  await server.close()
  await orm.close()
}

async function report(log: string, ...args: readonly string[]): Promise<string> {
  // Node 22.17 strips types on demand only, and warns; later versions do it by themselves.
  const stripTypes = "--experimental-strip-types"
  const flags = process.allowedNodeEnvironmentFlags.has(stripTypes) ? [stripTypes] : []
  const leaks = [...flags, "--no-warnings", executable, "leaks", log, ...args]
  const { stdout } = await promisify(execFile)(process.execPath, leaks).catch(
    (error: { readonly code: number; readonly stdout: string }) => error,
  )
  return stdout
}

describe("nothing private is in", () => {
  it.each(["JSON lines", "pino", "bunyan", "table", "json", "markdown", "github", "sarif", "the page"])(
    "%s",
    (name) => {
      expect(outputs[name]).toContain("Customer")
      expect(outputs[name]).not.toMatch(secret)
    },
  )
})

it("and there was enough of it: the application's own answers show it", () => {
  expect(answers).toHaveLength(3)
  for (const answer of answers)
    expect(answer).toMatch(/sentinel-key-1.*Sentinel Ada.*Sentinel St 1.*sentinel-tenant-acme/)
  expect(answers.join()).not.toContain("Sentinel Rd 2")
})

it("the records tell the relation, the place, the route's template and the fix instead", () => {
  const records = outputs["JSON lines"]!.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object)

  expect(records).toMatchObject([
    {
      kind: "first",
      what: "dropped",
      relation: "addresses",
      route: "/customers/:id",
      "code.file.path": "test/sinks/privacy.test.ts",
      fix: expect.stringContaining("String(requireTenant())") as string,
    },
    { kind: "first", what: "root", relation: null },
    { kind: "summary", what: "dropped", events: 2, dropped: 2 },
    { kind: "summary", what: "root", events: 2 },
  ])
})
