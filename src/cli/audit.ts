import { audit as auditDatabase, type AuditReport } from "../postgres/audit/audit.ts"
import { severities } from "../postgres/audit/finding.ts"
import { TenantFailsafeError } from "../core/errors.ts"
import { auditHelp } from "./audit-help.ts"
import { readAuditOptions, type AuditCommandOptions } from "./audit-options.ts"
import { auditSarif } from "./audit-sarif.ts"
import { auditTable } from "./audit-table.ts"
import { cleanLine } from "./clean-text.ts"
import { styleOf } from "./output-style.ts"
import { loadApp, type TenantApp } from "./rls-app.ts"
import { withDatabase } from "./rls-connection.ts"
import { BadInput, type Terminal } from "./terminal.ts"

/**
 * `tenant-failsafe audit`: a live database against an application's entities. The exit code says whether there are findings, or, where
 * there are none, whether everything could be seen.
 *
 * @throws {BadInput} for arguments, a module or a database that do not do
 */
export async function audit(args: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const options = readAuditOptions(args, terminal.env)
  if (options === undefined) {
    terminal.stdout.write(auditHelp)
    return 0
  }
  const app = await loadApp(options.app)
  try {
    const report = await judged(app, options)
    terminal.stdout.write(written(report, options, terminal))
    for (const part of report.unseen) {
      terminal.stderr.write(`tenant-failsafe: not judged, as the connection may not read it: ${cleanLine(part)}\n`)
    }
    if (counts(report, options)) return 1
    return report.unseen.length > 0 ? 2 : 0
  } catch (error) {
    throw error instanceof TenantFailsafeError ? new BadInput(error.message) : error
  } finally {
    await app.close?.()
  }
}

/** One transaction, so that the parts of the catalog fit together; one that reads only, so that nothing can happen. */
function judged({ model, options = {} }: TenantApp, { url, role }: AuditCommandOptions): Promise<AuditReport> {
  return withDatabase(url, async (client) => {
    await client.query("begin transaction isolation level repeatable read read only")
    const report = await auditDatabase(client, model, role === undefined ? options : { ...options, role })
    await client.query("rollback")
    return report
  })
}

function written(report: AuditReport, { format, app, color }: AuditCommandOptions, terminal: Terminal): string {
  if (format === "json") return `${JSON.stringify(report, null, 2)}\n`
  return format === "sarif" ? auditSarif(report, app) : auditTable(report, styleOf(terminal, color))
}

function counts({ findings }: AuditReport, { failOn }: AuditCommandOptions): boolean {
  return findings.some(({ severity }) => severities.indexOf(severity) <= severities.indexOf(failOn))
}
