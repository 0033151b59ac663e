import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { collectLeaks } from "../src/testing/index.ts"
import { openLab, type Lab } from "./postgres/support/lab.ts"

interface Snippet {
  readonly file: string
  readonly code: string
  /** What the README says it prints; undefined where it says nothing. */
  readonly prints: string | undefined
}

const root = join(import.meta.dirname, "..")
const snippets = snippetsOf(await readFile(join(root, "README.md"), "utf8"))

describe("the README's snippets", () => {
  let lab: Lab
  let folder: string

  beforeAll(async () => {
    lab = await openLab("postgresql", [
      "create table customer (id int primary key, name text not null)",
      "create table address (id int primary key, street text not null, merchant_id int not null, customer_id int not null references customer)",
      "insert into customer values (1, 'Ada')",
      "insert into address values (1, 'Acme St 1', 1, 1), (2, 'Globex Rd 2', 2, 1)",
    ])
    vi.stubEnv("DATABASE_URL", String(lab.database.ormConfig().clientUrl))
    vi.stubEnv("APP_DATABASE_URL", lab.appUrl)
    folder = await mkdtemp(join(root, "test/.readme-"))
    for (const { file, code } of snippets) await writeFile(join(folder, file), code)
    // Where the records of the snippets go.
    process.chdir(folder)
  })

  afterAll(async () => {
    vi.unstubAllEnvs()
    const opened = async <Exports>(file: string) => (await import(pathToFileURL(join(folder, file)).href)) as Exports
    await (await opened<{ orm: { close(): Promise<void> } }>("shop.ts")).orm.close()
    await (await opened<{ wall: { close(): Promise<void> } }>("wall.ts")).wall.close()
    await (await opened<{ stop(): Promise<void> }>("reports.ts")).stop()
    process.chdir(root)
    await lab.close()
    await rm(folder, { recursive: true })
  })

  it("are all of its TypeScript", async () => {
    const blocks = (await readFile(join(root, "README.md"), "utf8")).match(/^```ts$/gm)
    expect(blocks).toHaveLength(snippets.length)
  })

  it("are found", () => {
    expect(snippets.map(({ file }) => file)).toEqual([
      "shop.ts",
      "request.ts",
      "customer.ts",
      "typeorm.ts",
      "writes.ts",
      "options.ts",
      "scopes.ts",
      "app.ts",
      "app.module.ts",
      "reports.ts",
      "leaks.ts",
      "row-security.ts",
      "wall.ts",
    ])
  })

  it.each(snippets)("$file runs and prints what the README says", async ({ file, prints }) => {
    const lines: string[] = []
    const log = vi.spyOn(console, "log").mockImplementation((...args: unknown[]) => {
      lines.push(args.map((arg) => format(arg)).join(" "))
    })
    try {
      await collectLeaks(() => import(pathToFileURL(join(folder, file)).href))
    } finally {
      log.mockRestore()
    }
    expect(lines.join("\n")).toBe(prints ?? "")
  })
})

function format(value: unknown): string {
  return Array.isArray(value) ? `[ ${value.map((item) => `'${String(item)}'`).join(", ")} ]` : String(value)
}

function snippetsOf(markdown: string): Snippet[] {
  const pattern = /<!-- file: (\S+) -->\n+```ts\n([\s\S]*?)```(?:\n+<!-- prints -->\n+```text\n([\s\S]*?)\n```)?/g
  return [...markdown.matchAll(pattern)].map(([, file, code, prints]) => ({ file: file!, code: code!, prints }))
}
