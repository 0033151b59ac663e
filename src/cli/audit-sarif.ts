import { relative, resolve } from "node:path"
import type { AuditReport } from "../postgres/audit/audit.ts"
import { auditCodes, type AuditCode } from "../postgres/audit/codes.ts"
import type { Finding } from "../postgres/audit/finding.ts"
import { placeOf } from "./audit-table.ts"
import { counted } from "./output.ts"
import { sarifLog, sarifPlace } from "./sarif-log.ts"

const codes = Object.keys(auditCodes) as AuditCode[]
const levels = { error: "error", warn: "warning", info: "note" } as const

/** SARIF 2.1.0, for code scanning. What is found in a database has its place in the module that names the entities. */
export function auditSarif({ findings, role, tables, unseen }: AuditReport, app: string): string {
  const rules = codes.map((code) => ({
    id: ruleOf(code),
    shortDescription: { text: auditCodes[code].title },
    defaultConfiguration: { level: levels[auditCodes[code].severity] },
  }))
  const file = relative(process.cwd(), resolve(app))
  const notes = [
    ...unseen.map((part) => `Not judged, as the connection may not read it: ${part}.`),
    `Judged ${counted(tables, "table")} for the role ${role}.`,
  ]
  return sarifLog(
    rules,
    findings.map((finding) => resultOf(finding, file)),
    notes,
  )
}

function resultOf(finding: Finding, file: string): object {
  const { code, severity, message, mend } = finding
  const name = placeOf(finding)
  return {
    ruleId: ruleOf(code),
    ruleIndex: codes.indexOf(code),
    level: levels[severity],
    message: { text: `${message}\n\n${mend}` },
    locations: [{ ...sarifPlace(file, 1), logicalLocations: [{ fullyQualifiedName: name, kind: "resource" }] }],
    partialFingerprints: { "tenantFailsafe/v1": `${code}/${name}` },
  }
}

function ruleOf(code: AuditCode): string {
  return `tenant-audit/${code}`
}
