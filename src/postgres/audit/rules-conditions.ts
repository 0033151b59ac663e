import { policiesOf } from "../policies.ts"
import { expressionOf } from "./expression.ts"
import { finding, type Finding } from "./finding.ts"
import { rewrite } from "./mend.ts"
import { alwaysTrue, isConfined, permissive, tenantColumns, unbound } from "./policy-view.ts"
import { calls, letsSharedPass } from "./tenant-terms.ts"
import { textOf } from "./wording.ts"
import type { RelationPolicy } from "./snapshot.ts"
import type { Audited, Subject } from "./subjects.ts"

/**
 * What the permissive policies of a table let pass. Judged by what PostgreSQL prints of them: what a function that they call returns, and
 * a comparison with the wrong value, is not seen.
 */
export function conditions(subject: Subject, audited: Audited): Finding[] {
  return permissive(subject).flatMap((policy) => conditionsOf(policy, subject, audited))
}

function conditionsOf(policy: RelationPolicy, subject: Subject, audited: Audited): Finding[] {
  const found = (
    code: "policy-always-true" | "check-always-true" | "insert-no-check" | "policy-ignores-tenant",
    message: string,
  ) => finding(code, { table: textOf(subject.live), object: policy.name }, message, rewrite(subject, policy, audited))
  const where = `The policy ${policy.name} on ${textOf(subject.live)}`
  const opens = isOpen("using", policy, subject, audited)
  const lets = isOpen("withCheck", policy, subject, audited)
  const unchecked = !opens && isUnchecked(policy, subject)
  const parts = [
    ...(opens ? [] : loose("using", policy, subject, unchecked)),
    ...(lets ? [] : loose("withCheck", policy, subject, false)),
  ]
  return [
    ...(opens ? [found("policy-always-true", `${where} shows every row: its USING is always true.`)] : []),
    ...(lets
      ? [found("check-always-true", `${where} lets rows of every tenant be written: its WITH CHECK is always true.`)]
      : []),
    ...(unchecked
      ? [
          found(
            "insert-no-check",
            `${where} has no WITH CHECK, so that everything it shows may be written as well: rows of nobody, or of other tenants.`,
          ),
        ]
      : []),
    ...(parts.length > 0
      ? [found("policy-ignores-tenant", `${where} lets rows pass whosever they are, by ${parts.join(" and by ")}.`)]
      : []),
  ]
}

type Part = "using" | "withCheck"

/** Not where the options say the same in so many words. */
function isOpen(part: Part, policy: RelationPolicy, subject: Subject, { settings }: Audited): boolean {
  const condition = policy[part]
  if (condition === null || !alwaysTrue(condition, subject) || isConfined(policy, part, subject)) return false
  const meant = policiesOf(subject.owned, settings)[0]![part]
  return meant === undefined || !alwaysTrue(meant, subject)
}

/** USING stands in for a check that is missing; where it lets in more than own rows, these may be written. */
function isUnchecked(policy: RelationPolicy, subject: Subject): boolean {
  const { command, using, withCheck } = policy
  if (withCheck !== null || using === null || (command !== "all" && command !== "update")) return false
  return showsMore(using, subject) && !isConfined(policy, "withCheck", subject)
}

/** Shared rows, or those of a set of tenants. */
function showsMore(using: string, subject: Subject): boolean {
  const expression = expressionOf(using)
  const isShared = subject.owned.shared === "read" && letsSharedPass(expression, tenantColumns(subject))
  return isShared || calls(expression, "tenants")
}

/** The parts that do not depend on the tenant, as they are printed. Conditions that the options hold are the application's own. */
function loose(part: Part, policy: RelationPolicy, subject: Subject, isTold: boolean): string[] {
  const condition = policy[part]
  if (condition === null || isWritten(part, policy, subject) || isConfined(policy, part, subject)) return []
  const parts = unbound(condition, subject).map((tokens) =>
    condition.slice(tokens[0]!.start, tokens.at(-1)!.end).replace(/\s+/g, " "),
  )
  if (isTold || policy.command === "select" || subject.owned.shared === "write") return parts
  const lets = letsSharedPass(expressionOf(condition), tenantColumns(subject))
  return lets ? [...parts, "rows without a tenant, which may be changed"] : parts
}

function isWritten(part: Part, { name }: RelationPolicy, { owned }: Subject): boolean {
  return name === "tenant_failsafe" && (owned.form === "written" || owned[part] !== undefined)
}
