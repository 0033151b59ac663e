// A web socket lives longer than the request that opened it. How does each message know its tenant?
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocket, WebSocketServer } from "ws"
import { bindTenant, requireTenant, withTenant } from "tenant-failsafe"

/** Stands for the verification of a token: what it says is the caller's merchant. */
const merchants: Readonly<Record<string, number>> = { "Bearer acme": 1, "Bearer globex": 2 }

function authenticate(request: IncomingMessage): number | undefined {
  return merchants[request.headers.authorization ?? ""]
}

/** All that is done for one socket. Called in the scope of its tenant. */
function serve(socket: WebSocket): void {
  // Pitfall: a frame arrives on the socket of the operating system, which knows no scope, whatever was open around the upgrade. Only
  // one that comes in the same packet as the upgrade does, which hides the mistake. So each listener is bound.
  socket.on(
    "message",
    bindTenant(async (message: Buffer) => {
      const text = message.toString()
      await Promise.resolve()
      socket.send(`${text} of merchant ${requireTenant()}`)
    }),
  )
}

function start() {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  server.on("upgrade", (request, stream, head) => {
    const merchant = authenticate(request)
    if (merchant === undefined) return void stream.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n")
    sockets.handleUpgrade(request, stream, head, (socket) => withTenant(merchant, () => serve(socket)))
  })
  return server.listen(0)
}

export async function run(): Promise<readonly string[]> {
  const server = start()
  await once(server, "listening")
  const url = `ws://localhost:${(server.address() as AddressInfo).port}`
  const connect = (authorization: string) => new WebSocket(url, { headers: { authorization } })

  const stranger = connect("Bearer nobody")
  const [refusal] = (await once(stranger, "error")) as [Error]
  const acme = connect("Bearer acme")
  const globex = connect("Bearer globex")
  await Promise.all([once(acme, "open"), once(globex, "open")])
  const answers = [
    ...(await Promise.all([ask(acme, "orders"), ask(globex, "orders")])),
    ...(await Promise.all([ask(globex, "invoices"), ask(acme, "invoices")])),
  ]
  acme.terminate()
  globex.terminate()
  server.close()
  return [refusal.message, ...answers]
}

async function ask(socket: WebSocket, text: string): Promise<string> {
  const answer = once(socket, "message")
  socket.send(text)
  return String((await answer)[0])
}
