import {
  liveRowSecurity,
  rowSecurity,
  rowSecurityChanges,
  rowSecurityMigration,
  rowSecurityRemoval,
  runInTransaction,
  type RowSecurityPlan,
} from "../postgres/index.ts"
import { TenantFailsafeError } from "../core/errors.ts"
import { cleanCode, cleanLine } from "./clean-text.ts"
import { counted } from "./output.ts"
import { styleOf } from "./output-style.ts"
import { loadApp, type TenantApp } from "./rls-app.ts"
import { withDatabase } from "./rls-connection.ts"
import { rlsHelp } from "./rls-help.ts"
import { readRlsOptions, type RlsOptions } from "./rls-options.ts"
import { securityTable } from "./rls-table.ts"
import { BadInput, type Terminal } from "./terminal.ts"

/**
 * `tenant-failsafe rls`: row level security from an application's entities. The exit code of `plan` says whether the database lacks
 * something.
 *
 * @throws {BadInput} for arguments, a module or a database that do not do
 */
export async function rls(args: readonly string[], terminal: Terminal): Promise<0 | 1> {
  const options = readRlsOptions(args, terminal.env)
  if (options === undefined) {
    terminal.stdout.write(rlsHelp)
    return 0
  }
  const app = await loadApp(options.app)
  try {
    return await actions[options.action](app, options, terminal)
  } catch (error) {
    throw error instanceof TenantFailsafeError ? new BadInput(error.message) : error
  } finally {
    await app.close?.()
  }
}

type Action = (app: TenantApp, options: RlsOptions, terminal: Terminal) => Promise<0 | 1>

const plan: Action = async ({ model, options }, { url, migration, name }, terminal) => {
  const planned =
    url === undefined
      ? rowSecurity(model, options)
      : await withDatabase(url, (client) => rowSecurityChanges(client, model, options))
  for (const note of planned.notes) terminal.stderr.write(`tenant-failsafe: ${cleanLine(note)}\n`)
  const text =
    migration === undefined
      ? scriptOf(planned)
      : rowSecurityMigration(planned, { orm: migration, at: terminal.now, ...(name === undefined ? {} : { name }) })
          .text
  // What goes into a file stays as it is.
  terminal.stdout.write(terminal.stdout.isTTY === true ? cleanCode(text) : text)
  return url !== undefined && planned.up.length > 0 ? 1 : 0
}

const apply: Action = async ({ model, options }, { url }, terminal) => {
  const { up, notes } = await withDatabase(url!, async (client) => {
    const changes = await rowSecurityChanges(client, model, options)
    if (changes.up.length > 0) await runInTransaction(client, changes.up)
    return changes
  })
  for (const note of notes) terminal.stderr.write(`tenant-failsafe: ${cleanLine(note)}\n`)
  terminal.stdout.write(up.length === 0 ? "Nothing to do.\n" : `Applied ${counted(up.length, "statement")}.\n`)
  return 0
}

const show: Action = async ({ model, options }, { url, format, color }, terminal) => {
  const security = await withDatabase(url!, (client) => liveRowSecurity(client, model, options))
  const json = () => `${JSON.stringify(security, null, 2)}\n`
  terminal.stdout.write(format === "json" ? json() : securityTable(security, styleOf(terminal, color)))
  return 0
}

const drop: Action = async ({ model, options }, { url }, terminal) => {
  const statements = await withDatabase(url!, async (client) => {
    const removal = await rowSecurityRemoval(client, model, options)
    if (removal.length > 0) await runInTransaction(client, removal)
    return removal
  })
  terminal.stdout.write(
    statements.length === 0 ? "Nothing to do.\n" : `Dropped, with ${counted(statements.length, "statement")}.\n`,
  )
  return 0
}

const actions = { plan, apply, show, drop } as const

function scriptOf({ up }: RowSecurityPlan): string {
  if (up.length === 0) return "-- Nothing to do.\n"
  return `begin;\n${up.map((statement) => `${statement};\n`).join("")}commit;\n`
}
