import { Agent } from "node:http"
import { setImmediate as immediate } from "node:timers/promises"
import { fromHeader, lookup } from "../../../src/http/index.ts"
import type { Framework, Options } from "./frameworks.ts"
import { Gate } from "./gate.ts"
import { send } from "./load-client.ts"
import { isHandled, LoadHandler, moments, type Sight } from "./load-handler.ts"
import { planLoad, type KindName, type Planned } from "./load-plan.ts"
import { Witness } from "./load-witness.ts"

export interface Load {
  readonly frameworks: readonly Pick<Framework, "start">[]
  /** How many requests there are at the least. */
  readonly atLeast: number
  readonly random: () => number
  /** Connections that the client keeps to each server. */
  readonly sockets: number
  /** Handlers of each server that wait at the same time. */
  readonly wave: number
  /** The tenant that a handler is in, else the kind of its scope. */
  readonly currentScope: () => unknown
}

export interface LoadReport {
  readonly plan: readonly Planned[]
  /** Where a handler was in another scope than the one that its request asked for. */
  readonly wrong: readonly Sight[]
  /** How the requests of each kind ended, as their clients see it. */
  readonly endings: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** How many handlers of each kind ran to their end, looking around at each moment. */
  readonly handled: Readonly<Record<string, number>>
  readonly arrivals: ReadonlyMap<number, number>
  /** How many tenants were served over each connection. */
  readonly tenantsPerSocket: readonly number[]
  /** How many handlers were waiting each time the gate opened. */
  readonly openings: readonly number[]
  /** The requests that waited, in the order in which they came and in which they went on. */
  readonly came: readonly number[]
  readonly wentOn: readonly number[]
}

/** Starts the servers, sends them all requests at the same time, and tells what came of it. */
export async function runLoad({ frameworks, atLeast, random, sockets, wave, currentScope }: Load): Promise<LoadReport> {
  const plan = planLoad(atLeast, frameworks.length, random)
  const passages = frameworks.map((_, lane) => plan.filter((one) => one.lane === lane && one.kind.waits).length)
  const gate = new Gate(passages, wave, random)
  const witness = new Witness()
  const handler = new LoadHandler(plan, gate, witness, currentScope)
  const servers = await Promise.all(frameworks.map(({ start }) => start(options as Options, handler)))
  const agents = servers.map(() => new Agent({ keepAlive: true, maxSockets: sockets }))
  witness.start()
  try {
    const endings = await Promise.all(
      plan.map(async (planned) => {
        const { url } = servers[planned.lane]!
        const ending = await send(url, agents[planned.lane]!, planned, handler, witness)
        // The others would wait for it at the gate.
        if (isHandled(planned.kind) && !handler.hasSeen(planned)) throw new Error(`${planned.kindName}: ${ending}`)
        return ending
      }),
    )
    await handler.allDone
    return {
      plan,
      wrong: handler.sights.filter(({ request, scope }) => scope !== request.scope),
      endings: endingsByKind(plan, endings),
      handled: handledByKind(handler),
      arrivals: witness.arrivals,
      tenantsPerSocket: [...witness.tenantsOf.values()],
      openings: gate.openings,
      came: waitersAt("entry", handler),
      wentOn: waitersAt("after the gate", handler),
    }
  } finally {
    gate.abandon()
    witness.stop()
    for (const agent of agents) agent.destroy()
    await Promise.all(servers.map((server) => server.close()))
  }
}

const numberIn = (tenant: unknown): number => Number(String(tenant).replace(/^\D+/, ""))

/** Each way to decide about a tenant, at once and later: the number in its name says which. */
const options = {
  resolve: lookup(fromHeader("x-tenant"), (name) => {
    const tenant = String(name).startsWith("unknown") ? undefined : name
    return numberIn(name) % 2 === 0 ? tenant : immediate(tenant)
  }),
  authorize: (_: unknown, tenant: unknown) => (numberIn(tenant) % 3 === 0 ? immediate(true) : true),
  tenantless: (request: { url?: string; path?: string; req?: { url?: string } }) =>
    [request.url, request.path, request.req?.url].some((part) => part?.includes("/login/")) ? "signing in" : false,
  // The servers share one thread with all their clients: a pause of it must not count as a resolver that hangs.
  timeout: 600_000,
}

function waitersAt(moment: string, { sights }: LoadHandler): readonly number[] {
  return sights.filter((sight) => sight.moment === moment && sight.request.kind.waits).map(({ request }) => request.id)
}

function endingsByKind(plan: readonly Planned[], endings: readonly string[]): LoadReport["endings"] {
  const counts: Partial<Record<KindName, Record<string, number>>> = {}
  for (const { id, kindName } of plan) {
    const ofKind = (counts[kindName] ??= {})
    ofKind[endings[id]!] = (ofKind[endings[id]!] ?? 0) + 1
  }
  return counts
}

function handledByKind({ sights, done }: LoadHandler): LoadReport["handled"] {
  const seen = Map.groupBy(sights, ({ request }) => request)
  const counts: Partial<Record<KindName, number>> = {}
  for (const request of done) {
    const isWhole =
      seen
        .get(request)
        ?.map(({ moment }) => moment)
        .join() === moments.join()
    if (isWhole) counts[request.kindName] = (counts[request.kindName] ?? 0) + 1
  }
  return counts
}
