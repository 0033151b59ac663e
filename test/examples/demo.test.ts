import { beforeAll, describe, expect, it } from "vitest"
import { demos, type DemoResult } from "../../examples/demo/demo.ts"

describe.each([
  { orm: "mikro-orm", save: "flush" },
  { orm: "typeorm", save: "save" },
])("npm run demo -- --orm $orm", ({ orm, save }) => {
  let result: DemoResult

  beforeAll(async () => {
    result = await demos[orm]!()
  })

  it("shows what the plain ORM leaks", () => {
    expect(result.plain[0]).toEqual({
      name: "Ada",
      addresses: ["Acme St 1", "Globex Rd 2", "Initech Sq 3"],
      tags: ["everyone", "globex-debtor"],
    })
  })

  it("shows every customer with own and shared rows only", () => {
    expect(result.guarded).toEqual([
      { name: "Ada", addresses: ["Acme St 1"], tags: ["everyone"] },
      { name: "Grace", addresses: ["Acme St 5", "Acme St 6"], tags: ["acme-vip"] },
      { name: "Linus", addresses: [], tags: ["everyone"] },
    ])
  })

  it("shows one record per relation, with the place that forgot the filter", () => {
    expect(
      result.leaks.map((leak) => [leak.relation, leak.dropped, leak["code.file.path"], leak["code.function.name"]]),
    ).toEqual([
      ["addresses", 4, `examples/demo/${orm}-shop.ts`, "listCustomers"],
      ["tags", 2, `examples/demo/${orm}-shop.ts`, "listCustomers"],
    ])
  })

  it("shows that dropping wrote nothing, and that an own edit wrote no foreign row", () => {
    const [before, dropped, edited] = result.checksums
    expect(dropped).toEqual({ ...before, moment: `after drop + ${save}` })
    expect(edited!.foreign).toBe(before!.foreign)
    const changed = edited!.tables.filter(({ digest }, index) => digest !== before!.tables[index]!.digest)
    expect(changed.map(({ table }) => table)).toEqual(["address"])
  })
})
