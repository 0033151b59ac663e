import { HttpException, Inject, Injectable, type CanActivate, type ExecutionContext } from "@nestjs/common"
import { TenantFailsafeError } from "../core/errors.ts"
import { withoutTenant } from "../core/scope.ts"
import { chain, type MaybePromise } from "../http/maybe-promise.ts"
import { claim } from "../http/open-scope.ts"
import { refuse, type Answering } from "../http/refuse.ts"
import type { Problem, Rejection } from "../http/rejection.ts"
import type { RequestPort } from "../http/request-port.ts"
import { resolveScope, resolveTenant } from "../http/resolve-tenant.ts"
import { assignScope } from "./message-scopes.ts"
import { settingsToken, type NestSettings } from "./options.ts"
import { pendingRequest, type PendingRequest } from "./pending-requests.ts"
import { portOf, requestOf } from "./platform.ts"
import { reasonOf } from "./tenantless.ts"

/**
 * Decides, once per request, whose it is: everything that runs for the request from then on is in that tenant's scope. `TenantModule`
 * makes it a global guard, or leaves it to the application with `{ guard: "manual" }`: `@UseGuards(AuthGuard, TenantGuard)`.
 */
export class TenantGuard implements CanActivate {
  readonly #settings: NestSettings

  constructor(settings: NestSettings) {
    this.#settings = settings
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.#admit(context) as boolean | Promise<boolean>
  }

  #admit(context: ExecutionContext): MaybePromise<boolean> {
    const reason = reasonOf(context)
    const request = requestOf(context)
    const pending = request === undefined ? undefined : pendingRequest(request)
    if (context.getType() === "http") {
      if (pending === undefined) throw notOpened()
      return this.#decideOnce(context, pending, { ...portOf(request!), routeReason: () => reason })
    }
    // One resolver that needs no tenant must not open the others of its request.
    if (reason !== undefined) {
      assignScope(context, { kind: "bypass", reason })
      return true
    }
    if (pending !== undefined) return this.#decideOnce(context, pending, portOf(request!))
    return this.#admitMessage(context)
  }

  /** Asks once per request, also where several handlers run for it, as in GraphQL; a refusal counts for all of them. */
  #decideOnce(context: ExecutionContext, pending: PendingRequest, port: RequestPort): MaybePromise<boolean> {
    if (pending.isElsewhere()) throw handedOver()
    if (pending.decision !== undefined) return pending.decision
    try {
      pending.decision = this.#admitRequest(context, pending, port)
    } catch (refusal) {
      pending.decision = Promise.reject(refusal)
    }
    return pending.decision
  }

  #admitRequest(context: ExecutionContext, pending: PendingRequest, port: RequestPort): MaybePromise<boolean> {
    return chain(resolveScope(this.#settings, port), (outcome) => {
      if (outcome.kind === "rejected") return this.#refuse(outcome.rejection, answeringByException(context))
      if (outcome.kind === "tenantless") {
        const { reason } = outcome
        withoutTenant(reason, () => pending.seal({ kind: "bypass", reason }))
        return true
      }
      claim(port.request, outcome.tenant)
      pending.seal({ kind: "tenant", tenant: outcome.tenant })
      return true
    })
  }

  /** What is no HTTP request is refused by Nest itself, as each transport does. */
  #admitMessage(context: ExecutionContext): MaybePromise<boolean> {
    const { resolveMessage } = this.#settings
    if (resolveMessage === undefined) return true
    const settings = { ...this.#settings, resolve: () => resolveMessage(context), authorize: undefined }
    return chain(resolveTenant(settings, { request: context } as RequestPort), (outcome) => {
      if (outcome.kind === "rejected") {
        return this.#refuse(outcome.rejection, { answer: () => false, isAnswered: () => false, rest: [context] })
      }
      assignScope(context, { kind: "tenant", tenant: outcome.tenant })
      return true
    })
  }

  #refuse(rejection: Rejection, answering: Answering<boolean>): MaybePromise<boolean> {
    return chain(refuse(this.#settings, rejection, answering), () => false)
  }
}

Injectable()(TenantGuard)
Inject(settingsToken)(TenantGuard, undefined, 0)

/** Nest answers by exceptions, which the application's filters see. */
function answeringByException(context: ExecutionContext): Answering<never> {
  const response =
    context.getType() === "http"
      ? context.switchToHttp().getResponse<{ header(name: string, value: string): unknown } & Sent>()
      : undefined
  return {
    answer(status, type, body) {
      response?.header("content-type", type)
      const exception = new HttpException(body, status)
      // What GraphQL servers and logs show of it.
      exception.message = (body as Problem).detail
      throw exception
    },
    isAnswered: () => response !== undefined && (response.headersSent ?? response.sent ?? false),
    rest: [context],
  }
}

/** What express and fastify call it. */
interface Sent {
  readonly headersSent?: boolean
  readonly sent?: boolean
}

function notOpened(): TenantFailsafeError {
  return new TenantFailsafeError(
    "NOT_INSTALLED",
    "TenantGuard met a request for which TenantModule opened no scope. Import TenantModule.forRoot(options) into the root module, on " +
      "the platform of express or fastify.",
    { guard: "TenantGuard" },
  )
}

/** The guards and handlers that follow would read the scope of another request, if they read any. */
function handedOver(): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_SWITCH",
    "A request arrived at TenantGuard in the scope of another one: middleware before it went on from a callback, which a pool or an " +
      "emitter calls on behalf of others. Await a promise there instead, or go on with AsyncResource.bind(next).",
    { guard: "TenantGuard" },
  )
}
