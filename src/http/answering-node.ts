import type { ServerResponse } from "node:http"
import type { Answering } from "./refuse.ts"

/** Answers by a response of node:http. */
export function answeringNode(response: ServerResponse, rest: readonly unknown[]): Answering<void> {
  return {
    answer(status, type, body) {
      const text = JSON.stringify(body)
      response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text)
    },
    isAnswered: () => response.headersSent || response.writableEnded,
    rest,
  }
}
