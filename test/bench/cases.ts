import assert from "node:assert/strict"
import { Worker } from "./crew.ts"
import { shapeNamed } from "./domain.ts"
import { contend, type Effort } from "./generations.ts"
import { differences, ratios, statsOf, type Stats } from "./measure.ts"
import { isGuarded, type Orm, type Strategy, type WayName, type Work } from "./ways.ts"
import type { Level, Loaded, OrmAnswers, Time, Weight } from "./worker.ts"

export type Mode = "active" | "idle" | "leaking"

/** Guarded loads that take turns with vanilla ones on the same rows. */
export interface Group extends Work {
  readonly orm: Orm
  readonly what: Level | "memory" | "save" | "flush"
  readonly modes: readonly Mode[]
}

/** What the cases need to know of the whole run. */
export interface Contest {
  readonly clientUrl: string
  readonly role: string | undefined
  readonly against: "guarded" | "vanilla"
}

export interface TimeRow {
  readonly label: string
  readonly vanillaMs: number
  readonly guarded: Stats
  readonly control: Stats
  readonly filter?: Stats | undefined
  readonly rls?: Stats | undefined
  readonly target?: number | undefined
}

export interface MemoryRow {
  readonly label: string
  readonly children: number
  /** Bytes that a vanilla load retains while it is held. */
  readonly vanilla: number
  /** Bytes beyond vanilla while held, and after the release; those of a control load beside them. */
  readonly held: Stats
  readonly heldControl: Stats
  readonly released: Stats
  readonly releasedControl: Stats
}

/** What a guarded load may cost, as a ratio of the vanilla one. */
const targets: Readonly<Record<string, number>> = {
  "hydration active": 1.05,
  "hydration idle": 1.02,
  "save active": 1.05,
  "flush active": 1.05,
}

/** TypeORM groups the rows of a query of its own by comparing each with each: only few of them can be measured. */
const loads: readonly { readonly orm: Orm; readonly shapes: readonly string[]; readonly strategy: Strategy }[] = [
  { orm: "mikro-orm", shapes: ["1x10000", "1000x10"], strategy: "select-in" },
  { orm: "mikro-orm", shapes: ["1x10000", "1000x10"], strategy: "joined" },
  { orm: "typeorm", shapes: ["1x10000", "1000x10"], strategy: "join" },
  { orm: "typeorm", shapes: ["100x10"], strategy: "query" },
]

const kinds: readonly Pick<Group, "what" | "ownership" | "modes">[] = [
  { what: "hydration", ownership: "own", modes: ["active", "idle"] },
  { what: "hydration", ownership: "half foreign", modes: ["leaking"] },
  { what: "memory", ownership: "own", modes: ["active"] },
  { what: "end-to-end", ownership: "own", modes: ["active", "idle"] },
  { what: "end-to-end", ownership: "half foreign", modes: ["leaking"] },
]

const allGroups: readonly Group[] = [
  ...kinds.flatMap((kind) =>
    loads.flatMap(({ orm, shapes, strategy }) =>
      shapes.map((name): Group => ({ ...kind, orm, shape: shapeNamed(name), strategy, task: "load" })),
    ),
  ),
  ...(["save", "end-to-end"] as const).map((what): Group => ({
    what,
    orm: "typeorm",
    ownership: "own",
    modes: ["active", "idle"],
    shape: shapeNamed("1x10"),
    strategy: "join",
    task: "save",
  })),
  ...(["flush", "end-to-end"] as const).flatMap((what) =>
    (["mikro-orm", "typeorm"] as const).map((orm): Group => ({
      what,
      orm,
      ownership: "own",
      modes: ["active", "idle"],
      shape: shapeNamed("1x1000"),
      strategy: orm === "typeorm" ? "join" : "joined",
      task: "flush",
    })),
  ),
]

/** The groups of which at least one label contains `only`, each with the modes that do. */
export function groupsWith(only: string): Group[] {
  return allGroups
    .map((group) => ({ ...group, modes: group.modes.filter((mode) => labelOf(group, mode).includes(only)) }))
    .filter(({ modes }) => modes.length > 0)
}

export function labelOf({ orm, what, shape, strategy, task }: Group, mode: Mode): string {
  const written = task !== "load" && what === "end-to-end" ? ` ${task}` : ""
  return `${orm} ${what}${written} ${shape.name} ${strategy} ${mode}`
}

export async function timeGroup(contest: Contest, group: Group, effort: Effort): Promise<TimeRow[]> {
  const { what, orm, modes, ownership, strategy } = group
  // With TypeORM, a query of its own for the children takes no condition.
  const rivals: WayName[] = ownership === "own" || strategy === "query" ? [] : ["filter"]
  const hasRls = orm === "mikro-orm" && contest.role !== undefined
  if (ownership !== "own" && what === "end-to-end" && hasRls) rivals.push("rls")
  // From memory only this process works, and its own time is free of what else the machine does.
  const unit = what === "end-to-end" ? "wall" : "cpu"
  const results = await measured<Time>(contest, group, ["vanilla", "control", ...modes, ...rivals], "time", effort)
  const times = new Map([...results].map(([name, values]) => [name, values.map((value) => value[unit])]))
  const vanilla = times.get("vanilla")!
  const against = (name: WayName): Stats | undefined =>
    times.has(name) ? ratios(times.get(name)!, vanilla) : undefined
  return modes.map((mode) => ({
    label: labelOf(group, mode),
    vanillaMs: statsOf(vanilla).median,
    guarded: against(mode)!,
    control: against("control")!,
    filter: against("filter"),
    rls: against("rls"),
    target: targets[`${what} ${mode}`],
  }))
}

export async function weighGroup(contest: Contest, group: Group, effort: Effort): Promise<MemoryRow> {
  const results = await measured<Weight>(contest, group, ["vanilla", "control", "active"], "weigh", effort)
  const bytes = (name: WayName, when: keyof Weight): number[] => results.get(name)!.map((weight) => weight[when])
  const beyond = (name: WayName, when: keyof Weight): Stats => differences(bytes(name, when), bytes("vanilla", when))
  return {
    label: labelOf(group, "active"),
    children: group.shape.parents * group.shape.childrenEach,
    vanilla: statsOf(bytes("vanilla", "held")).median,
    held: beyond("active", "held"),
    heldControl: beyond("control", "held"),
    released: beyond("active", "released"),
    releasedControl: beyond("control", "released"),
  }
}

type OrmWorker = Worker<OrmAnswers, WayName>

function measured<R extends Time | Weight>(
  { clientUrl, role, against }: Contest,
  group: Group,
  names: readonly WayName[],
  kind: "time" | "weigh",
  effort: Effort,
): Promise<Map<WayName, R[]>> {
  return contend<WayName, OrmWorker, R>(
    {
      names,
      async open(name) {
        const worker = new Worker<OrmAnswers, WayName>(new URL("worker.ts", import.meta.url), name)
        const guarded = against === "guarded" && isGuarded(name)
        await worker.ask({ kind: "open", config: { orm: group.orm, name, clientUrl, role, guarded } })
        return worker
      },
      prepare: (workers) => prepare(workers, group, against),
      run: (worker) => worker.ask({ kind }) as Promise<R>,
      finish: (worker) => worker.ask({ kind: "close" }),
    },
    effort,
  )
}

/** Every worker must load what its way promises, before it is measured. */
async function prepare(workers: readonly OrmWorker[], group: Group, against: Contest["against"]): Promise<void> {
  const { what, modes, orm: _, ...work } = group
  const { shape, ownership } = work
  const all = shape.parents * shape.childrenEach
  const digests = new Map<number, Loaded["digest"]>()
  for (const worker of workers) {
    const { name } = worker
    const loaded = await worker.ask({ kind: "prepare", work, level: what === "end-to-end" ? what : "hydration" })
    const guarded = against === "guarded" && isGuarded(name)
    const confined = name === "filter" || name === "rls" || (guarded && name !== "idle")
    const half = ownership === "half foreign" ? all / 2 : 0
    const { digest, ...counts } = loaded
    const expected = { parents: shape.parents, children: confined ? all - half : all, foreign: confined ? 0 : half }
    assert.deepEqual(counts, expected, `${name} ${modes.join()}`)
    assert.equal(
      digest,
      digests.get(loaded.children) ?? digest,
      `${name} loads other entities than the ways before it.`,
    )
    digests.set(loaded.children, digest)
  }
}
