import {
  Controller,
  Get,
  UseGuards,
  type ExecutionContext,
  type INestApplication,
  type INestMicroservice,
} from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import {
  ClientTCP,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type TcpOptions,
  type MicroserviceOptions,
} from "@nestjs/microservices"
import type { AddressInfo, Server } from "node:net"
import { firstValueFrom, from, toArray, type Observable } from "rxjs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { TenantGuard, Tenantless, TenantModule, type TenantModuleOptions } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith, silent } from "../http/support/nest.ts"
import { InProcess } from "./support/in-process.ts"
import { platforms } from "./support/serving.ts"

let gate = Promise.withResolvers<void>()
let event = Promise.withResolvers<object>()
let handled = 0
let running: { close(): Promise<unknown> }[] = []

@Controller()
class AppController {
  @MessagePattern("now")
  now(): string {
    handled++
    return scopeName()
  }

  @MessagePattern("later")
  async later(@Payload("merchant") merchant: string): Promise<string> {
    const before = scopeName()
    await gate.promise
    return `${merchant}: ${before}, ${scopeName()}`
  }

  @MessagePattern("several")
  several(): Observable<string> {
    return from(severalNames())
  }

  @EventPattern("happened")
  happened(@Payload("merchant") merchant: unknown): void {
    event.resolve({ merchant, scope: scopeName() })
  }

  @MessagePattern("ping")
  @Tenantless("is it alive")
  ping(): string {
    return scopeName()
  }

  @MessagePattern("guarded")
  @UseGuards(TenantGuard)
  guarded(): string {
    return scopeName()
  }

  @Get()
  read(): string {
    return scopeName()
  }
}

async function* severalNames(): AsyncGenerator<string> {
  yield scopeName()
  await gate.promise
  yield scopeName()
}

const tcp = { transport: Transport.TCP, options: { host: "127.0.0.1", port: 0 } } as const
const resolveMessage = (context: ExecutionContext): string | undefined =>
  context.switchToRpc().getData<{ merchant?: string }>().merchant
const moduleOf = (options: Partial<TenantModuleOptions>) =>
  moduleWith([AppController], [TenantModule.forRoot({ resolve: () => "the request's", ...options })])

interface Started {
  readonly client: ClientTCP
  readonly app?: INestApplication
}

async function startPure(options: Partial<TenantModuleOptions>): Promise<Started> {
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf(options), { ...tcp, ...silent })
  await service.listen()
  running.push(service)
  return { client: clientOf(service) }
}

async function startHybrid(options: Partial<TenantModuleOptions>, inheritAppConfig = true): Promise<Started> {
  const app: INestApplication = await platforms[0]!.create(moduleOf(options))
  const service = app.connectMicroservice<MicroserviceOptions>(tcp, { inheritAppConfig })
  await app.startAllMicroservices()
  await app.listen(0, "127.0.0.1")
  running.push(app)
  return { client: clientOf(service), app }
}

function clientOf(service: INestMicroservice): ClientTCP {
  const { port } = service.unwrap<Server>().address() as AddressInfo
  const client = new ClientTCP({ host: "127.0.0.1", port } satisfies TcpOptions["options"])
  running.unshift(client as unknown as { close(): Promise<unknown> })
  return client
}

const ask = (client: ClientTCP, pattern: string, merchant?: string): Promise<unknown> =>
  firstValueFrom(client.send<unknown>(pattern, merchant === undefined ? {} : { merchant }))

beforeEach(() => {
  gate = Promise.withResolvers()
  event = Promise.withResolvers()
  handled = 0
})

afterEach(async () => {
  for (const each of running) await each.close()
  running = []
})

describe.each([
  { kind: "pure", start: startPure },
  { kind: "hybrid", start: (options: Partial<TenantModuleOptions>) => startHybrid(options) },
])("in a $kind microservice on TCP", ({ start }) => {
  it("messages are handled in the scopes of the tenants that resolveMessage returns, while others are", async () => {
    const { client } = await start({ resolveMessage })
    const later = ["acme", "globex"].map((merchant) => ask(client, "later", merchant))
    expect(await ask(client, "now", "initech")).toBe("initech")

    withTenant("nobody's", () => gate.resolve())

    expect(await Promise.all(later)).toEqual(["acme: acme, acme", "globex: globex, globex"])
  })

  it("an event is handled in the scope of the tenant that resolveMessage returns", async () => {
    const { client } = await start({ resolveMessage })

    client.emit("happened", { merchant: "acme" })

    expect(await event.promise).toEqual({ merchant: "acme", scope: "acme" })
  })

  it("a message that is answered by an Observable is answered in its scope, however late", async () => {
    const { client } = await start({ resolveMessage })
    const answers = firstValueFrom(client.send<string>("several", { merchant: "acme" }).pipe(toArray()))
    await ask(client, "now", "acme")

    withTenant("globex", () => gate.resolve())

    expect(await answers).toEqual(["acme", "acme"])
  })

  it("a message for which resolveMessage gives undefined is refused, and the handler does not run", async () => {
    const { client } = await start({ resolveMessage })

    await expect(ask(client, "now")).rejects.toEqual({ status: "error", message: "Forbidden resource" })
    expect(handled).toBe(0)
  })

  it("an event for which resolveMessage gives undefined is not handled", async () => {
    const { client } = await start({ resolveMessage })

    await firstValueFrom(client.emit("happened", {}), { defaultValue: undefined })
    client.emit("happened", { merchant: "acme" })

    expect(await event.promise).toEqual({ merchant: "acme", scope: "acme" })
  })

  it("a message is handled outside any scope without resolveMessage", async () => {
    const { client } = await start({})

    expect(await ask(client, "now", "globex")).toBe("none")
  })

  it("a handler that is @Tenantless runs past the guard", async () => {
    const { client } = await start({ resolveMessage })

    expect(await ask(client, "ping")).toBe("bypass")
  })
})

describe("a hybrid application", () => {
  it("opens the scopes of its requests too", async () => {
    const { app } = await startHybrid({ resolveMessage })

    expect(await (await fetch(await app!.getUrl())).text()).toBe("the request's")
  })

  // Nest 12 gives such a microservice neither the guards nor the interceptors of its modules.
  it.each(["now", "guarded"])("without inheritAppConfig handles '%s' outside any scope", async (pattern) => {
    const { client } = await startHybrid({ resolveMessage }, false)

    expect(await ask(client, pattern, "acme")).toBe("none")
  })
})

describe("a message that is delivered by code of another tenant", () => {
  const deliver = async (options: Partial<TenantModuleOptions>, inheritAppConfig = true): Promise<unknown> => {
    const app: INestApplication = await platforms[0]!.create(moduleOf(options))
    const strategy = new InProcess()
    app.connectMicroservice<MicroserviceOptions>({ strategy }, { inheritAppConfig })
    running.push(app)
    await app.startAllMicroservices()
    return withTenant("globex", () => strategy.deliver("now", { merchant: "acme" }))
  }

  it("is handled in the scope of the tenant that resolveMessage returns", async () => {
    expect(await deliver({ resolveMessage })).toBe("acme")
  })

  it("is handled outside any scope without resolveMessage", async () => {
    expect(await deliver({})).toBe("none")
  })

  it("is handled in that one's scope without inheritAppConfig: TenantModule is not asked", async () => {
    expect(await deliver({ resolveMessage }, false)).toBe("globex")
  })
})
