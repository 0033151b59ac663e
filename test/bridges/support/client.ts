import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"

export interface Running {
  readonly url: string
  close(): Promise<void>
}

/** The header by which the tests say who the caller is: what authentication would have verified. */
export const callerHeader = "x-merchant"

/** The JSON that the application answers to a caller of this merchant, or to an anonymous one. */
export async function answerTo(url: string, merchant?: string, init: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(init.headers)
  if (merchant !== undefined) headers.set(callerHeader, merchant)
  return (await fetch(url, { ...init, headers })).json()
}

export async function serve(listener: RequestListener): Promise<Running> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
    },
  }
}
