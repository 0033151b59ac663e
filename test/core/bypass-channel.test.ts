import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { describe, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant, withTenants } from "../../src/index.ts"
import { bypassRecordsOf } from "./support/bypass-records.ts"
import { refusalOf } from "./support/refusal.ts"

const reason = "group report"

describe("the bypass channel", () => {
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown

  it("gets a record when a bypass opens", () => {
    expect(bypassRecordsOf(() => withoutTenant(reason, () => undefined))).toEqual([
      { event: "tenant_bypass", v: 1, kind: "bypass", reason, time },
    ])
  })

  it("gets the size of a set, and none of its ids", () => {
    expect(bypassRecordsOf(() => withTenants(["acme", "globex", "acme"], reason, () => undefined))).toEqual([
      { event: "tenant_bypass", v: 1, kind: "tenants", reason, count: 2, time },
    ])
  })

  it.each<[string, (run: () => void) => void]>([
    ["outside any scope", (run) => run()],
    ["inside the same tenant", (run) => withTenant("globex", run)],
    ["inside another tenant", (run) => withTenant("acme", run)],
  ])("gets a record when switchTenant opens %s, without the id", (_, around) => {
    expect(bypassRecordsOf(() => around(() => switchTenant("globex", reason, () => undefined)))).toEqual([
      { event: "tenant_bypass", v: 1, kind: "switch", reason, time },
    ])
  })

  it("gets frozen records", () => {
    const records = bypassRecordsOf(() =>
      withTenants(["acme"], reason, () => switchTenant("globex", reason, () => undefined)),
    )

    expect(records.map((record) => Object.isFrozen(record))).toEqual([true, true])
  })

  it("gets the record before run is called", () => {
    const order: string[] = []
    const record = (): unknown => order.push("record")
    subscribe("tenant-failsafe:bypass", record)

    withoutTenant(reason, () => order.push("run"))
    unsubscribe("tenant-failsafe:bypass", record)

    expect(order).toEqual(["record", "run"])
  })

  it("gets nothing for a scope that is refused", () => {
    const noFunction = undefined as unknown as () => void
    const records = bypassRecordsOf(() => {
      withTenant("acme", () => refusalOf(() => withTenants(["globex"], reason, () => undefined)))
      refusalOf(() => withTenants([], reason, () => undefined))
      refusalOf(() => switchTenant("", reason, () => undefined))
      refusalOf(() => switchTenant("acme", "", () => undefined))
      refusalOf(() => withoutTenant("", () => undefined))
      expect(() => withoutTenant(reason, noFunction)).toThrow(TypeError)
      expect(() => withTenants(["acme"], reason, noFunction)).toThrow(TypeError)
      expect(() => switchTenant("acme", reason, noFunction)).toThrow(TypeError)
    })

    expect(records).toEqual([])
  })
})
