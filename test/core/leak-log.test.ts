import { describe, expect, it } from "vitest"
import { captureOrigin } from "../../src/core/call-site.ts"
import { LeakLog } from "../../src/core/leak-log.ts"
import type { Finding, LeakReport } from "../../src/core/leak-report.ts"

const addresses: Finding = {
  what: "dropped",
  orm: "mikro-orm",
  owner: "Customer",
  relation: "addresses",
  child: "Address",
  column: "merchantId",
}
const tags: Finding = { ...addresses, relation: "tags", child: "Tag" }

function publish(log: LeakLog): LeakReport[] {
  const seen: LeakReport[] = []
  log.publish([(report) => seen.push(report)])
  return seen
}

describe("LeakLog", () => {
  it("adds up what is noted of one finding, and publishes it as one record", () => {
    const log = new LeakLog()
    log.note(addresses, { loaded: 4, rows: 2, strategy: "joined" }, 2)
    log.note(addresses, { loaded: 5, rows: 3, strategy: "joined" }, 3)

    expect(publish(log)).toMatchObject([
      { relation: "addresses", loaded: 9, rows: 5, dropped: 5, maxDropped: 5, events: 1, strategy: "joined" },
    ])
  })

  it("publishes a record for each finding, in the order in which they were first noted", () => {
    const log = new LeakLog()
    log.note(tags, { loaded: 1, rows: 1 })
    log.note(addresses, { loaded: 1, rows: 1 })
    log.note(tags, { loaded: 1, rows: 1 })

    expect(publish(log).map(({ relation, loaded }) => [relation, loaded])).toEqual([
      ["tags", 2],
      ["addresses", 1],
    ])
  })

  it("does not change the tally that it was given", () => {
    const log = new LeakLog()
    const tally = { loaded: 1, rows: 1 }
    log.note(addresses, tally)
    log.note(addresses, { loaded: 1, rows: 1 })

    expect(tally).toEqual({ loaded: 1, rows: 1 })
  })

  it("is empty after it was published", () => {
    const log = new LeakLog()
    log.note(addresses, { loaded: 1, rows: 1 })

    expect(log.isEmpty).toBe(false)
    expect(publish(log)).toHaveLength(1)
    expect(log.isEmpty).toBe(true)
    expect(publish(log)).toEqual([])
  })

  it("gives all records of one load the same time and place", () => {
    const log = new LeakLog()
    log.note(addresses, { loaded: 1, rows: 1 })
    log.note(tags, { loaded: 1, rows: 1 })

    const [first, second] = publish(log)

    expect(first!.firstSeen).toBe(second!.firstSeen)
    expect(first!["code.file.path"]).toBe("test/core/leak-log.test.ts")
    expect(second!["code.line.number"]).toBe(first!["code.line.number"])
  })

  it("names the place where the load began, if it was told", () => {
    function loadCustomers(): LeakLog {
      return new LeakLog(captureOrigin())
    }
    const log = loadCustomers()
    log.note(addresses, { loaded: 1, rows: 1 })

    expect(publish(log)).toMatchObject([{ "code.function.name": "loadCustomers" }])
  })

  it("hands every record to every observer, and returns them", () => {
    const log = new LeakLog()
    log.note(addresses, { loaded: 1, rows: 1 })
    const seen: LeakReport[][] = [[], []]

    const returned = log.publish(seen.map((list) => (report) => list.push(report)))

    expect(seen).toEqual([returned, returned])
    expect(returned).toHaveLength(1)
  })
})
