import { describe, expect, it } from "vitest"
import { Findings } from "../../src/core/findings.ts"
import { foreignHangingOn, type Hanging, type RemovalPort } from "../../src/core/removal.ts"

interface Row {
  readonly entity: string
  readonly id: number
  readonly tenant: number
  /** What it hangs on, as `Customer 1`. */
  readonly on: string
}

/** A model in which every relation is named `Child.on`; rows of merchant 1 are own. Counts the queries. */
class Model implements RemovalPort<string, number, string> {
  readonly #rows: readonly Row[]
  readonly #findings = new Map<string, Findings>()
  readonly queries: string[] = []

  constructor(...rows: readonly Row[]) {
    this.#rows = rows
  }

  relationsTo(entity: string): readonly string[] {
    return [
      ...new Set(this.#rows.filter(({ on }) => on.startsWith(`${entity} `)).map(({ entity: child }) => child)),
    ].map((child) => `${child}>${entity}`)
  }

  findingsOf(relation: string): Findings {
    const owner = relation.split(">")[0]!
    const known = this.#findings.get(relation)
    const findings =
      known ?? new Findings({ orm: "typeorm", owner, relation: "on", child: owner, column: "merchantId" })
    this.#findings.set(relation, findings)
    return findings
  }

  hanging(relation: string, keys: readonly number[]): Promise<Hanging<string, number>> {
    this.queries.push(`${relation} ${keys.join()}`)
    const [child, parent] = relation.split(">")
    const rows = this.#rows.filter(
      ({ entity, on }) => entity === child && keys.some((key) => on === `${parent} ${key}`),
    )
    const own = rows.filter(({ tenant }) => tenant === 1).map(({ id }) => id)
    return Promise.resolve({ foreign: rows.length - own.length, along: [[child!, own]] })
  }

  textOf(key: number): string {
    return String(key)
  }
}

async function countsOf(model: Model, ...removed: readonly (readonly [string, readonly number[]])[]) {
  const counts = await foreignHangingOn(model, removed)
  return Object.fromEntries([...counts].map(([findings, rows]) => [findings.of("write").owner, rows]))
}

const row = (entity: string, id: number, tenant: number, on: string): Row => ({ entity, id, tenant, on })

describe("foreignHangingOn", () => {
  it("counts foreign rows by the relation by which they hang, and leaves own ones out", async () => {
    const model = new Model(
      row("Note", 1, 1, "Customer 1"),
      row("Note", 2, 2, "Customer 1"),
      row("Note", 3, 3, "Customer 1"),
      row("Note", 4, 2, "Customer 2"),
      row("Address", 1, 2, "Customer 1"),
    )

    expect(await countsOf(model, ["Customer", [1]])).toEqual({ Note: 2, Address: 1 })
  })

  it("finds them behind own rows, however many lie between", async () => {
    const model = new Model(row("Note", 1, 1, "Customer 1"), row("Reply", 1, 1, "Note 1"), row("Like", 1, 2, "Reply 1"))

    expect(await countsOf(model, ["Customer", [1]])).toEqual({ Like: 1 })
  })

  it("asks once for all rows of an entity, and once more for those that are deleted along", async () => {
    const model = new Model(
      row("Note", 1, 1, "Customer 1"),
      row("Note", 2, 1, "Customer 2"),
      row("Reply", 1, 2, "Note 1"),
    )

    await foreignHangingOn(model, [["Customer", [1, 2]]])

    expect(model.queries).toEqual(["Note>Customer 1,2", "Reply>Note 1,2"])
  })

  it("comes to an end where rows hang on each other", async () => {
    const model = new Model(
      row("Category", 1, 1, "Category 2"),
      row("Category", 2, 1, "Category 1"),
      row("Category", 3, 2, "Category 2"),
    )

    expect(await countsOf(model, ["Category", [1]])).toEqual({ Category: 1 })
  })

  it("counts a row once that is removed itself and hangs on another removed one", async () => {
    const model = new Model(row("Note", 1, 1, "Customer 1"), row("Reply", 1, 2, "Note 1"))

    expect(await countsOf(model, ["Customer", [1]], ["Note", [1]])).toEqual({ Reply: 1 })
  })

  it("asks nothing where nothing can hang on what is removed", async () => {
    const model = new Model(row("Note", 1, 2, "Customer 1"))

    expect([await countsOf(model, ["Note", [1]]), model.queries]).toEqual([{}, []])
  })
})
