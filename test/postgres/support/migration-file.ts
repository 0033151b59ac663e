import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Migration } from "../../../src/postgres/index.ts"

/** What MikroORM 7's migrator uses of a migration: the statements that it collects, which it then runs in order in one transaction. */
const migrationBase = `export class Migration {
  #statements = []
  addSql(text) { this.#statements.push(text) }
  getQueries() { return this.#statements }
}
`

/** Writes a migration to a file of its own, and loads its class from there. */
export async function loadMigration({
  fileName,
  className,
  text,
}: Migration): Promise<{ loaded: unknown; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-migration-"))
  const base = join(folder, "node_modules/@mikro-orm/migrations")
  await mkdir(base, { recursive: true })
  await writeFile(join(base, "package.json"), JSON.stringify({ type: "module", exports: "./index.js" }))
  await writeFile(join(base, "index.js"), migrationBase)
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  await writeFile(join(folder, fileName), text)
  const module = (await import(join(folder, fileName))) as Record<string, unknown>
  return { loaded: module[className], remove: () => rm(folder, { recursive: true }) }
}
