import { runPending } from "../core/pending-scope.ts"
import { currentContext, runInContext, type Scope } from "../core/scope.ts"
import type { MaybePromise } from "../http/maybe-promise.ts"
import { routeOf } from "../http/open-scope.ts"
import { isFastifyRequest, portOf } from "./platform.ts"

/** A request whose scope is open before anybody knows whose it is. */
export interface PendingRequest {
  /** Makes it the scope of everything that runs for the request, from now on. Once. */
  seal(scope: Scope): void
  /** Whether the running code is in another scope than the request's, or in that of another request. */
  isElsewhere(): boolean
  /** Runs in the scope of the request, wherever that is called. */
  resume<R>(run: () => R): R
  /** Whether the request was let in, once that has been asked. */
  decision?: MaybePromise<boolean>
}

const pending = new WeakMap<object, PendingRequest>()

/** Goes on with a request in a scope that is decided later. */
export function openPending(request: object, proceed: () => void): void {
  runPending(
    (seal, context) => {
      pending.set(rawOf(request), {
        seal,
        isElsewhere() {
          const around = currentContext()
          return around !== context && (around?.scope !== undefined || around?.isPending === true)
        },
        resume: (run) => (currentContext() === context ? run() : runInContext(context, run)),
      })
      proceed()
    },
    routeOf(portOf(request)),
  )
}

export function pendingRequest(request: object): PendingRequest | undefined {
  return pending.get(rawOf(request))
}

/** Fastify wraps the request of node:http, which GraphQL servers hand over in its place. */
function rawOf(request: object): object {
  return isFastifyRequest(request) ? request.raw : request
}
