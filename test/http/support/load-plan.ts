import { shuffled } from "./seeded.ts"

/** What a request is like. The handler of one that does not say otherwise answers at once. */
export interface Kind {
  /** How many of 24 requests are like this. */
  readonly share: number
  readonly body?: "small" | "large"
  /** Its handler waits at the gate. */
  readonly waits?: true
  readonly crashes?: true
  /** When its client closes the connection, without having got an answer. */
  readonly leaves?: "while the handler waits" | "while it sends the body"
  /** Whom it names, unless that is a tenant of its own. */
  readonly names?: "nobody" | "an unknown tenant"
  readonly needsNoTenant?: true
}

export const kinds = {
  fast: { share: 6 },
  "small body": { share: 3, body: "small" },
  "large body": { share: 2, body: "large" },
  slow: { share: 3, waits: true },
  "slow, small body": { share: 1, waits: true, body: "small" },
  "slow, large body": { share: 1, waits: true, body: "large" },
  crashing: { share: 1, crashes: true },
  "slow, crashing": { share: 1, waits: true, crashes: true },
  "client leaves while the handler waits": { share: 2, waits: true, leaves: "while the handler waits" },
  "client leaves while it sends": { share: 1, body: "large", leaves: "while it sends the body" },
  "needs no tenant": { share: 1, names: "nobody", needsNoTenant: true },
  "no tenant": { share: 1, names: "nobody" },
  "unknown tenant": { share: 1, names: "an unknown tenant" },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds

const sharesOfAll = Object.values(kinds).reduce((sum, { share }) => sum + share, 0)

/** One request; no two name the same tenant. */
export interface Planned {
  readonly id: number
  /** Which of the servers it goes to. */
  readonly lane: number
  readonly kindName: KindName
  readonly kind: Kind
  /** What the scope of its handler has to be. */
  readonly scope: string
}

/** How often each kind's share goes into so many requests at the least, the same on each of the lanes. */
export function roundsFor(atLeast: number, lanes: number): number {
  return Math.ceil(atLeast / (sharesOfAll * lanes))
}

/** The requests in the order in which they are sent. */
export function planLoad(atLeast: number, lanes: number, random: () => number): readonly Planned[] {
  const rounds = roundsFor(atLeast, lanes)
  const all = Array.from({ length: lanes }, (_, lane) =>
    (Object.keys(kinds) as KindName[]).flatMap((kindName) =>
      Array.from({ length: kinds[kindName].share * rounds }, () => ({ lane, kindName, kind: kinds[kindName] as Kind })),
    ),
  )
  return shuffled(all.flat(), random).map((request, id) => {
    const scope = request.kind.needsNoTenant === true ? "bypass" : `t${id}`
    return { ...request, id, scope }
  })
}
