import { once } from "node:events"
import { WebSocket } from "ws"

/** A client of a gateway. */
export interface Socket {
  /** Sends a message; the answers are in the order in which the server sent them. */
  send(event: string, data?: unknown): void
  /** The next answer. */
  next(): Promise<unknown>
  close(): Promise<void>
}

export async function connect(url: string): Promise<Socket> {
  const socket = new WebSocket(url.replace("http", "ws"))
  const answers: unknown[] = []
  const waiting: ((answer: unknown) => void)[] = []
  socket.on("message", (text: Buffer) => {
    const answer = JSON.parse(text.toString()) as unknown
    const resolve = waiting.shift()
    if (resolve === undefined) answers.push(answer)
    else resolve(answer)
  })
  await once(socket, "open")
  return {
    send: (event, data) => socket.send(JSON.stringify({ event, data })),
    next: () =>
      answers.length > 0 ? Promise.resolve(answers.shift()) : new Promise((resolve) => waiting.push(resolve)),
    async close() {
      socket.close()
      await once(socket, "close")
    },
  }
}
