import DataLoader from "dataloader"
import { describe, expect, it } from "vitest"
import { currentTenant, withTenant, type TenantId } from "../../src/index.ts"
import { rounds } from "./support/rounds.ts"
import { ask } from "./support/schema.ts"

const count = 200
const tenants = Array.from({ length: count }, (_, index) => `t${index}`)

type Run = <R>(tenant: TenantId, run: () => R) => R

/** Queries with two resolvers each, all of which are in the middle at the same time; the last one goes on first. */
async function askAll(run: Run, tenant: () => TenantId | undefined): Promise<unknown[]> {
  const meet = rounds(count * 2)
  const who = async (): Promise<string> => {
    const before = tenant()
    await meet()
    return `${before}, ${tenant()}`
  }
  const answers = await Promise.all(tenants.map((id) => run(id, () => ask("{ a: who b: who(step: 1) }", { who }))))
  return answers.map(({ data }) => ({ ...data }))
}

describe("the resolvers of 200 interleaved queries", () => {
  const own = tenants.map((tenant) => ({ a: `${tenant}, ${tenant}`, b: `${tenant}, ${tenant}` }))

  it("each see their own tenant", async () => {
    expect(await askAll(withTenant, currentTenant)).toEqual(own)
  })

  it("see each other's when it is kept in a variable: the check catches it", async () => {
    let current: TenantId | undefined
    const run: Run = (tenant, call) => {
      current = tenant
      return call()
    }

    expect(await askAll(run, () => current)).not.toEqual(own)
  })
})

describe("a resolver that fails", () => {
  const fails = async (): Promise<never> => {
    await Promise.resolve()
    throw new Error(`not for ${currentTenant()}`)
  }

  it("fails in the scope of its query, and its neighbours go on in theirs", async () => {
    const query = "{ fails who }"
    const answers = await Promise.all(
      ["acme", "globex"].map((tenant) => withTenant(tenant, () => ask(query, { fails, who: () => currentTenant() }))),
    )

    expect(answers.map(({ data, errors }) => ({ ...data, errors: errors?.map(({ message }) => message) }))).toEqual([
      { fails: null, who: "acme", errors: ["not for acme"] },
      { fails: null, who: "globex", errors: ["not for globex"] },
    ])
  })

  it("leaves no scope behind", async () => {
    await withTenant("acme", () => ask("{ fails }", { fails }))

    expect(currentTenant()).toBeUndefined()
  })
})

describe("a DataLoader", () => {
  const createLoader = (batches: unknown[] = []) =>
    new DataLoader<number, string>(async (keys) => {
      batches.push([currentTenant(), keys])
      await Promise.resolve()
      return keys.map((key) => `${key} for ${currentTenant()}`)
    })
  const load = (tenant: string, loader: DataLoader<number, string>, key: number) =>
    withTenant(tenant, () => ask(`{ who(step: ${key}) }`, { who: ({ step }: { step: number }) => loader.load(step) }))
  const shown = (answers: Awaited<ReturnType<typeof load>>[]) => answers.map(({ data }) => data?.["who"])

  it("of its own for each request loads in the scope of that request", async () => {
    const answers = [load("acme", createLoader(), 1), load("globex", createLoader(), 1)]

    expect(shown(await Promise.all(answers))).toEqual(["1 for acme", "1 for globex"])
  })

  it("that requests share runs one batch for all of them, in the scope of the first", async () => {
    const batches: unknown[] = []
    const shared = createLoader(batches)

    const answers = shown(await Promise.all([load("acme", shared, 1), load("globex", shared, 2)]))

    expect(answers).toEqual(["1 for acme", "2 for acme"])
    expect(batches).toEqual([["acme", [1, 2]]])
  })

  it("that requests share gives to the next tenant what it loaded for the last", async () => {
    const shared = createLoader()
    await load("acme", shared, 1)

    expect(shown([await load("globex", shared, 1)])).toEqual(["1 for acme"])
  })
})
