import { policyChanges } from "../change-policies.ts"
import { policiesOf, policyNames } from "../policies.ts"
import { identifier, tableText } from "../sql-text.ts"
import { finding, type Finding } from "./finding.ts"
import { create, functionsFirst, protect } from "./mend.ts"
import { allCommands, commandsOf, isConfined, permissive, type Command } from "./policy-view.ts"
import { may } from "./reach.ts"
import { textOf } from "./wording.ts"
import type { Relation, RelationPolicy } from "./snapshot.ts"
import type { Audited, Subject } from "./subjects.ts"

/** Parts of tables need none: what goes through the table follows its policies, and nothing else is let through. */
export function noPolicy({ owned, live, isPart, ...subject }: Subject, audited: Audited): Finding[] {
  if (!live.isEnabled || isPart || permissive({ owned, live, isPart, ...subject }).length > 0) return []
  const message = `Row security is on for ${textOf(live)}, and no permissive policy holds for ${audited.reach.role.name}: it sees no row.`
  return [finding("no-policy", { table: textOf(live) }, message, protect(owned, live, audited))]
}

/** A pair of this package's own, for what may be written and for what may be read beyond that, is no several. */
export function severalPermissive(subject: Subject, audited: Audited): Finding[] {
  const { owned, live } = subject
  const counted = permissive(subject).filter(({ name }) => name !== "tenant_failsafe_read")
  const joined = counted.filter((policy) => commandsOf(policy).some((command) => countFor(command, counted) > 1))
  if (joined.every((policy) => isHeld(policy, subject))) return []
  const others = permissive(subject).filter(({ name }) => policyNames.every((own) => own !== name))
  const drops = others.map(({ name }) => `drop policy ${identifier(name)} on ${tableText(live)}`)
  const plan = policyChanges(owned.table, policiesOf(owned, audited.settings), "force", live).flatMap(({ up }) => up)
  const listed = joined.map(({ name }) => name).join(", ")
  const message = `The policies ${listed} on ${textOf(live)} hold at once, joined by OR: a row needs only one of them. The mend leaves that of the plan.`
  return [
    finding("multiple-permissive", { table: textOf(live) }, message, [...functionsFirst(audited), ...drops, ...plan]),
  ]
}

function countFor(command: Command, policies: readonly RelationPolicy[]): number {
  return policies.filter((policy) => commandsOf(policy).includes(command)).length
}

function isHeld(policy: RelationPolicy, subject: Subject): boolean {
  return isConfined(policy, "using", subject) && isConfined(policy, "withCheck", subject)
}

/** Only commands that the application may use count; without a policy they find nothing, or are refused. */
export function commandWithout(subject: Subject, audited: Audited): Finding[] {
  const { live, isPart } = subject
  const policies = permissive(subject)
  if (!live.isEnabled || isPart || policies.length === 0) return []
  const lacking = allCommands.filter(
    (command) => countFor(command, policies) === 0 && may(audited.reach, live.grants, command),
  )
  if (lacking.length === 0) return []
  const message =
    `No policy on ${textOf(live)} is for ${lacking.join(", ").toUpperCase()}, which ${audited.reach.role.name} may use: it finds no ` +
    "row, or is refused."
  const mend = lacking.flatMap((command) => create(subject, freeName(`tenant_${command}`, live), command, audited))
  return [finding("no-policy-for-command", { table: textOf(live) }, message, mend)]
}

function freeName(name: string, live: Relation): string {
  return live.policies.some((policy) => policy.name === name) ? freeName(`${name}_`, live) : name
}
