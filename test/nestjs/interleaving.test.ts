import {
  Controller,
  Get,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type NestInterceptor,
} from "@nestjs/common"
import { from, switchMap } from "rxjs"
import { describe, expect, it } from "vitest"
import { currentTenant } from "../../src/index.ts"
import { fromClaim, TenantModule } from "../../src/nestjs/index.ts"
import { moduleWith } from "../http/support/nest.ts"
import { rounds } from "../outside-http/support/rounds.ts"
import { as, AuthModule } from "./support/auth.ts"
import { platforms, serving, type Start } from "./support/serving.ts"

const count = 1000
const merchants = Array.from({ length: count }, (_, index) => `m${index}`)
const own = merchants.map((merchant) => ({
  guard: merchant,
  interceptor: merchant,
  handler: merchant,
  after: merchant,
}))

interface Seen {
  readonly guard?: unknown
}

/** Each request waits for all others in a guard, an interceptor and the handler; the last one to come goes on first. */
async function answers(start: Start, tenant: (request?: object) => unknown): Promise<unknown[]> {
  const meet = rounds(count)

  class MeetingGuard implements CanActivate {
    async canActivate(context: { switchToHttp(): { getRequest(): { seen?: Seen } } }): Promise<boolean> {
      const request = context.switchToHttp().getRequest()
      tenant(request)
      await meet()
      request.seen = { guard: tenant() }
      return true
    }
  }

  class MeetingInterceptor implements NestInterceptor {
    async intercept(context: { switchToHttp(): { getRequest(): { seen?: Seen } } }, next: CallHandler<object>) {
      await meet()
      const interceptor = tenant()
      const { seen } = context.switchToHttp().getRequest()
      return next
        .handle()
        .pipe(switchMap((answer) => from(meet().then(() => ({ ...seen, interceptor, ...answer, after: tenant() })))))
    }
  }

  @Controller()
  @UseGuards(MeetingGuard)
  @UseInterceptors(MeetingInterceptor)
  class MeetingController {
    @Get()
    async read(): Promise<object> {
      await meet()
      return { handler: tenant() }
    }
  }
  const url = await start(
    moduleWith([MeetingController], [AuthModule, TenantModule.forRoot({ resolve: fromClaim("merchant") })]),
  )
  return Promise.all(merchants.map(async (merchant) => (await fetch(url, as(merchant))).json()))
}

describe.each(platforms)("1,000 requests on $name that meet in guards, interceptors and handlers", (platform) => {
  const start = serving(platform)

  it("each see their own tenant only", async () => {
    expect(await answers(start, currentTenant)).toEqual(own)
  })

  it("see each other's when it is kept in a variable: the check catches it", async () => {
    let current: unknown
    const inVariable = (request?: object): unknown => {
      if (request !== undefined) current = (request as { user: { merchant: string } }).user.merchant
      return current
    }

    expect(await answers(start, inVariable)).not.toEqual(own)
  })
})
