import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { answerTasks } from "./answer-tasks.ts"
import { pinned, tenant } from "./domain.ts"
import { Tape } from "./replay.ts"
import { openWay, type Way, type WayConfig, type Work } from "./ways.ts"

/** Where the rows come from: memory, with only the ORM at work, or PostgreSQL. */
export type Level = "hydration" | "end-to-end"

/** What was loaded, to compare it between workers. */
export interface Loaded {
  readonly parents: number
  readonly children: number
  readonly foreign: number
  readonly digest: string
}

/** Milliseconds of one load: of this process's main thread, and by the clock. */
export interface Time {
  readonly cpu: number
  readonly wall: number
}

/** Bytes on the heap beyond those before the load: while its result is held, and after it was released. */
export interface Weight {
  readonly held: number
  readonly released: number
}

const collectGarbage = globalThis.gc
let way: Way
let tape: Tape
let load: () => Promise<readonly object[]>
// The code that V8 optimised for objects of these shapes would be thrown away with the last of them.
const pins: object[] = []

const answers = {
  async open({ config }: { readonly config: WayConfig }): Promise<void> {
    way = await openWay(config)
    tape = new Tape(way)
  },

  /** Proves that a load gives the same entities from memory as from the database, and says what they are. */
  async prepare({ work, level }: { readonly work: Work; readonly level: Level }): Promise<Loaded> {
    pins.push(await way.load({ ...work, shape: pinned }))
    const real = await tape.record(() => way.load(work))
    const recorded = tape.text
    const replayed = await tape.replay(() => way.load(work))
    const json = JSON.stringify(real)
    assert.equal(JSON.stringify(replayed), json, "The replayed entities differ.")
    assert.equal(tape.text, recorded, "A load altered the recorded rows.")
    if (level === "end-to-end") tape.erase()
    load = level === "end-to-end" ? () => way.load(work) : () => tape.replay(() => way.load(work))
    const children = real.flatMap((customer) => way.childrenOf(customer))
    return {
      parents: real.length,
      children: children.length,
      foreign: children.filter((child) => child.merchantId !== tenant).length,
      digest: createHash("sha256").update(json).digest("hex"),
    }
  },

  async time(): Promise<Time> {
    collectGarbage!()
    const start = performance.now()
    const cpu = process.threadCpuUsage()
    const loaded = await load()
    const { user, system } = process.threadCpuUsage(cpu)
    const wall = performance.now() - start
    assert.ok(loaded.length > 0)
    return { cpu: (user + system) / 1000, wall }
  },

  async weigh(): Promise<Weight> {
    const before = await heapUsed()
    const held = await heldBytes()
    return { held: held - before, released: (await heapUsed()) - before }
  },

  async close(): Promise<void> {
    await way.close()
  },
}

// A function of its own, so that no variable of the caller keeps the entities alive.
async function heldBytes(): Promise<number> {
  const loaded = await load()
  const bytes = await heapUsed()
  assert.ok(loaded.length > 0)
  return bytes
}

async function heapUsed(): Promise<number> {
  // Weak references and finalizers need turns of the event loop before their targets can go.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage!()
  }
  return process.memoryUsage().heapUsed
}

export type OrmAnswers = typeof answers

answerTasks(answers)
