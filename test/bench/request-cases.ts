import { Worker } from "./crew.ts"
import { contend, type Effort } from "./generations.ts"
import { differences, statsOf, type Stats } from "./measure.ts"
import { frameworks, type Framework } from "./request-apps.ts"
import { headers, variants, type RequestWayName, type Variant } from "./request-ways.ts"
import type { RequestAnswers } from "./request-worker.ts"
import { openServer, steadyFlags, type Contender } from "./served.ts"

/** How a request reaches the application: by a connection, or by a call of its listener. */
export type Way = "own" | "in memory"

/** Applications with `tenantScope` that take turns with one that has none. */
export interface RequestGroup {
  readonly framework: Framework
  readonly way: Way
  readonly variants: readonly Variant[]
}

/** Microseconds of CPU per request. */
export interface RequestRow {
  readonly label: string
  readonly vanilla: number
  /** What a request costs beyond one without `tenantScope`; that of a second server without it. */
  readonly added: Stats
  readonly control: Stats
  readonly target: number
}

/** Microseconds that `tenantScope` may add to a request. */
const target = 5

const callsPerSample = 20_000

const allGroups: readonly RequestGroup[] = (["own", "in memory"] as const).flatMap((way) =>
  frameworks.map((framework) => ({ framework, way, variants })),
)

/** The groups of which at least one label contains `only`, each with the variants that do. */
export function requestGroupsWith(only: string): RequestGroup[] {
  return allGroups
    .map((group) => ({
      ...group,
      variants: group.variants.filter((variant) => requestLabel(group, variant).includes(only)),
    }))
    .filter(({ variants }) => variants.length > 0)
}

export function requestLabel({ framework, way }: RequestGroup, variant: Variant): string {
  return `request ${framework} ${way} ${variant}`
}

export async function timeRequests(
  group: RequestGroup,
  against: "guarded" | "vanilla",
  effort: Effort,
): Promise<RequestRow[]> {
  const times = await contend<RequestWayName, Contender, number>(
    {
      names: ["vanilla", "control", ...group.variants],
      open: (name) => openContender(group, against === "guarded" ? name : "vanilla"),
      run: (contender) => contender.measure(),
    },
    effort,
  )
  const vanilla = times.get("vanilla")!
  return group.variants.map((variant) => ({
    label: requestLabel(group, variant),
    vanilla: statsOf(vanilla).median,
    added: differences(times.get(variant)!, vanilla),
    control: differences(times.get("control")!, vanilla),
    target,
  }))
}

async function openContender({ framework, way }: RequestGroup, name: RequestWayName): Promise<Contender> {
  const worker = new Worker<RequestAnswers>(
    new URL("request-worker.ts", import.meta.url),
    `${framework} ${name}`,
    steadyFlags,
  )
  await worker.ask({ kind: "open", framework, name })
  if (way === "own") return openServer(worker, headers)
  return {
    measure: () => worker.ask({ kind: "dispatch", count: callsPerSample }),
    close: () => worker.close(),
  }
}
