import { TenantFailsafeError, withTenant, withTenants } from "../../../src/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"
import type { TestDatabase } from "../../support/databases.ts"
import type { GuardHarness } from "./harness.ts"
import { changes, dump, type Dump } from "./oracle.ts"
import { idsIn, isHeld, rowsIn, violations, whose } from "./property-oracle.ts"
import type { Step, StepScope, Written } from "./property-steps.ts"

/** A write that is ready to run, and whether it is legal in its scope; a statement is confined, and legal then. */
interface Ready {
  readonly isLegal: boolean
  write(): Promise<void>
}

/** Runs steps with one manager against an oracle that only knows the rows as plain SQL returns them. */
export class PropertyRun<Session, Manager> {
  readonly #harness: GuardHarness<Session, Manager>
  readonly #db: TestDatabase
  readonly #manager: Manager
  #rows: Dump
  #nextId = 100

  constructor(harness: GuardHarness<Session, Manager>, db: TestDatabase, session: Session, rows: Dump) {
    this.#harness = harness
    this.#db = db
    this.#manager = harness.manager(session)
    this.#rows = rows
  }

  /** Throws at the first step after which the oracle finds something wrong. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const ready = this.#prepare(step)
      if (ready === undefined) continue
      const before = this.#rows
      const outcome = await this.#outcomeOf(step.scope, ready)
      this.#rows = await dump(this.#db)
      const changed = changes(before, this.#rows)
      const wrong = [...violations(before, this.#rows, step.scope)]
      if (outcome !== "done") {
        this.#harness.forget(this.#manager)
        if (changed.length > 0) wrong.push(`${outcome}, but changed: ${changed.join("; ")}`)
      }
      const isRefused = outcome === "refused"
      if (isRefused === ready.isLegal)
        wrong.push(isRefused ? "refused what is legal" : `${outcome}, which is not legal`)
      if (!["done", "refused", "foreign key"].includes(outcome)) wrong.push(outcome)
      if (wrong.length > 0) throw new Error(`${JSON.stringify(step)}: ${wrong.join(", ")}`)
    }
  }

  async #outcomeOf(scope: StepScope, { write }: Ready): Promise<string> {
    const { result } = await collectLeaks(async () => {
      try {
        await (scope.length === 1 ? withTenant(scope[0]!, write) : withTenants(scope, "group report", write))
        return "done"
      } catch (error) {
        if (error instanceof TenantFailsafeError) return "refused"
        return /foreign key/i.test(String(error)) ? "foreign key" : String(error)
      }
    })
    return result
  }

  #prepare(step: Step): Ready | undefined {
    const { scope } = step
    const harness = this.#harness
    const manager = this.#manager
    switch (step.kind) {
      case "forget":
        harness.forget(manager)
        return undefined
      case "update": {
        const id = this.#pick(step.entity, step.row)
        // An ORM writes nothing where nothing was changed.
        if (this.#rows.get(`${step.entity.toLowerCase()} ${id}`)?.["label"] === "changed") return undefined
        const way = chosen(harness.updates, step.way, ({ isClaiming }) => isClaiming !== true)
        return this.#ready(
          id,
          (row) => way(manager, { entity: step.entity, id: row }),
          this.#isOurs(step.entity, id, scope),
        )
      }
      case "delete": {
        const id = this.#pick(step.entity, step.row)
        const way = chosen(harness.deletes, step.way, ({ isClaiming }) => isClaiming !== true)
        const isLegal = this.#isOurs(step.entity, id, scope) && !this.#isHeld(step.entity, id, scope)
        return this.#ready(id, (row) => way(manager, { entity: step.entity, id: row }), isLegal)
      }
      case "insert": {
        const id = this.#nextId++
        const way = chosen(harness.inserts, step.way)
        const address = step.address === null ? undefined : this.#pick("Address", step.address)
        const isNamed = step.tenant === null ? scope.length === 1 : scope.includes(step.tenant)
        const row = { entity: "Parcel", id, ...(step.tenant === null ? {} : { tenant: step.tenant }) } as const
        const isLegal = isNamed && (address === undefined || this.#isOurs("Address", address, scope))
        return this.#ready(
          id,
          () => way(manager, [address === undefined ? row : { ...row, links: { address } }]),
          isLegal,
        )
      }
      case "bulk update": {
        const ids = step.rows.map((row) => this.#pick(step.entity, row)!)
        const way = chosen(harness.bulkUpdates, step.way)
        return this.#ready(ids[0], () => way(manager, step.entity, { kind: "keys", ids }), true)
      }
      case "bulk delete": {
        const ids = [...new Set(step.rows.map((row) => this.#pick(step.entity, row)!))]
        const way = chosen(harness.bulkDeletes, step.way)
        const ours = ids.filter((id) => this.#isOurs(step.entity, id, scope))
        const isLegal = ours.every((id) => !this.#isHeld(step.entity, id, scope))
        return this.#ready(ids[0], () => way(manager, step.entity, { kind: "keys", ids }), isLegal)
      }
      case "move": {
        const id = this.#pick(step.entity, step.row)
        const { loaded } = harness.moves
        const stored = this.#rows.get(`${step.entity.toLowerCase()} ${id}`)?.["merchant_id"] ?? null
        const isClaim =
          stored === null && step.tenant !== null && scope.includes(step.tenant) && step.entity === "Product"
        const isLegal = this.#isOurs(step.entity, id, scope) && (stored === step.tenant || isClaim)
        if (stored === step.tenant) return undefined
        return this.#ready(id, (row) => loaded(manager, { entity: step.entity, id: row }, step.tenant), isLegal)
      }
      case "link": {
        const [id, address] = [this.#pick("Parcel", step.row), this.#pick("Address", step.address)]
        const way = chosen(harness.links, step.way % 3)
        const stored = this.#rows.get(`parcel ${id}`)?.["address_id"]
        if (stored === address || address === undefined) return undefined
        const isLegal = this.#isOurs("Parcel", id, scope) && this.#isOurs("Address", address, scope)
        const link = { entity: "Parcel", relation: "address", target: "Address" } as const
        return this.#ready(id, (row) => way(manager, { ...link, id: row }, address), isLegal)
      }
      case "join":
      case "part":
        return this.#prepareJoin(step)
      case "upsert": {
        const id = this.#pick("Product", step.row)
        if (id === undefined) return undefined
        const sku = this.#rows.get(`product ${id}`)!["sku"] as string
        const way = chosen(harness.upserts, step.way)
        const product = { id, sku, label: `upsert ${this.#nextId++}` }
        const isLegal = this.#isOurs("Product", id, scope) && (scope.length === 1 || this.#isStored(id))
        return this.#ready(id, () => way(manager, [product], step.isByNumber ? "sku" : "id"), isLegal)
      }
    }
  }

  #prepareJoin({
    kind,
    owner,
    row,
    tag: tagRow,
    scope,
    way: wayNumber,
  }: Step & { kind: "join" | "part" }): Ready | undefined {
    const [id, tag] = [this.#pick(owner, row), this.#pick("Tag", tagRow)]
    if (id === undefined || tag === undefined) return undefined
    const table = `${owner.toLowerCase()}_tag`
    const isJoined = this.#rows.has(`${table} ${id},${tag}`)
    if (isJoined !== (kind === "part")) return undefined
    const way = chosen(kind === "join" ? this.#harness.joins : this.#harness.parts, wayNumber)
    const isLegal = this.#isOurs("Tag", tag, scope) && (owner === "Customer" || this.#isOurs("Product", id, scope))
    return this.#ready(id, () => way(this.#manager, { owner, id, tag }), isLegal)
  }

  #ready(id: number | undefined, write: (id: number) => Promise<void>, isLegal: boolean): Ready | undefined {
    return id === undefined ? undefined : { isLegal, write: () => write(id) }
  }

  #pick(entity: Written | "Customer", number: number): number | undefined {
    const ids = idsIn(this.#rows, entity.toLowerCase())
    return ids.length === 0 ? undefined : ids[number % ids.length]
  }

  #isOurs(entity: Written, id: number | undefined, scope: StepScope): boolean {
    return id !== undefined && whose(this.#rows, entity.toLowerCase(), id, scope) !== "foreign"
  }

  #isHeld(entity: Written, id: number | undefined, scope: StepScope): boolean {
    return id !== undefined && isHeld(this.#rows, entity.toLowerCase(), id, scope)
  }

  #isStored(id: number): boolean {
    return rowsIn(this.#rows, "product").some((row) => row["id"] === id)
  }
}

function chosen<Way>(
  ways: Readonly<Record<string, Way>>,
  number: number,
  fits: (way: Way) => boolean = () => true,
): Way {
  const fitting = Object.values(ways).filter(fits)
  return fitting[number % fitting.length]!
}
