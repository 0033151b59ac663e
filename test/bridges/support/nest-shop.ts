import { Controller, Get, Module, type MiddlewareConsumer, type NestModule } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import type { Request } from "express"
import { ClsModule, ClsServiceManager } from "nestjs-cls"
import { tenantScope } from "../../../src/express/index.ts"
import { callerHeader, type Running } from "./client.ts"

/** Where the application registers `tenantScope`: as a Nest middleware of its module, or by `app.use`, which comes before all of those. */
export type Registration = "consumer.apply" | "app.use"

/** A Nest application on express that keeps the caller's merchant in nestjs-cls. */
export async function startShop(work: () => unknown, registration: Registration = "consumer.apply"): Promise<Running> {
  const scope = tenantScope({ resolve: () => ClsServiceManager.getClsService().get<string | undefined>("tenant") })

  @Controller()
  class ShopController {
    @Get()
    work(): unknown {
      return work()
    }
  }

  @Module({
    imports: [
      ClsModule.forRoot({
        middleware: {
          mount: true,
          setup: (cls, request: Request) => cls.set("tenant", request.get(callerHeader)),
        },
      }),
    ],
    controllers: [ShopController],
  })
  class ShopModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      if (registration === "consumer.apply") consumer.apply(scope).forRoutes("{*path}")
    }
  }

  const app = await NestFactory.create(ShopModule, { logger: false })
  if (registration === "app.use") app.use(scope)
  await app.listen(0, "127.0.0.1")
  return { url: await app.getUrl(), close: () => app.close() }
}
