import type { RowSecurityCause, RowSecurityDiagnosis } from "../../core/row-security.ts"
import type { Finding } from "../audit/finding.ts"
import { unbound } from "../audit/policy-view.ts"
import { conditions } from "../audit/rules-conditions.ts"
import { roleAttributes } from "../audit/rules-roles.ts"
import { disabled, notForced } from "../audit/rules-tables.ts"
import { views } from "../audit/rules-views.ts"
import { textOf } from "../audit/wording.ts"
import type { Relation } from "../audit/snapshot.ts"
import type { Audited, Subject } from "../audit/subjects.ts"

/** What the application's role is by itself: where it is exempt, nothing else matters. */
export function roleCause(audited: Audited): RowSecurityDiagnosis | undefined {
  return diagnosisOf(roleAttributes(audited)[0])
}

/** What is wrong with a table of tenants, so that it shows foreign rows. */
export function tableCause(subject: Subject, audited: Audited): RowSecurityDiagnosis | undefined {
  const [off] = disabled(subject, audited)
  if (off !== undefined && subject.live.policies.length === 0) return withoutPolicies(subject, off)
  const found = [
    ...[off].filter((finding) => finding !== undefined),
    ...notForced(subject, audited).filter(({ severity }) => severity === "error"),
    ...conditions(subject, audited).filter((finding) => isOpen(subject, finding)),
  ]
  return openPolicy(subject, found[0]) ?? diagnosisOf(found[0]) ?? writtenCondition(subject)
}

/** The first view on the way from what was read to the tables of tenants that policies do not hold for. */
export function viewCause(read: readonly Relation[], audited: Audited): RowSecurityDiagnosis | undefined {
  const names = new Set(read.map(textOf))
  return diagnosisOf(views(audited).find(({ object }) => object !== undefined && names.has(object)))
}

/** That shared rows may be changed does not show foreign ones. */
function isOpen(subject: Subject, { code, object }: Finding): boolean {
  if (code !== "policy-ignores-tenant") return code === "policy-always-true"
  const using = subject.policies.find(({ name }) => name === object)?.using
  return using != null && unbound(using, subject).length > 0
}

/** Of the audit's codes, those that this is asked for are causes. */
function diagnosisOf(finding: Finding | undefined): RowSecurityDiagnosis | undefined {
  if (finding === undefined) return undefined
  return { cause: finding.code as RowSecurityCause, explanation: finding.message, mend: finding.mend }
}

function withoutPolicies({ live, owned }: Subject, { mend }: Finding): RowSecurityDiagnosis {
  const explanation = `${textOf(live)} has no policy, and row security is off: whoever may read it reads the rows of every tenant.`
  // In conditions that the application wrote, values may stand.
  const isWritten = owned.using !== undefined || owned.withCheck !== undefined
  return { cause: "no-policy", explanation, ...(isWritten ? {} : { mend }) }
}

/** Not the audit's words: they quote conditions, in which values may stand. */
function openPolicy({ live }: Subject, finding: Finding | undefined): RowSecurityDiagnosis | undefined {
  if (finding?.code !== "policy-always-true" && finding?.code !== "policy-ignores-tenant") return undefined
  const explanation = `The policy ${finding.object} on ${textOf(live)} shows rows whosever they are.`
  return { cause: finding.code, explanation, mend: finding.mend }
}

function writtenCondition({ owned }: Subject): RowSecurityDiagnosis | undefined {
  if (owned.using === undefined) return undefined
  const explanation = `The condition in entities.${owned.table.entity}.using is the application's own, and shows rows of other tenants.`
  return { cause: "policy-ignores-tenant", explanation }
}
