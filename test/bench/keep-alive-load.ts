import assert from "node:assert/strict"
import { once } from "node:events"
import { connect, type Socket } from "node:net"

/** Connections to a server of this machine that stay open, and send the same request again and again. */
export class Load {
  readonly #sockets: readonly Socket[]
  readonly #request: string
  #answerLength: number | undefined

  private constructor(sockets: readonly Socket[], request: string) {
    this.#sockets = sockets
    this.#request = request
  }

  static async open(port: number, headers: Readonly<Record<string, string>>, connections: number): Promise<Load> {
    const sockets = Array.from({ length: connections }, () => connect({ port, host: "127.0.0.1", noDelay: true }))
    await Promise.all(sockets.map((socket) => once(socket, "connect")))
    const lines = Object.entries({ host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    const load = new Load(sockets, `GET /work HTTP/1.1\r\n${lines.join("")}\r\n`)
    await load.#measureAnswer()
    return load
  }

  /** Sends requests on all connections at once, each when the one before it on the same connection was answered. */
  async send(requests: number): Promise<void> {
    const each = Math.ceil(requests / this.#sockets.length)
    await Promise.all(this.#sockets.map((socket) => this.#sendOn(socket, each)))
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  // Parsing answers would cost more than all else that this process does; all have the same length, the date included.
  async #measureAnswer(): Promise<void> {
    const [socket] = this.#sockets
    socket!.write(this.#request)
    const [chunk] = (await once(socket!, "data")) as [Buffer]
    const answer = chunk.toString()
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n.+$/s)
    this.#answerLength = chunk.length
  }

  #sendOn(socket: Socket, requests: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let answered = 0
      let received = 0
      const onData = (chunk: Buffer): void => {
        received += chunk.length
        if (received < this.#answerLength!) return
        received -= this.#answerLength!
        answered++
        if (answered < requests) socket.write(this.#request)
        else stop(received === 0 ? undefined : new Error("A server sent more than the answers."))
      }
      const onEnd = (): void => stop(new Error("A server closed a connection."))
      const stop = (error?: Error): void => {
        socket.off("data", onData).off("end", onEnd).off("error", stop)
        if (error === undefined) resolve()
        else reject(error)
      }
      socket.on("data", onData).on("end", onEnd).on("error", stop).write(this.#request)
    })
  }
}
