import { styleText } from "node:util"
import type { AuditReport } from "../postgres/audit/audit.ts"
import type { Severity } from "../postgres/audit/codes.ts"
import type { Finding } from "../postgres/audit/finding.ts"
import { cleanCode, cleanLine } from "./clean-text.ts"
import type { OutputStyle } from "./output.ts"
import { counted } from "./output.ts"
import { wrapped } from "./text-width.ts"

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

const colors = { error: "red", warn: "yellow", info: "blue" } as const

/** For people at a terminal: each finding with what it means, then the SQL that mends it. */
export function auditTable(report: AuditReport, { color, columns }: OutputStyle): string {
  const paint: Paint = (format, text) => (color ? styleText(format, text, { validateStream: false }) : text)
  const blocks = report.findings.map((finding) => blockOf(finding, columns, paint))
  return `${[...blocks, summary(report, columns, paint)].join("\n\n")}\n`
}

function blockOf(finding: Finding, columns: number, paint: Paint): string {
  const { severity, code, message, mend } = finding
  const head = `${paint(colors[severity], severity)}  ${paint("bold", code)}  ${cleanLine(placeOf(finding))}`
  const text = wrapped(cleanLine(message), columns - 2).map((line) => `  ${line}`)
  // Its lines stay as they are, however long: it is there to be copied.
  const sql = cleanCode(mend)
    .split("\n")
    .map((line) => (line === "" ? "" : paint("cyan", `    ${line}`)))
  return [head, ...text, "", ...sql].join("\n")
}

/** `public.school  tenant_failsafe` */
export function placeOf({ table, role, object }: Finding): string {
  return [table, role, object].filter((part) => part !== undefined).join("  ")
}

function summary({ findings, role, tables }: AuditReport, columns: number, paint: Paint): string {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  const total =
    findings.length === 0
      ? paint("green", "No findings.")
      : paint(
          "bold",
          `${counted(count("error"), "error")}, ${counted(count("warn"), "warning")}, ${counted(count("info"), "note")}.`,
        )
  const judged = `Judged ${counted(tables, "table")} for the role ${cleanLine(role)}.`
  return [total, ...wrapped(judged, columns)].join("\n")
}
