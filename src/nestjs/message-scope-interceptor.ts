import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from "@nestjs/common"
import { Observable } from "rxjs"
import { runScoped } from "../core/scope.ts"
import { assignedScope } from "./message-scopes.ts"
import { pendingRequest } from "./pending-requests.ts"
import { requestOf } from "./platform.ts"

/** Runs the handlers of messages in the scope that `TenantGuard` assigned, or outside any. Those of requests are in theirs already. */
export class MessageScopeInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const inScope = assignedScope(context)
    const request = requestOf(context)
    const pending = request === undefined ? undefined : pendingRequest(request)
    return new Observable((subscriber) => {
      const subscribe = () => next.handle().subscribe(subscriber)
      if (inScope === undefined && pending !== undefined) return pending.resume(subscribe)
      return inScope === undefined ? runScoped(undefined, subscribe) : inScope(subscribe)
    })
  }
}

Injectable()(MessageScopeInterceptor)
