import {
  Catch,
  Controller,
  createParamDecorator,
  Get,
  HttpException,
  Inject,
  Injectable,
  Module,
  Scope,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type MiddlewareConsumer,
  type NestInterceptor,
  type NestModule,
  type PipeTransform,
} from "@nestjs/common"
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from "@nestjs/core"
import { tap } from "rxjs"
import { beforeEach, describe, expect, it } from "vitest"
import { fromClaim, TenantModule } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { as, AuthModule } from "./support/auth.ts"
import { platforms, serving } from "./support/serving.ts"

let seen: string[] = []
const see = (stage: string): unknown => seen.push(`${stage}: ${scopeName()}`)

class EarlyGuard implements CanActivate {
  canActivate(): boolean {
    see("guard before TenantGuard")
    return true
  }
}

class LateGuard implements CanActivate {
  canActivate(): boolean {
    see("guard after TenantGuard")
    return true
  }
}

class SeeingInterceptor implements NestInterceptor {
  intercept(_: unknown, next: CallHandler) {
    see("interceptor before the handler")
    return next.handle().pipe(tap(() => see("interceptor after the handler")))
  }
}

class SeeingPipe implements PipeTransform {
  transform(value: unknown): unknown {
    see("pipe")
    return value
  }
}

@Catch(HttpException)
class SeeingFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    see("exception filter")
    host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: object): void } }>()
      .status(exception.getStatus())
      .send({ caught: true })
  }
}

const Seen = createParamDecorator(() => see("parameter"))

@Controller()
class SeeingController {
  @Get("answers")
  answers(@Seen() seen: unknown): object {
    see("handler")
    return { seen }
  }

  @Get("fails")
  fails(): void {
    throw new HttpException("no", 418)
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: EarlyGuard }] })
class EarlyModule {}

@Module({
  imports: [EarlyModule, AuthModule, TenantModule.forRoot({ resolve: fromClaim("merchant") })],
  controllers: [SeeingController],
  providers: [
    { provide: APP_INTERCEPTOR, useClass: SeeingInterceptor },
    { provide: APP_PIPE, useClass: SeeingPipe },
    { provide: APP_FILTER, useClass: SeeingFilter },
  ],
})
class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const middleware = (_: unknown, __: unknown, next: () => void): void => {
      see("middleware")
      next()
    }
    consumer.apply(middleware).forRoutes("{*path}")
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: LateGuard }] })
class LateModule {}

const module = moduleWith([], [AppModule, LateModule])

describe.each(platforms)("a request on $name", (platform) => {
  const start = serving(platform)

  beforeEach(() => {
    seen = []
  })

  it("is the tenant's for everything that comes after TenantGuard, and nobody's before", async () => {
    const url = await start(module)

    await fetch(`${url}/answers`, as("acme"))

    expect(seen).toEqual([
      "middleware: none",
      "guard before TenantGuard: none",
      "guard after TenantGuard: acme",
      "interceptor before the handler: acme",
      "parameter: acme",
      "pipe: acme",
      "handler: acme",
      "interceptor after the handler: acme",
    ])
  })

  it("that fails is the tenant's for the exception filter", async () => {
    const url = await start(module)

    await fetch(`${url}/fails`, as("acme"))

    expect(seen.at(-1)).toBe("exception filter: acme")
  })

  it("that is refused is nobody's for the exception filter, and no interceptor runs", async () => {
    const url = await start(module)

    await fetch(`${url}/answers`)

    expect(seen).toEqual(["middleware: none", "guard before TenantGuard: none", "exception filter: none"])
  })

  it("constructs its request-scoped providers before any guard, and calls them as the tenant", async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Orders {
      constructor() {
        see("constructor")
      }

      find(): void {
        see("method")
      }
    }

    @Controller()
    class OrderController {
      readonly #orders: Orders

      constructor(@Inject(Orders) orders: Orders) {
        this.#orders = orders
      }

      @Get()
      find(): object {
        this.#orders.find()
        return {}
      }
    }

    @Module({
      imports: [AuthModule, TenantModule.forRoot({ resolve: fromClaim("merchant") })],
      controllers: [OrderController],
      providers: [Orders],
    })
    class OrderModule {}
    const url = await start(moduleWith([], [OrderModule]))

    await fetch(url, as("acme"))

    expect(seen).toEqual(["constructor: none", "method: acme"])
  })
})
