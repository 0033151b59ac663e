import type { ServerResponse } from "node:http"
import { Controller, Get, Module, type MiddlewareConsumer, type NestModule } from "@nestjs/common"
import { Pool } from "pg"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { fromClaim, TenantModule } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { as, AuthModule } from "./support/auth.ts"
import { platforms, serving } from "./support/serving.ts"

const merchants = Array.from({ length: 50 }, (_, index) => `m${index}`)
let pool: Pool

beforeEach(() => {
  pool = new Pool({ connectionString: inject("postgresUrl"), max: 1 })
})

afterEach(() => pool.end())

@Controller()
class LeasingController {
  @Get()
  read(): object {
    return { scope: scopeName() }
  }
}

@Module({
  imports: [AuthModule, TenantModule.forRoot({ resolve: fromClaim("merchant") })],
  controllers: [LeasingController],
})
class LeasingModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    // Pg 8 calls whoever waits for a connection in the scope of whoever gave it back.
    const lease = (_: unknown, response: ServerResponse, next: () => void): void =>
      pool.connect((_error, _client, release) => {
        response.once("finish", () => release())
        next()
      })
    consumer.apply(lease).forRoutes("{*path}")
  }
}

describe.each(platforms)("a Nest middleware on $name that goes on where another request ends", (platform) => {
  const start = serving(platform)

  it("brings no request into the scope of that other one", async () => {
    const url = await start(LeasingModule)

    const answers = await Promise.all(
      merchants.map(async (merchant) => {
        const { scope } = (await (await fetch(url, as(merchant))).json()) as { scope?: string }
        return { merchant, scope }
      }),
    )

    expect(answers.filter(({ merchant, scope }) => scope !== undefined && scope !== merchant)).toEqual([])
  })
})
