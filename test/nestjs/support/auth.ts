import { Injectable, Module, type CanActivate, type ExecutionContext } from "@nestjs/common"
import { APP_GUARD } from "@nestjs/core"
import { identify } from "../../http/support/identify.ts"

/** An application's own guard: says who the caller is, by a header. It lets everybody in. */
@Injectable()
export class AuthGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>()
    const { user } = identify(request.headers)
    await Promise.resolve()
    if (user !== undefined) request.user = user
    return true
  }
}

/** Authentication as a module that comes before TenantModule. */
@Module({ providers: [{ provide: APP_GUARD, useClass: AuthGuard }] })
export class AuthModule {}

/** The headers of a caller who belongs to a merchant. */
export function as(merchant: string | number): { readonly headers: Record<string, string> } {
  return { headers: { "x-user": JSON.stringify({ merchant }) } }
}
