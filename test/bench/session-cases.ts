import { Client } from "pg"
import type { TestDatabase } from "../support/databases.ts"
import { openAppRole } from "./app-role.ts"
import { Worker } from "./crew.ts"
import type { Effort } from "./generations.ts"
import { interleave } from "./measure.ts"
import { ratioRow, type RatioRow } from "./ratio-row.ts"
import { seedSessions } from "./session-data.ts"
import {
  requestKinds,
  sessionClients,
  sessionModes,
  type RequestKind,
  type SessionClient,
  type SessionMode,
} from "./session-ways.ts"
import type { SessionAnswers } from "./session-worker.ts"

/** Requests with a session that take turns with ones without, on the same connection. */
export interface SessionCase {
  readonly label: string
  readonly client: SessionClient
  readonly mode: SessionMode
  readonly kind: RequestKind
  readonly target: number | undefined
}

/** A request's first statement may take this much of what it takes without row security. */
const target = 1.5

const requestsPerSample = { statement: 100, transaction: 40 } as const

export const sessionCases: readonly SessionCase[] = sessionClients.flatMap((client) =>
  sessionModes.flatMap((mode) =>
    requestKinds.map((kind) => ({
      label: `session ${client} ${kind} ${mode}`,
      client,
      mode,
      kind,
      target: kind === "statement" && mode !== "policies" ? target : undefined,
    })),
  ),
)

export async function timeSessions(
  database: TestDatabase,
  cases: readonly SessionCase[],
  { against, effortOf }: { against: "guarded" | "vanilla"; effortOf: (target: number | undefined) => Effort },
): Promise<RatioRow[]> {
  const admin = new Client({ connectionString: database.ormConfig().clientUrl! })
  await admin.connect()
  const app = await openAppRole(admin, database)
  try {
    await seedSessions(admin, app.role)
    const rows: RatioRow[] = []
    for (const group of Map.groupBy(cases, ({ client, mode }) => `${client} ${mode}`).values()) {
      rows.push(...(await timeGroup(app.url, group, against, effortOf)))
    }
    return rows
  } finally {
    await app.drop()
    await admin.end()
  }
}

/**
 * A process and a connection for all that is compared: how long a server's process takes to wake up depends on the core that it sleeps on,
 * and two connections differ by more than a session costs.
 */
async function timeGroup(
  url: string,
  cases: readonly SessionCase[],
  against: "guarded" | "vanilla",
  effortOf: (target: number | undefined) => Effort,
): Promise<RatioRow[]> {
  const { client, mode } = cases[0]!
  const times = cases.map((): [number[], number[], number[]] => [[], [], []])
  const { generations } = effortOf(cases[0]!.target)
  for (let generation = 0; generation < generations; generation++) {
    const worker = new Worker<SessionAnswers>(
      new URL("session-worker.ts", import.meta.url),
      `session ${client} ${mode}`,
    )
    try {
      await worker.ask({ kind: "open", client, mode, url })
      for (const [index, { kind: requests, target: judged }] of cases.entries()) {
        const { samples, warmUps } = effortOf(judged)
        const found = await interleave(
          [false, false, against === "guarded"],
          (guarded) => worker.ask({ kind: "requests", requests, guarded, count: requestsPerSample[requests] }),
          { samples: Math.ceil(samples / generations), warmUps },
        )
        for (const [place, values] of found.entries()) times[index]![place]!.push(...values)
      }
    } finally {
      await worker.close()
    }
  }
  return cases.map(({ label, target: judged }, index) => ratioRow(label, "µs", times[index]!, judged))
}
