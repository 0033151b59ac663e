import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"

/** What a worker that serves requests can be told to do. */
export interface ServerAnswers {
  /** Starts a server, and returns its port. */
  listen(): Promise<number>
  start(): void
  /** Microseconds of CPU that this process took since the start. */
  stop(): number
  readonly [more: string]: (task: never) => unknown
}

export function serverAnswers(listener: () => RequestListener): Pick<ServerAnswers, "listen" | "start" | "stop"> {
  let before: NodeJS.CpuUsage | undefined
  return {
    listen() {
      const server = createServer(listener())
      return new Promise((resolve) => {
        server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
      })
    },
    start() {
      globalThis.gc!()
      before = process.cpuUsage()
    },
    stop() {
      const { user, system } = process.cpuUsage(before)
      return user + system
    },
  }
}
