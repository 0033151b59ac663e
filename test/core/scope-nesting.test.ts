import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { currentScope, switchTenant, withoutTenant, withTenant, withTenants, type TenantId } from "../../src/index.ts"
import { refusalOf, rejectionOf } from "./support/refusal.ts"

const reason = "group report"

describe("nested scopes", () => {
  type Enter = <R>(run: () => R) => R
  const openings: [string, Enter][] = [
    ["withTenant", (run) => withTenant(1, run)],
    ["withTenants", (run) => withTenants([1], reason, run)],
    ["withoutTenant", (run) => withoutTenant(reason, run)],
    ["switchTenant", (run) => switchTenant(2, reason, run)],
  ]

  it.each(openings)("restores the scope around %s after a return, a throw and a refusal", (_, enterScope) => {
    withTenant(1, () => {
      const around = currentScope()

      enterScope(() => undefined)
      expect(currentScope()).toBe(around)

      expect(() => enterScope(() => thrown())).toThrow("boom")
      expect(currentScope()).toBe(around)

      refusalOf(() => enterScope(() => withTenant("", () => undefined)))
      expect(currentScope()).toBe(around)
    })
    expect(currentScope()).toBeUndefined()
  })

  it.each(openings)(
    "restores the scope around %s while its promise is pending, and after it rejected",
    async (_, enterScope) => {
      await withTenant(1, async () => {
        const around = currentScope()
        const gate = Promise.withResolvers<void>()

        const pending = enterScope(async () => {
          await gate.promise
          thrown()
        })
        expect(currentScope()).toBe(around)

        gate.resolve()
        await expect(pending).rejects.toThrow("boom")
        expect(currentScope()).toBe(around)
      })
      expect(currentScope()).toBeUndefined()
    },
  )

  it("restores each level exactly, in any nesting, whatever way it is left", async () => {
    await fc.assert(
      fc.asyncProperty(nestings(4), async (nesting) => {
        const lost: string[] = []
        await enter(nesting, lost)
        expect(lost).toEqual([])
        expect(currentScope()).toBeUndefined()
      }),
    )
  })

  it("opens or refuses by what the scope around owns, in any nesting", () => {
    fc.assert(
      fc.property(fc.array(levels, { maxLength: 6 }), (nested) => {
        expect(openAll(nested)).toEqual(predictAll(nested))
      }),
    )
  })

  it("refuses asynchronous code in its own scope, not in the scope that awaits it", async () => {
    const refused = withTenant("acme", async () => {
      await Promise.resolve()
      return withTenant("globex", () => undefined)
    })

    expect((await withTenant("globex", () => rejectionOf(refused))).code).toBe("TENANT_SWITCH")
  })
})

interface Level {
  verb: "withTenant" | "withTenants" | "withoutTenant" | "switchTenant"
  tenants: [TenantId, ...TenantId[]]
}

interface Nesting extends Level {
  exit: "return" | "throw" | "reject"
  children: Nesting[]
}

const tenants = fc.array(fc.constantFrom<TenantId>(1, "1", 2n, "3"), { minLength: 1, maxLength: 3 }) as fc.Arbitrary<
  Level["tenants"]
>
const verb = fc.constantFrom<Level["verb"]>("withTenant", "withTenants", "withoutTenant", "switchTenant")
const levels: fc.Arbitrary<Level> = fc.record({ verb, tenants })
const nestings: fc.Memo<Nesting> = fc.memo((depth) =>
  fc.record({
    verb,
    tenants,
    exit: fc.constantFrom<Nesting["exit"]>("return", "throw", "reject"),
    children: depth > 1 ? fc.array(nestings(), { maxLength: 3 }) : fc.constant([]),
  }),
)

function open<R>(level: Level, run: () => R): R {
  if (level.verb === "withTenant") return withTenant(level.tenants[0], run)
  if (level.verb === "withTenants") return withTenants(level.tenants, reason, run)
  if (level.verb === "withoutTenant") return withoutTenant(reason, run)
  return switchTenant(level.tenants[0], reason, run)
}

/** Enters and leaves every level, and notes in `lost` where the scope around was not back. */
async function enter(nesting: Nesting, lost: string[]): Promise<void> {
  const around = currentScope()
  const check = (moment: string): void => {
    if (currentScope() !== around) lost.push(`${moment} ${nesting.verb}`)
  }
  try {
    const left = open(nesting, () => {
      if (nesting.exit === "throw") thrown()
      return leaveLater(nesting, lost)
    })
    check("while awaiting")
    await left
  } catch {
    // Left by a throw, a rejection or a TENANT_SWITCH: the scope around must be back all the same.
  }
  check("after")
}

async function leaveLater(nesting: Nesting, lost: string[]): Promise<void> {
  const own = currentScope()
  for (const child of nesting.children) await enter(child, lost)
  if (currentScope() !== own) lost.push(`inside ${nesting.verb}`)
  if (nesting.exit === "reject") thrown()
}

/** What each level did, down to the first that was refused. */
function openAll([level, ...inner]: Level[]): string[] {
  if (level === undefined) return []
  try {
    return open(level, () => ["opened", ...openAll(inner)])
  } catch {
    return ["refused"]
  }
}

/** The same, from the documented rules alone: undefined owns whatever is asked for. */
function predictAll([level, ...inner]: Level[], owned?: string[]): string[] {
  if (level === undefined) return []
  if (level.verb === "withoutTenant") return ["opened", ...predictAll(inner)]
  const asked = (level.verb === "withTenants" ? level.tenants : [level.tenants[0]]).map(String)
  const allowed = level.verb === "switchTenant" || owned === undefined || asked.every((id) => owned.includes(id))
  return allowed ? ["opened", ...predictAll(inner, asked)] : ["refused"]
}

function thrown(): never {
  throw new Error("boom")
}
