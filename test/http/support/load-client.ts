import { request as open, type Agent, type ClientRequest, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"
import { isDeepStrictEqual } from "node:util"
import type { LoadHandler } from "./load-handler.ts"
import type { Planned } from "./load-plan.ts"
import { idHeader, type Witness } from "./load-witness.ts"

/** Sends a request as planned; tells how it ended, in a few words that are the same for all of its kind. */
export async function send(
  url: string,
  agent: Agent,
  planned: Planned,
  handler: LoadHandler,
  witness: Witness,
): Promise<string> {
  const request = open(`${url}/${planned.kind.needsNoTenant === true ? "login" : "work"}/${planned.id}`, {
    agent,
    method: planned.kind.body === undefined ? "GET" : "POST",
    headers: headersOf(planned),
  })
  if (planned.kind.leaves === "while the handler waits") handler.onceWaiting(planned.id, () => request.destroy())
  const [ending] = await Promise.all([endOf(request, planned), sendBody(request, planned, witness)])
  if (ending === "left") await witness.closed(planned.id)
  return ending
}

function headersOf({ id, kind }: Planned): Record<string, string> {
  const tenant = { nobody: {}, "an unknown tenant": { "x-tenant": `unknown${id}` } }
  return {
    [idHeader]: String(id),
    ...(kind.body === undefined ? {} : { "content-type": "application/json" }),
    ...(kind.names === undefined ? { "x-tenant": `t${id}` } : tenant[kind.names]),
  }
}

function bodyOf({ id, kind }: Planned): { readonly id: number; readonly text: string } | undefined {
  // 100 kB: express refuses more than 102,400 bytes.
  return kind.body && { id, text: `${id} `.repeat(kind.body === "small" ? 2 : Math.floor(100_000 / `${id} `.length)) }
}

async function sendBody(request: ClientRequest, planned: Planned, witness: Witness): Promise<void> {
  const body = bodyOf(planned)
  if (body === undefined || planned.kind.body === "small") return void request.end(body && JSON.stringify(body))
  const whole = JSON.stringify(body)
  const quarter = Math.ceil(whole.length / 4)
  for (let start = 0; start < whole.length; start += quarter) {
    if (start > 0 && planned.kind.leaves !== undefined) {
      await witness.arrived(planned.id)
      return void request.destroy()
    }
    await new Promise((resolve) => request.write(whole.slice(start, start + quarter), resolve))
  }
  request.end()
}

function endOf(request: ClientRequest, planned: Planned): Promise<string> {
  return new Promise((resolve, reject) => {
    request.on("response", (response) => resolve(readAnswer(response, planned)))
    request.on("error", (error) =>
      request.destroyed && planned.kind.leaves !== undefined ? resolve("left") : reject(error),
    )
  })
}

async function readAnswer(response: IncomingMessage, planned: Planned): Promise<string> {
  const answer = JSON.parse(await text(response)) as { readonly code?: string }
  const status = String(response.statusCode)
  if (answer.code !== undefined) return `${status} ${answer.code}`
  if (response.statusCode !== 200) return status
  const body = bodyOf(planned)
  const isOwn = isDeepStrictEqual(answer, { id: planned.id, scope: planned.scope, ...(body && { body }) })
  return isOwn ? `${status} its own` : `${status} not its own`
}
