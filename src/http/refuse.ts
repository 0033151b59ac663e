import { chain, type MaybePromise } from "./maybe-promise.ts"
import type { TenantSettings } from "./options.ts"
import { problemOf, problemType, type Rejection } from "./rejection.ts"

/** How a framework answers a request. */
export interface Answering<Result> {
  /** Sends an answer with a JSON body. */
  answer(status: number, type: string, body: object): Result
  /** Whether the request has been answered already, `given` being what `onReject` returned. */
  isAnswered(given: unknown): boolean
  /** What `onReject` gets besides the rejection: the framework's own arguments, the request first. */
  readonly rest: readonly unknown[]
}

/** Lets `onReject` answer a refused request; where it does not, the answer is the default problem. */
export function refuse<Result>(
  { onReject }: TenantSettings,
  rejection: Rejection,
  answering: Answering<Result>,
): MaybePromise<Result> {
  const byDefault = (): Result => answering.answer(rejection.status, problemType, problemOf(rejection))
  if (onReject === undefined) {
    if (rejection.cause !== undefined) warn(rejection.cause)
    return byDefault()
  }
  return chain(onReject(rejection, ...answering.rest), (given) =>
    answering.isAnswered(given) ? (given as Result) : byDefault(),
  )
}

/** A crash of the application's own resolver is answered with 503 and must not be silent. */
function warn(cause: unknown): void {
  process.emitWarning(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause), {
    type: "TenantFailsafeWarning",
    detail: "tenantScope could not resolve the tenant of a request, and answered 503.",
  })
}
