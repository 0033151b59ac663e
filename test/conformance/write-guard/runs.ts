import type { FailsafeErrorCode } from "../../../src/index.ts"
import { inScope, isRefused, relabelled, type Done, type GuardCase, type Refused } from "./cases.ts"
import type { Guard } from "./harness.ts"
import type { EntityName } from "./schema.ts"
import type { Aftermath, World } from "./world.ts"

/** What a case shows of itself, for a comparison. */
export interface Shown {
  readonly outcome: string
  readonly changed: readonly string[]
  readonly records: readonly string[]
}

/** Runs a case with a manager of its own. */
export async function attemptCase<Session, Manager>(
  world: World<Session, Manager>,
  guard: Guard,
  each: GuardCase<Manager>,
  scoped: <R>(run: () => R) => R = (run) => inScope(each.scope, run),
): Promise<Aftermath & { readonly manager: Manager; readonly sent: readonly string[] }> {
  const session = await world.session(guard)
  const manager = world.harness.manager(session)
  const before = world.harness.statements(session).length
  const aftermath = await world.attempt(() => scoped(() => each.run(manager)))
  const sent = world.harness.statements(session).slice(before).filter(isWrite)
  return { ...aftermath, manager, sent }
}

const vanilla = new WeakMap<object, Shown>()

/** What the ORM itself makes of a case. */
export async function asVanilla<Session, Manager>(
  world: World<Session, Manager>,
  each: GuardCase<Manager>,
): Promise<Shown> {
  const known = vanilla.get(each)
  if (known !== undefined) return known
  const { outcome, changed, records } = await attemptCase(world, "vanilla", each, (run) => run())
  await world.reset()
  const shown = { outcome, changed, records }
  vanilla.set(each, shown)
  return shown
}

/** An own row that the same manager changes afterwards, in the same scope. */
export async function goOn<Session, Manager>(
  world: World<Session, Manager>,
  each: GuardCase<Manager>,
  manager: Manager,
): Promise<Pick<Shown, "outcome" | "changed">> {
  world.harness.forget(manager)
  const { outcome, changed } = await world.attempt(() =>
    inScope(each.scope, () => world.harness.updates.loaded(manager, { entity: ownEntity(each), id: 12 })),
  )
  return { outcome, changed }
}

/** The entity of which rows 11 and 12 are own in the scope of a case. */
export function ownEntity({ scope }: GuardCase<never>): EntityName {
  return scope === "merchant 1, by UUID" ? "Ticket" : "Line"
}

export function goneOn(each: GuardCase<never>): Pick<Shown, "outcome" | "changed"> {
  return { outcome: "done", changed: [relabelled(ownEntity(each), 12)] }
}

/** The code that a case expects; of several, the one that came. */
export function codeFor(actual: string, { code }: Refused): string {
  const codes: readonly FailsafeErrorCode[] = typeof code === "string" ? [code] : code
  return codes.find((each) => each === actual) ?? codes[0]!
}

/** The records that a case expects: of several names for the same, those that came; all that came, where they are not decided. */
export function recordsFor(actual: readonly string[], records: Refused["records"]): readonly string[] {
  if (records === undefined) return actual.length === 0 ? ["at least one record"] : actual
  return records
    .flatMap((names) => (names.length === 0 ? [] : [names.find((name) => actual.includes(name)) ?? names[0]!]))
    .toSorted()
}

/** The changes without those that may or may not be made. */
export function withoutRewrites(changed: readonly string[], { mayRewrite }: Done): readonly string[] {
  return mayRewrite === undefined ? changed : changed.filter((line) => !line.startsWith(mayRewrite))
}

/** Rows for `it.each`. */
export function titled<Manager>(cases: readonly GuardCase<Manager>[]): [title: string, each: GuardCase<Manager>][] {
  return cases.map((each) => [each.title, each])
}

/** Cases that tell one entity's sort of tenant: the other sorts are told apart where writes are refused. */
export function tellingOf<Manager>(cases: readonly GuardCase<Manager>[]): readonly GuardCase<Manager>[] {
  return cases.filter(({ title }) => !/\b(?:Account|Device|Line|Student|Note|Ticket)\b/.test(title))
}

/** Cases in which something is held back. */
export function guardedOf<Manager>(cases: readonly GuardCase<Manager>[]): readonly GuardCase<Manager>[] {
  return cases.filter(({ expected }) => isRefused(expected) || expected.reported !== undefined)
}

function isWrite(statement: string): boolean {
  return /^\s*(?:insert|update|delete|truncate|replace|merge|with\b[^]*\b(?:insert|update|delete)\b)/i.test(statement)
}
