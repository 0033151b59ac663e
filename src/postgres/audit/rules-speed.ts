import { expressionOf } from "./expression.ts"
import { finding, type Finding } from "./finding.ts"
import { alterPolicy, index, rewrite } from "./mend.ts"
import { tenantColumns } from "./policy-view.ts"
import { callsPerRow, castsOf, looksUpWithIn } from "./tenant-terms.ts"
import { textOf } from "./wording.ts"
import type { RelationPolicy } from "./snapshot.ts"
import type { Audited, Subject } from "./subjects.ts"

/** A cast that PostgreSQL adds itself, from a text of another kind to `text`, or from a domain, costs nothing. */
export function textCast(subject: Subject, audited: Audited): Finding[] {
  return subject.policies.flatMap((policy) => {
    const columns = tenantColumns(subject).filter((name) => isCast(name, policy, subject))
    if (columns.length === 0) return []
    const message =
      `The policy ${policy.name} on ${textOf(subject.live)} casts ${columns.join(", ")}: no index on it serves, and each row is looked ` +
      "at. Cast what it is compared with."
    return [finding("text-cast", placeOf(policy, subject), message, rewrite(subject, policy, audited))]
  })
}

const texts = ["text", "character varying", "citext"]

function isCast(column: string, policy: RelationPolicy, { live }: Subject): boolean {
  const type = live.columns.find(({ name }) => name === column)?.type
  const free = type !== undefined && texts.includes(type) ? texts : [type]
  return partsOf(policy).some((part) => castsOf(expressionOf(part), [column]).some((cast) => !free.includes(cast)))
}

/** Also with NOT, and where nothing but a function is in the sub-select. */
export function chainedIn(subject: Subject, audited: Audited): Finding[] {
  return subject.policies.flatMap((policy) => {
    if (!partsOf(policy).some((part) => looksUpWithIn(expressionOf(part)))) return []
    const message =
      `The policy ${policy.name} on ${textOf(subject.live)} uses IN (SELECT …), which gets slow with the rows of every tenant, and ` +
      "does not end with several levels. EXISTS, or a tenant column of its own, does."
    return [finding("chained-in", placeOf(policy, subject), message, rewrite(subject, policy, audited))]
  })
}

/** Put into a sub-select, a call is made once for each statement. */
export function noInitplan({ live, policies, ...subject }: Subject): Finding[] {
  return policies.flatMap((policy) => {
    const parts = (["using", "withCheck"] as const).flatMap((part) => {
      const condition = policy[part]
      const wrapped = condition === null ? null : inSubSelects(condition)
      return wrapped === condition || wrapped === null
        ? []
        : [`${part === "using" ? "using" : "with check"} (${wrapped})`]
    })
    if (parts.length === 0) return []
    const message = `The policy ${policy.name} on ${textOf(live)} asks for the tenant once for each row. (SELECT …) around the call makes it once.`
    const place = placeOf(policy, { live, policies, ...subject })
    return [finding("no-initplan", place, message, [`${alterPolicy(live, policy)} ${parts.join(" ")}`])]
  })
}

function inSubSelects(condition: string): string {
  return callsPerRow(expressionOf(condition)).reduceRight(
    (text, { from, to }) =>
      `${text.slice(0, from.start)}(select ${text.slice(from.start, to.end)})${text.slice(to.end)}`,
    condition,
  )
}

/** Only indexes of all rows count; parts of tables follow the table. */
export function noIndex({ owned, live, isPart }: Subject): Finding[] {
  const mend = isPart ? [] : index(owned, live)
  if (mend.length === 0) return []
  const place = { table: textOf(live), object: owned.column!.name }
  const message = `No index on ${textOf(live)} starts with ${owned.column!.name}: each query reads the rows of every tenant.`
  return [finding("no-tenant-index", place, message, mend)]
}

function partsOf({ using, withCheck }: RelationPolicy): string[] {
  return [using, withCheck].filter((part) => part !== null)
}

function placeOf({ name }: RelationPolicy, { live }: Subject): { readonly table: string; readonly object: string } {
  return { table: textOf(live), object: name }
}
