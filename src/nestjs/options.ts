import type { ExecutionContext } from "@nestjs/common"
import { invalid } from "../core/options.ts"
import { readScopeOptions, type Resolved, type ScopeSettings, type TenantScopeOptions } from "../http/options.ts"
import type { Rejection } from "../http/rejection.ts"

/** The options of `TenantModule`: those of `tenantScope` in the other frameworks, where a request is the platform's own. */
export interface TenantModuleOptions<Request = never> extends Omit<TenantScopeOptions<Request>, "onReject"> {
  /** Throws the exception, or sends the answer, that stands in for the default problem. */
  readonly onReject?: (rejection: Rejection, context: ExecutionContext) => unknown
  /**
   * Which tenant a message of a gateway or a microservice is for, or a GraphQL operation that came by no HTTP request; undefined refuses
   * it. What it returns is trusted. Without this option such handlers run outside any scope.
   */
  readonly resolveMessage?: (context: ExecutionContext) => Resolved | Promise<Resolved>
}

/** Where the guard stands: global by default, or wherever the application puts `TenantGuard`. */
export interface TenantModulePlacement {
  readonly guard?: "global" | "manual"
}

export interface NestSettings extends ScopeSettings {
  readonly resolveMessage: ((context: ExecutionContext) => unknown) | undefined
}

/** The name under which the guard finds its settings. */
export const settingsToken: symbol = Symbol("tenant-failsafe/settings")

/** @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING` */
export function readModuleOptions<Request>(
  options: TenantModuleOptions<Request> & TenantModulePlacement,
  further: readonly string[] = ["guard"],
): NestSettings {
  const settings = readScopeOptions(options as TenantScopeOptions<Request>, "TenantModule", [
    "resolveMessage",
    ...further,
  ])
  const { resolveMessage } = options
  if (resolveMessage !== undefined && typeof resolveMessage !== "function") {
    throw invalid("resolveMessage must be a function.", { option: "resolveMessage" })
  }
  return { ...settings, resolveMessage }
}

/** @throws {TenantFailsafeError} `OPTION_INVALID` */
export function isGuardGlobal({ guard = "global" }: TenantModulePlacement): boolean {
  if (guard === "global" || guard === "manual") return guard === "global"
  throw invalid('guard must be "global" or "manual".', { option: "guard" })
}
