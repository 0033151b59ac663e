import { Injectable, Module, UseFilters, type ArgumentsHost, type ExecutionContext } from "@nestjs/common"
import { WsAdapter } from "@nestjs/platform-ws"
import { MessageBody, SubscribeMessage, WebSocketGateway, type WsException } from "@nestjs/websockets"
import { from, map, Subject, type Observable } from "rxjs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { bindTenant, withTenant } from "../../src/index.ts"
import { Tenantless, TenantModule, type TenantModuleOptions } from "../../src/nestjs/index.ts"
import { bypassesDuring } from "../http/support/bypasses-during.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { platforms, serving } from "./support/serving.ts"
import { connect, type Socket } from "./support/sockets.ts"

interface Client {
  send(text: string): void
}

let handled = 0
let gate = Promise.withResolvers<void>()
let feed = new Subject<string>()
const sockets: Socket[] = []

/** Tells the client what was refused, in Nest's words. */
class TellingFilter {
  catch(exception: WsException, host: ArgumentsHost): void {
    host
      .switchToWs()
      .getClient<Client>()
      .send(JSON.stringify({ refused: exception.message }))
  }
}

@WebSocketGateway()
@Injectable()
@UseFilters(TellingFilter)
class AppGateway {
  @SubscribeMessage("now")
  now(): object {
    handled++
    return { scope: scopeName() }
  }

  @SubscribeMessage("later")
  async later(@MessageBody() message: object): Promise<object> {
    const before = scopeName()
    await gate.promise
    return { ...message, before, after: scopeName() }
  }

  @SubscribeMessage("several")
  several(): Observable<object> {
    return from(severalNames())
  }

  @SubscribeMessage("feed")
  feed(): Observable<object> {
    return feed.pipe(map((event) => ({ event, scope: scopeName() })))
  }

  @SubscribeMessage("bound-feed")
  boundFeed(): Observable<object> {
    return feed.pipe(map(bindTenant((event) => ({ event, scope: scopeName() }))))
  }

  @SubscribeMessage("ping")
  @Tenantless("keeping the connection alive")
  ping(): object {
    return { scope: scopeName() }
  }
}

/** Hands every message over in the scope of some tenant, as an adapter does that was started in a request. */
class EmittingInScope extends WsAdapter {
  override bindMessageHandler(...message: Parameters<WsAdapter["bindMessageHandler"]>): Observable<unknown> {
    return withTenant("emitter's", () => super.bindMessageHandler(...message))
  }
}

async function* severalNames(): AsyncGenerator<object> {
  yield { scope: scopeName() }
  await gate.promise
  yield { scope: scopeName() }
}

@Module({ providers: [AppGateway] })
class GatewayModule {}

const resolveMessage = (context: ExecutionContext): string | undefined =>
  context.switchToWs().getData<{ merchant?: string } | undefined>()?.merchant

describe("a message of a gateway", () => {
  const start = serving(platforms[0]!)
  const open = async (
    options: Partial<TenantModuleOptions> | "without TenantModule" = { resolveMessage },
    Adapter = WsAdapter,
  ): Promise<Socket> => {
    const tenants =
      options === "without TenantModule" ? [] : [TenantModule.forRoot({ resolve: () => "the request's", ...options })]
    const url = await start(moduleWith([], [...tenants, GatewayModule]), (app) =>
      app.useWebSocketAdapter(new Adapter(app)),
    )
    return reopen(url)
  }
  const reopen = async (url: string): Promise<Socket> => {
    lastUrl = url
    const socket = await connect(url)
    sockets.push(socket)
    return socket
  }
  let lastUrl = ""

  beforeEach(() => {
    handled = 0
    gate = Promise.withResolvers()
    feed = new Subject()
  })

  afterEach(async () => {
    await Promise.all(sockets.splice(0).map((socket) => socket.close()))
  })

  it("is handled in the scope of the tenant that resolveMessage returns", async () => {
    const socket = await open()

    socket.send("now", { merchant: "acme" })

    expect(await socket.next()).toEqual({ scope: "acme" })
  })

  it("is handled in a scope of its own, while those of other tenants and clients are being handled", async () => {
    const [first, second] = [await open(), await reopen(lastUrl)]
    first.send("later", { merchant: "acme" })
    second.send("later", { merchant: "globex" })
    first.send("later", { merchant: "initech" })
    second.send("now", { merchant: "umbrella" })
    expect(await second.next()).toEqual({ scope: "umbrella" })

    withTenant("nobody's", () => gate.resolve())

    expect([await first.next(), await first.next(), await second.next()]).toEqual(
      ["acme", "initech", "globex"].map((tenant) => ({ merchant: tenant, before: tenant, after: tenant })),
    )
  })

  it("that is answered by an Observable is answered in its scope, however late", async () => {
    const socket = await open()
    socket.send("several", { merchant: "acme" })
    const answers = [await socket.next()]

    withTenant("globex", () => gate.resolve())

    expect([...answers, await socket.next()]).toEqual([{ scope: "acme" }, { scope: "acme" }])
  })

  it.each([
    ["feed", "globex"],
    ["bound-feed", "acme"],
  ])(
    "that is answered from a shared source by %s runs its operators for %s, who emits for another",
    async (event, scope) => {
      const socket = await open()
      socket.send(event, { merchant: "acme" })
      socket.send("now", { merchant: "acme" })
      await socket.next()

      withTenant("globex", () => feed.next("order"))

      expect(await socket.next()).toEqual({ event: "order", scope })
    },
  )

  it.each([
    ["undefined", () => undefined],
    ["what is no id", () => ({}) as never],
    ["a rejection", async () => Promise.reject(new Error("down"))],
  ])("for which resolveMessage gives %s is refused, and the handler does not run", async (_, resolveMessage) => {
    const socket = await open({ resolveMessage, onReject: () => undefined })

    socket.send("now", {})

    expect(await socket.next()).toEqual({ refused: "Forbidden resource" })
    expect(handled).toBe(0)
  })

  it("for which onReject throws is refused with what it throws", async () => {
    const onReject = ({ code }: { code: string }) => {
      throw new Error(`no: ${code}`)
    }
    const socket = await open({ resolveMessage, onReject })

    socket.send("now", {})

    expect(await socket.next()).toEqual({ refused: "no: TENANT_ABSENT" })
  })

  it("is handled outside any scope without resolveMessage, even where the server emits it in one", async () => {
    const socket = await open({}, EmittingInScope)

    socket.send("now", { merchant: "globex" })

    expect(await socket.next()).toEqual({ scope: "none" })
  })

  it("is handled in that scope without TenantModule: the check above catches it", async () => {
    const socket = await open("without TenantModule", EmittingInScope)

    socket.send("now", { merchant: "globex" })

    expect(await socket.next()).toEqual({ scope: "emitter's" })
  })

  it("runs past the guard where its handler is @Tenantless, which is recorded once", async () => {
    const socket = await open()
    let answer: unknown

    const records = await bypassesDuring(async () => {
      socket.send("ping")
      answer = await socket.next()
    })

    expect(answer).toEqual({ scope: "bypass" })
    expect(records).toMatchObject([{ kind: "bypass", reason: "keeping the connection alive" }])
  })
})
