import { afterEach, describe, expect, it, vi } from "vitest"
import { LeakLog } from "../../src/core/leak-log.ts"
import type { Finding } from "../../src/core/leak-report.ts"
import { currentContext } from "../../src/core/scope.ts"
import { bindTenant, currentTenant, withTenant } from "../../src/index.ts"
import { collectLeaks, expectNoLeaks, LeaksFound } from "../../src/testing/index.ts"

function finding(relation: string | null): Finding {
  const owner = relation === null ? "Address" : "Customer"
  return { what: "dropped", orm: "mikro-orm", owner, relation, child: "Address", column: "merchantId" }
}

/** What an adapter does when it detects a leak. */
function leak(relation: string | null = "addresses"): void {
  const log = new LeakLog()
  log.note(finding(relation), { loaded: 3, rows: 2, strategy: "joined" }, 2)
  log.publish(currentContext()?.observers ?? [])
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe("collectLeaks", () => {
  it("returns the result and the leaks, in order", async () => {
    const { result, leaks } = await collectLeaks(async () => {
      leak("addresses")
      await Promise.resolve()
      leak("tags")
      return 7
    })

    expect(result).toBe(7)
    expect(leaks.map((report) => report.relation)).toEqual(["addresses", "tags"])
  })

  it("takes a function that returns no promise", async () => {
    expect(await collectLeaks(() => 7)).toEqual({ result: 7, leaks: [] })
  })

  it("keeps the records away from stderr", async () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true)

    await collectLeaks(() => leak())

    expect(write).not.toHaveBeenCalled()
  })

  it("does not collect what happens outside, before, after or beside it", async () => {
    const lines: unknown[] = []
    vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(line) > 0)
    const gate = Promise.withResolvers<void>()
    leak("before")
    const collecting = collectLeaks(async () => {
      await gate.promise
      leak("inside")
    })
    leak("beside")
    gate.resolve()
    const { leaks } = await collecting
    leak("after")

    expect(leaks.map((report) => report.relation)).toEqual(["inside"])
    expect(lines).toHaveLength(3)
  })

  it("is not seen by another one that runs at the same time, in whatever order they go on", async () => {
    const gates = Array.from({ length: 20 }, () => Promise.withResolvers<void>())
    const runs = gates.map((gate, index) =>
      collectLeaks(async () => {
        leak(`first ${index}`)
        await gate.promise
        leak(`second ${index}`)
      }),
    )
    for (const gate of gates.toReversed()) gate.resolve()

    const seen = (await Promise.all(runs)).map(({ leaks }) => leaks.map((report) => report.relation))

    expect(seen).toEqual(gates.map((_, index) => [`first ${index}`, `second ${index}`]))
  })

  it("sees what a nested one sees", async () => {
    const outer = await collectLeaks(async () => {
      leak("outer")
      return await collectLeaks(() => leak("inner"))
    })

    expect(outer.leaks.map((report) => report.relation)).toEqual(["outer", "inner"])
    expect(outer.result.leaks.map((report) => report.relation)).toEqual(["inner"])
  })

  it("sees what happens in every scope inside it", async () => {
    const { leaks } = await collectLeaks(() => {
      withTenant(1, () => leak("scoped"))
      withTenant(1, () => bindTenant(() => leak("bound")))()
    })

    expect(leaks.map((report) => report.relation)).toEqual(["scoped", "bound"])
  })

  it("leaves the scope around it as it is", async () => {
    expect(await withTenant(1, () => collectLeaks(() => currentTenant()))).toEqual({ result: 1, leaks: [] })
  })

  it("passes an error on", async () => {
    await expect(collectLeaks(() => Promise.reject(new Error("boom")))).rejects.toThrow("boom")
    await expect(
      collectLeaks(() => {
        throw new Error("boom")
      }),
    ).rejects.toThrow("boom")
  })
})

describe("expectNoLeaks", () => {
  it("returns the result when there was no leak", async () => {
    expect(await expectNoLeaks(() => Promise.resolve(7))).toBe(7)
  })

  it("throws every report when there was one", async () => {
    async function listCustomers(): Promise<void> {
      leak("addresses")
      leak(null)
    }

    const error = await expectNoLeaks(listCustomers).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(LeaksFound)
    const { message, leaks, name } = error as LeaksFound
    expect(name).toBe("LeaksFound")
    expect(leaks.map((report) => report.relation)).toEqual(["addresses", null])
    const place = (index: number): string => ` at test/testing/leaks.test.ts:${leaks[index]!["code.line.number"]}`
    expect(message).toBe(
      [
        "2 leaks were detected:",
        `- dropped: Customer.addresses (Address.merchantId), 2 of 3 rows${place(0)}`,
        `  ${JSON.stringify(leaks[0])}`,
        `- dropped: Address (Address.merchantId), 2 of 3 rows${place(1)}`,
        `  ${JSON.stringify(leaks[1])}`,
      ].join("\n"),
    )
  })

  it("counts one leak in the singular", async () => {
    await expect(expectNoLeaks(() => leak())).rejects.toThrow(/^1 leak was detected:\n- dropped: Customer\.addresses /)
  })

  it("passes an error of what it ran on, also after a leak", async () => {
    const run = (): never => {
      leak()
      throw new Error("boom")
    }

    await expect(expectNoLeaks(run)).rejects.toThrow("boom")
  })

  describe("with an allowance", () => {
    const reason = "fixed with the new address search"

    it("accepts the relation, and no other", async () => {
      const allow = [{ relation: "Customer.addresses", reason, until: "2999-01-01" }] as const

      await expectNoLeaks(() => leak("addresses"), { allow })
      await expect(
        expectNoLeaks(
          () => {
            leak("addresses")
            leak("tags")
          },
          { allow },
        ),
      ).rejects.toThrow(/^1 leak was detected:\n- dropped: Customer\.tags /)
    })

    it("accepts the fingerprint, and no other", async () => {
      const run = (): void => leak("addresses")
      const { leaks } = await collectLeaks(run)

      await expectNoLeaks(run, { allow: [{ fingerprint: leaks[0]!.fingerprint, reason, until: "2999-01-01" }] })
      await expect(
        expectNoLeaks(run, { allow: [{ fingerprint: "v1:0000000000000000", reason, until: "2999-01-01" }] }),
      ).rejects.toThrow(LeaksFound)
    })

    it("holds until the moment before its date, and fails with its reason on the date, leak or no leak", async () => {
      const options = { allow: [{ relation: "Customer.addresses", reason, until: "2027-01-31" }] } as const
      const expired = new RangeError(`The allowance for Customer.addresses ended on 2027-01-31: ${reason}`)
      vi.useFakeTimers({ toFake: ["Date"] })

      vi.setSystemTime(new Date("2027-01-30T23:59:59.999Z"))
      await expectNoLeaks(() => leak(), options)
      vi.setSystemTime(new Date("2027-01-31T00:00:00.000Z"))
      await expect(expectNoLeaks(() => leak(), options)).rejects.toThrow(expired)
      await expect(expectNoLeaks(() => undefined, options)).rejects.toThrow(expired)
    })

    it.each([
      [
        "a blank reason",
        { relation: "Customer.addresses", reason: " ", until: "2999-01-01" },
        "The allowance for Customer.addresses needs a reason.",
      ],
      [
        "no date",
        { fingerprint: "v1:00", reason, until: "soon" },
        "The allowance for v1:00 needs a date in 'until', such as '2027-01-31'.",
      ],
    ] as const)("refuses %s before it runs anything", async (_, allowance, message) => {
      const run = vi.fn<() => void>()

      await expect(expectNoLeaks(run, { allow: [allowance] })).rejects.toThrow(new RangeError(message))
      expect(run).not.toHaveBeenCalled()
    })
  })
})
