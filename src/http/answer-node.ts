import type { ServerResponse } from "node:http"
import { problemType, type Rejection } from "./rejection.ts"

/** Sends a refusal by a response of node:http. */
export function answerNode(response: ServerResponse, { status }: Rejection, body: string): void {
  response.writeHead(status, { "content-type": problemType, "content-length": Buffer.byteLength(body) }).end(body)
}

export function isAnsweredNode(response: ServerResponse): boolean {
  return response.headersSent || response.writableEnded
}
