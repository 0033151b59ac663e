import { SetMetadata, type ExecutionContext } from "@nestjs/common"
import { Reflector } from "@nestjs/core"
import { parseReason } from "../core/scope-arguments.ts"

const reasonKey = "tenant-failsafe/tenantless"
const reflector = new Reflector()

/**
 * Marks a handler, or all of a controller, that needs no tenant: it runs in `withoutTenant(reason)`.
 *
 * @throws {TenantFailsafeError} `REASON_MISSING`
 *
 * @example
 * class HealthController { @Get("health") @Tenantless("health check") health() { return "ok" } }
 */
export function Tenantless(reason: string): MethodDecorator & ClassDecorator {
  return SetMetadata(reasonKey, parseReason(reason, "Tenantless(reason)"))
}

/** Why the handler needs no tenant, if it says so. */
export function reasonOf(context: ExecutionContext): string | undefined {
  return reflector.getAllAndOverride<string | undefined>(reasonKey, [context.getHandler(), context.getClass()])
}
