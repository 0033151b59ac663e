import { inspect } from "node:util"
import { afterAll, beforeAll } from "vitest"
import { TenantFailsafeError } from "../../../src/index.ts"
import type { LeakReport } from "../../../src/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../../support/databases.ts"
import type { Guard, GuardHarness, Hook } from "./harness.ts"
import { changes, dump, type Dump } from "./oracle.ts"
import { owningSide } from "./removal-cases.ts"
import { createTables, seed } from "./schema.ts"

/** What became of a write. */
export interface Aftermath {
  /** `"done"`, the failsafe's code, `"FOREIGN_KEY"`, or what else happened. */
  readonly outcome: string
  readonly error: unknown
  /** What plain SQL finds changed. */
  readonly changed: readonly string[]
  /** The records of writes, as `Parcel.address link 1`. */
  readonly records: readonly string[]
  readonly leaks: readonly LeakReport[]
}

/** A database with the write guard's domain, and an ORM over it for each guard that is asked for. */
export class World<Session, Manager> {
  readonly harness: GuardHarness<Session, Manager>
  readonly db: TestDatabase
  readonly #sessions = new Map<string, Promise<Session>>()
  /** What the tables hold after they were filled; undefined once something was changed. */
  #clean: Dump | undefined

  constructor(harness: GuardHarness<Session, Manager>, db: TestDatabase) {
    this.harness = harness
    this.db = db
  }

  session(guard: Guard, hook?: Hook): Promise<Session> {
    const name = JSON.stringify([guard, hook])
    const known = this.#sessions.get(name)
    if (known !== undefined) return known
    const opened = this.harness.open(this.db, guard, hook)
    this.#sessions.set(name, opened)
    return opened
  }

  /** Fills the tables anew, unless nothing was changed since. */
  async reset(): Promise<Dump> {
    if (this.#clean !== undefined) return this.#clean
    await seed(this.db)
    return (this.#clean = await dump(this.db))
  }

  /** Runs a write and tells what it changed. */
  async attempt(write: () => Promise<unknown>): Promise<Aftermath> {
    const before = this.#clean ?? (await dump(this.db))
    const { result: error, leaks } = await collectLeaks(() => errorOf(write))
    const changed = changes(before, await dump(this.db))
    if (changed.length > 0) this.#clean = undefined
    const writes = leaks.filter(({ what }) => what === "write")
    return { outcome: outcomeOf(error), error, changed, records: writes.map(lineOf).toSorted(), leaks }
  }

  /** A test changed rows by plain SQL: the next case starts with the tables filled anew. */
  changedByHand(): void {
    this.#clean = undefined
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) {
      await session.then(
        (opened) => this.harness.close(opened),
        () => undefined,
      )
    }
    await this.db.close()
  }
}

/** A world in the life of the describe block around. */
export function openedWorld<Session, Manager>(kind: DatabaseKind, harness: GuardHarness<Session, Manager>) {
  let world: World<Session, Manager>
  beforeAll(async () => {
    world = new World(harness, await openDatabase(kind))
    await createTables(world.db)
  })
  afterAll(() => world?.close())
  return () => world
}

async function errorOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run()
    return undefined
  } catch (error) {
    return error ?? "nothing was thrown"
  }
}

function outcomeOf(error: unknown): string {
  if (error === undefined) return "done"
  if (error instanceof TenantFailsafeError) return error.code
  const text = error instanceof Error ? String(error) : inspect(error)
  return /foreign key/i.test(text) ? "FOREIGN_KEY" : text
}

function lineOf({ owner, relation, strategy, rows }: LeakReport): string {
  return `${relation === null ? owner : owningSide(`${owner}.${relation}`)} ${strategy} ${rows}`
}
