import type { ExecutionContext } from "@nestjs/common"
import { runScoped, withoutTenant, type Scope } from "../core/scope.ts"

/** By the arguments of the handler, which Nest 12 hands to guards and interceptors as the same array. */
const scopes = new WeakMap<object, Scope>()

/** The guard let the call of a handler in: it shall run in a scope of its own. */
export function assignScope(context: ExecutionContext, scope: Scope): void {
  scopes.set(context.getArgs(), scope)
}

/** Runs in the scope that the guard assigned to the call of a handler; undefined where it assigned none. */
export function assignedScope(context: ExecutionContext): (<R>(run: () => R) => R) | undefined {
  const scope = scopes.get(context.getArgs())
  if (scope === undefined) return undefined
  return (run) => (scope.kind === "bypass" ? withoutTenant(scope.reason, run) : runScoped(scope, run))
}
