import type { DataSource } from "typeorm"
import { TenantFailsafeError } from "../../../src/index.ts"
import { collectLeaks, type LeakReport } from "../../../src/testing/index.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { copyOf, type Graph } from "./graph.ts"
import { edit } from "./graph-edits.ts"
import { childrenOf, Hidden, ownersOf, type Entity } from "./graph-held.ts"
import { loadWays, lookWays, type LoadWay, type LookWay, type Wanted } from "./graph-loads.ts"
import { expectEqual, ExpectedSave, storedRows } from "./graph-oracle.ts"
import { assertLooked, assertShown } from "./graph-shown.ts"
import { assertInScope, inScope, isVisible, type LoadStep, type ScopeStep, type Step } from "./graph-steps.ts"
import { fingerprints, readGraph } from "./graph-tables.ts"

/** What a run checks: a control that turns the guard off switches the checks on one by one. */
export interface Checks {
  readonly reads: boolean
  readonly writes: boolean
}

/** How many loads and saves were compared with the oracle. */
export const tally = { loads: 0, saves: 0, refusals: 0 }

/** The entities of the last load, next to a model of what the database and they must hold. */
export class GraphRun {
  readonly #dataSource: DataSource
  readonly #database: TestDatabase
  readonly #checks: Checks
  readonly #hidden = new Hidden()
  #stored: Graph
  #scope: ScopeStep
  #held: Entity[] = []
  /** Whether what is held differs from what is stored. */
  #isDirty = false
  /** Whether what is held includes soft-deleted rows, which a save links anew. */
  #hasDeleted = false
  #isPartial = false
  #lastId = 1000

  constructor(dataSource: DataSource, database: TestDatabase, graph: Graph, scope: ScopeStep, checks: Checks) {
    this.#dataSource = dataSource
    this.#database = database
    this.#checks = checks
    this.#stored = copyOf(graph)
    this.#scope = scope
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.do === "scope") await this.#switch(step.scope)
      else await this.#in(() => this.#step(step))
    }
    await this.#in(() => this.#save("each"))
  }

  #in<R>(run: () => R): R {
    return inScope(this.#scope, () => {
      assertInScope(this.#scope)
      return run()
    })
  }

  /** What is held is carried over. Changes are saved first: writing what another tenant changed is a write of its own. */
  async #switch(scope: ScopeStep): Promise<void> {
    if (this.#isDirty) await this.#in(() => this.#save("each"))
    if (this.#isDirty || this.#hasDeleted) this.#forget()
    this.#scope = scope
  }

  #forget(): void {
    this.#held = []
    this.#isDirty = false
    this.#hasDeleted = false
    this.#isPartial = false
  }

  async #step(step: Exclude<Step, { do: "scope" }>): Promise<void> {
    switch (step.do) {
      case "load":
        return this.#load(step)
      case "edit": {
        const newId = (): number => ++this.#lastId
        edit({ held: this.#held, graph: this.#stored, scope: this.#scope, newId }, step)
        this.#isDirty = true
        return
      }
      case "copy":
        // A date that became text is not what is stored any more.
        if (!this.#hasDeleted) this.#held = this.#held.map((entity) => this.#copy(entity, step.how))
        return
      case "save":
        return step.how === "softRemove" ? this.#softRemove() : this.#save(step.how)
    }
  }

  #copy(entity: Entity, how: "json" | "spread" | "create"): Entity {
    if (how === "json") return JSON.parse(JSON.stringify(entity)) as Entity
    return how === "spread" ? { ...entity } : (this.#dataSource.manager.create("Customer", entity) as Entity)
  }

  async #load(step: LoadStep): Promise<void> {
    const isLook = step.way in lookWays
    // With a query per relation, TypeORM 0.3 and 1 ignore `withDeleted` for 1:m relations.
    const isFind = step.way === "find" || step.way === "transaction"
    const canBeDeleted = step.way === "builder" || (isFind && step.strategy === "join")
    const wanted: Wanted = {
      ...step,
      relations: new Set(step.relations.flatMap((one) => (one === "lines" ? ["purchases", one] : one))),
      one: this.#stored.customer.has(step.pick) ? step.pick : null,
      withDeleted: step.withDeleted && canBeDeleted,
    }
    if (isLook) return this.#look(step.way as LookWay, wanted)
    const isLazy = this.#dataSource.getMetadata("Customer").findRelationWithPropertyPath("notes")!.isLazy
    const way = step.way === "lazy" && !isLazy ? "loadMany" : (step.way as LoadWay)
    const loaded = await this.#collect(() => loadWays[way].load(this.#dataSource, wanted))
    if (loaded === undefined) return
    this.#forget()
    this.#held = loaded.result
    this.#hasDeleted = wanted.withDeleted
    this.#isPartial = way === "partial"
    for (const relation of wanted.relations) {
      for (const owner of ownersOf(this.#held, relation)) {
        const stored = storedRows(this.#stored, relation, owner.id!, wanted.withDeleted)
        const hidden = stored.filter((row) => !isVisible(this.#scope, row.tenant))
        this.#hidden.set(
          owner,
          relation,
          hidden.map(({ id }) => id),
        )
      }
    }
    if (!this.#checks.reads) return
    assertShown(this.#stored, this.#scope, way, wanted, this.#held, loaded.leaks)
    tally.loads++
  }

  /** A load with its records; undefined when it was refused because there is no scope. */
  async #collect<R>(run: () => Promise<R>): Promise<{ result: R; leaks: readonly LeakReport[] } | undefined> {
    try {
      return await collectLeaks(run)
    } catch (error) {
      if (!isRefusal(error) || this.#scope[0] !== "none") throw error
      tally.refusals++
      return undefined
    }
  }

  async #look(way: LookWay, wanted: Wanted): Promise<void> {
    const looked = await this.#collect(() => lookWays[way](this.#dataSource, wanted))
    if (looked === undefined || !this.#checks.reads) return
    assertLooked(this.#stored, this.#scope, way, wanted, looked.result, looked.leaks)
    tally.loads++
  }

  async #save(how: "each" | "all" | "chunks" | "transaction" | "rollback"): Promise<void> {
    const { manager } = this.#dataSource
    const held = this.#held
    if (held.length === 0) return
    // TypeORM 0.3 and 1 put null on what an entity lacks when they save it, and would store that null the next time.
    if (this.#isPartial) this.#forget()
    switch (how) {
      case "each":
        for (const customer of held) {
          if (!(await this.#write([customer], () => manager.save("Customer", customer)))) return
        }
        break
      case "all":
      case "chunks":
        if (!(await this.#write(held, () => manager.save("Customer", held, how === "all" ? {} : { chunk: 1 })))) return
        break
      case "transaction":
        if (!(await this.#write(held, () => manager.transaction((inner) => inner.save("Customer", held))))) return
        break
      case "rollback":
        await this.#rollBack(held)
        return
    }
    this.#isDirty = false
  }

  async #rollBack(held: readonly Entity[]): Promise<void> {
    const before = copyOf(this.#stored)
    const back = new Error("back")
    try {
      await this.#dataSource.transaction(async (manager) => {
        await manager.save("Customer", held)
        throw back
      })
    } catch (error) {
      if (error !== back && !(isRefusal(error) && this.#scope[0] === "none")) throw error
    }
    if (this.#checks.writes) expectEqual(await readGraph(this.#database), before, "all rows after a rollback")
    this.#isDirty = true
  }

  async #softRemove(): Promise<void> {
    if (this.#isDirty || this.#isPartial) await this.#save("all")
    if (this.#isDirty || this.#held.length === 0) return
    const addresses = this.#held.flatMap((customer) => childrenOf(customer, "addresses") ?? [])
    const tenants = addresses.map(({ id }) => this.#stored.rows.address.get(id!)!.tenant)
    // Removing a foreign row that the application holds is a write of its own.
    if (!tenants.every((tenant) => isVisible(this.#scope, tenant))) return
    const { manager } = this.#dataSource
    const held = this.#held
    if (!(await this.#write(held, () => manager.softRemove("Customer", held), true))) return
    await this.#write(held, () => manager.recover("Customer", held), false)
  }

  /** Writes and compares; returns whether it was not refused. */
  async #write(customers: readonly Entity[], write: () => Promise<unknown>, isDeleted?: boolean): Promise<boolean> {
    const isForeign = (tenant: number | null): boolean => !isVisible(this.#scope, tenant)
    const before = await fingerprints(this.#database, isForeign)
    let isRefused = false
    try {
      await collectLeaks(write)
    } catch (error) {
      if (!isRefusal(error)) throw error
      isRefused = true
    }
    const save = new ExpectedSave(this.#stored, this.#scope, this.#hidden)
    const expected = isDeleted === undefined ? save.save(customers) : save.softRemove(customers, isDeleted)
    if (!this.#checks.writes) return !isRefused
    // TypeORM writes some rows anew although nothing changed; outside any scope that is refused as well.
    const isWanted = this.#scope[0] === "none" && (expected.needsScope || isRefused)
    expectEqual(isRefused, isWanted, "refusal of a save")
    expectEqual(await fingerprints(this.#database, isForeign), before, "foreign rows after a save")
    if (!isRefused) this.#stored = expected.graph
    expectEqual(await readGraph(this.#database), this.#stored, "all rows after a save")
    tally.saves++
    return !isRefused
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof TenantFailsafeError && error.code === "TENANT_MISSING"
}
