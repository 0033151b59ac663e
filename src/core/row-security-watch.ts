import { TenantFailsafeError } from "./errors.ts"
import { publishLeak, type LeakObserver } from "./leak-channel.ts"
import { rowSecurityReport, type LeakKind, type LeakReport } from "./leak-report.ts"
import type { RowSecurityDiagnosis } from "./row-security.ts"
import { currentContext, runInContext } from "./scope.ts"
import { contextFor, type ScopeContext } from "./scope-context.ts"

/**
 * Asks the database why it let foreign rows of an entity pass; runs in the scope in which they were found. Undefined where row security is not
 * meant to hold for them.
 */
export type Diagnose = (entity: string, context: ScopeContext) => Promise<RowSecurityDiagnosis | undefined>

const watches = new WeakMap<object, RowSecurityWatch>()

/** Declares that row security is active in the database of a MikroORM (by its configuration) or a DataSource. */
export function declareRowSecurity(installation: object, diagnose: Diagnose): void {
  watches.set(installation, new RowSecurityWatch(diagnose))
}

/** The watch over an installation whose row security was declared active. */
export function rowSecurityOf(installation: object): RowSecurityWatch | undefined {
  return watches.get(installation)
}

/** Detections of foreign rows that a database returned. */
const foreignReads: readonly LeakKind[] = ["dropped", "kept", "reference", "root"]
/** A row whose tenant is told by a row that policies hide: they would have hidden it as well. Or else that one was deleted meanwhile. */
const doubtful: LeakKind = "unknown"
/** In milliseconds: then the record is published without a cause. */
const longest = 5000

/**
 * Tells that row security did not hold: once for each entity of which foreign rows arrived, after the detection itself, with what the database
 * says about the cause. The load neither waits for it nor hears of its failures.
 */
export class RowSecurityWatch {
  readonly #diagnose: Diagnose
  readonly #limit: number
  readonly #told = new Set<string>()
  readonly #doubted = new Set<string>()
  /** What is to be told at once when the process ends. */
  readonly #open = new Set<() => void>()

  constructor(diagnose: Diagnose, limit: number = longest) {
    this.#diagnose = diagnose
    this.#limit = limit
  }

  /** Takes a detection that was just published, in the context of its load. */
  saw(report: LeakReport, observers: readonly LeakObserver[]): void {
    const scope = currentContext()?.scope
    if (scope === undefined || scope.kind === "bypass") return
    const { what, child } = report
    if ((what !== doubtful && !foreignReads.includes(what)) || this.#told.has(child)) return
    const asked = what === doubtful ? this.#doubted : this.#told
    if (asked.has(child)) return
    asked.add(child)
    // In the same scope, but past the load: what the check sends is no part of it.
    const context = contextFor(scope)
    const check = async () => runInContext(context, () => this.#diagnose(child, context))
    const published = this.#publish(report, observers, check)
    for (const observer of observers) observer.expect?.(published)
  }

  #publish(
    report: LeakReport,
    observers: readonly LeakObserver[],
    check: () => Promise<RowSecurityDiagnosis | undefined>,
  ): Promise<void> {
    return new Promise((resolve) => {
      const tell = (diagnosis: RowSecurityDiagnosis | undefined): void => {
        if (!this.#open.delete(atExit)) return
        clearTimeout(timer)
        if (this.#open.size === 0) process.off("exit", this.#atExit)
        if (diagnosis !== undefined && this.#isNews(report, diagnosis)) {
          publishLeak(rowSecurityReport(report, diagnosis), observers)
        }
        resolve()
      }
      const atExit = (): void => tell(unknown("the process ended before the database was asked"))
      // Before the sinks write what they have left, which they do in listeners of their own.
      if (this.#open.size === 0) process.prependListener("exit", this.#atExit)
      this.#open.add(atExit)
      const tooLate = (): void => tell(unknown(`the database did not answer in ${this.#limit} ms`))
      const timer = setTimeout(tooLate, this.#limit)
      timer.unref()
      // Not before the load went on: it may be in the middle of a transaction.
      setImmediate(() => {
        check().then(tell, (error: unknown) => tell(unknown(`the check failed with ${classOf(error)}`)))
      })
    })
  }

  /** In doubt, only a cause that was found counts, unless the entity was told meanwhile. */
  #isNews({ what, child }: LeakReport, { cause }: RowSecurityDiagnosis): boolean {
    if (what !== doubtful) return true
    if (cause === "unknown" || cause === "stale" || this.#told.has(child)) return false
    this.#told.add(child)
    return true
  }

  readonly #atExit = (): void => {
    for (const tell of this.#open) tell()
  }
}

function unknown(why: string): RowSecurityDiagnosis {
  return {
    cause: "unknown",
    explanation: `Why is not known: ${why}. tenant-failsafe audit looks at the same catalog.`,
  }
}

/** An error's class and code: its message may hold values of rows. */
function classOf(error: unknown): string {
  if (!(error instanceof Error)) return "something that is no error"
  const code: unknown = error instanceof TenantFailsafeError ? error.code : (error as { readonly code?: unknown }).code
  const name = error.constructor.name || "Error"
  return typeof code === "string" && /^[A-Z0-9_]{3,40}$/.test(code) ? `${name} ${code}` : name
}
