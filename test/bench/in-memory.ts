import { IncomingMessage, ServerResponse, type RequestListener } from "node:http"
import { Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"

/** What Node's parser fills a request with; `headers` and `headersDistinct` read it when they are asked for. */
type Parsed = IncomingMessage & { _addHeaderLines(raw: readonly string[], length: number): void }

/** As many as a busy server is handed in one turn of its event loop. */
const requestsPerTurn = 16

/** Calls a listener as a server would, without a connection: one request after the other, each answered before the next. */
export async function dispatch(
  listener: RequestListener,
  headers: Readonly<Record<string, string>>,
  count: number,
): Promise<void> {
  const socket = new Socket()
  const raw = Object.entries({ host: "localhost", ...headers }).flat()
  for (let call = 0; call < count; call++) {
    const request = new IncomingMessage(socket) as Parsed
    request.method = "GET"
    request.url = "/work"
    request.httpVersion = "1.1"
    request.httpVersionMajor = 1
    request.httpVersionMinor = 1
    request._addHeaderLines(raw, raw.length)
    request.complete = true
    request.push(null)
    await answerTo(request, listener)
    // What was put off by process.nextTick would otherwise wait for the last request, and hold every one before it in memory.
    if (call % requestsPerTurn === 0) await nextTurn()
  }
}

function answerTo(request: IncomingMessage, listener: RequestListener): Promise<void> {
  return new Promise((resolve, reject) => {
    const response = new ServerResponse(request)
    const end = response.end.bind(response)
    // Of its own, because express replaces the prototype, and without a connection nothing tells that it is finished.
    response.end = (body?: unknown) => {
      if (response.statusCode === 200) resolve()
      else reject(new Error(`A request was answered with ${response.statusCode}: ${String(body)}`))
      return end(body)
    }
    listener(request, response)
  })
}
