import type { LeakReport } from "../core/leak-report.ts"
import { withObserver } from "../core/scope.ts"

/** What `collectLeaks` returns. */
export interface LeaksCollected<R> {
  readonly result: Awaited<R>
  readonly leaks: readonly LeakReport[]
}

/** The leaks that `expectNoLeaks` accepts for now. */
export interface ExpectNoLeaksOptions {
  readonly allow?: readonly LeakAllowance[]
}

/** A known leak: which one, why it is accepted, and until when (an ISO date; on that day it is no longer accepted). */
export type LeakAllowance = { readonly reason: string; readonly until: string } & (
  | { readonly relation: `${string}.${string}` }
  | { readonly fingerprint: string }
)

/**
 * Runs `run` and returns its result with the leaks detected by what it ran and awaited, and by nothing else: tests that run at the
 * same time do not see each other's. Waits for records that come later, such as `"rls-not-held"`. The records do not go to stderr.
 *
 * @example
 * const { result, leaks } = await collectLeaks(() => withTenant(1, () => listCustomers()))
 */
export async function collectLeaks<R>(run: () => R): Promise<LeaksCollected<R>> {
  const leaks: LeakReport[] = []
  const awaited: Promise<void>[] = []
  const observer = Object.assign((report: object) => void leaks.push(report as LeakReport), {
    expect: (report: Promise<void>) => void awaited.push(report),
  })
  try {
    const result = await withObserver(observer, run)
    return { result, leaks }
  } finally {
    await Promise.all(awaited)
  }
}

/**
 * Runs `run`, returns its result, and throws when a leak was detected meanwhile; the message holds every report.
 *
 * @throws {LeaksFound} with the reports; {RangeError} for an allowance without a reason or whose date has come
 *
 * @example
 * await expectNoLeaks(() => withTenant(1, () => listCustomers()))
 */
export async function expectNoLeaks<R>(run: () => R, options: ExpectNoLeaksOptions = {}): Promise<Awaited<R>> {
  const allowances = options.allow ?? []
  for (const allowance of allowances) assertValid(allowance)
  const { result, leaks } = await collectLeaks(run)
  const found = leaks.filter((leak) => !allowances.some((allowance) => covers(allowance, leak)))
  if (found.length > 0) throw new LeaksFound(found)
  return result
}

/** Thrown by `expectNoLeaks`. */
export class LeaksFound extends Error {
  override readonly name = "LeaksFound"
  readonly leaks: readonly LeakReport[]

  constructor(leaks: readonly LeakReport[]) {
    super(
      `${leaks.length === 1 ? "1 leak was" : `${leaks.length} leaks were`} detected:\n${leaks.map(describe).join("\n")}`,
    )
    this.leaks = leaks
  }
}

function assertValid(allowance: LeakAllowance): void {
  const name = "relation" in allowance ? allowance.relation : allowance.fingerprint
  if (allowance.reason.trim() === "") throw new RangeError(`The allowance for ${name} needs a reason.`)
  const until = Date.parse(allowance.until)
  if (Number.isNaN(until))
    throw new RangeError(`The allowance for ${name} needs a date in 'until', such as '2027-01-31'.`)
  if (until <= Date.now())
    throw new RangeError(`The allowance for ${name} ended on ${allowance.until}: ${allowance.reason}`)
}

function covers(allowance: LeakAllowance, leak: LeakReport): boolean {
  return "relation" in allowance
    ? allowance.relation === `${leak.owner}.${leak.relation}`
    : allowance.fingerprint === leak.fingerprint
}

function describe(leak: LeakReport): string {
  const relation = leak.relation === null ? leak.owner : `${leak.owner}.${leak.relation}`
  const place = leak["code.file.path"] === undefined ? "" : ` at ${leak["code.file.path"]}:${leak["code.line.number"]}`
  return `- ${leak.what}: ${relation} (${leak.child}.${leak.column}), ${leak.rows} of ${leak.loaded} rows${place}\n  ${JSON.stringify(leak)}`
}
