import { afterEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { rejectionOf } from "../core/support/refusal.ts"
import { essenceOf, idsOf, type LabOptions } from "./support/lab.ts"
import { openTrees, ownTree, shapeOf, treeTypes, wholeTree, type TreeLab, type TreeType } from "./support/lab-trees.ts"

let lab: TreeLab

afterEach(() => lab.close())

async function open(type: TreeType, failsafe: LabOptions["failsafe"] = {}): Promise<void> {
  lab = await openTrees(type, { failsafe })
}

function trees() {
  return lab.dataSource.getTreeRepository(lab.Category)
}

async function root() {
  return await withoutTenant("arrange", () => trees().findOneByOrFail({ id: 1 }))
}

const children = { owner: "Category", relation: "children", child: "Category", column: "merchantId" }
const toParent = { ...children, relation: "parent" }
const roots = { ...children, relation: null }

const ways = {
  findTrees: async () => shapeOf((await trees().findTrees())[0]!),
  findDescendantsTree: async () => shapeOf(await trees().findDescendantsTree(await root())),
}

describe.each(treeTypes)("a tree by %s", (type) => {
  describe.each(["findTrees", "findDescendantsTree"] as const)("%s", (method) => {
    it("leaks without the failsafe", async () => {
      await open(type, null)

      expect(await ways[method]()).toEqual(wholeTree)
    })

    it("drops foreign nodes with what is below them, and reports both", async () => {
      await open(type)

      const { result, leaks } = await collectLeaks(() => withTenant(1, ways[method]))

      expect(result).toEqual(ownTree)
      // Examined: the children of 1, 2 and 3. Cut off: the own nodes 6 and 8.
      expect(leaks.map(essenceOf)).toStrictEqual([
        { what: "dropped", ...children, loaded: 6, rows: 3, dropped: 3, strategy: "tree" },
        { what: "reference", ...toParent, loaded: 2, rows: 2, dropped: 0, strategy: "tree" },
      ])
    })

    it("keeps everything and reports it with 'report'", async () => {
      await open(type, { onLeak: "report" })

      const { result, leaks } = await collectLeaks(() => withTenant(1, ways[method]))

      expect(result).toEqual(wholeTree)
      expect(leaks[0]).toMatchObject({ what: "kept", ...children, rows: 3, dropped: 0 })
    })

    it("fails with 'throw' and stays usable", async () => {
      await open(type, { onLeak: "throw" })

      const { result, leaks } = await collectLeaks(async () => {
        const refusal = await rejectionOf(withTenant(1, ways[method]))
        expect(await withoutTenant("support desk", ways[method])).toEqual(wholeTree)
        return refusal
      })

      expect(result).toMatchObject({ code: "LEAK_DETECTED", details: children })
      expect(leaks[0]).toMatchObject({ what: "dropped", ...children })
    })

    it("is refused outside any scope", async () => {
      await open(type)

      const { result } = await collectLeaks(() => rejectionOf(ways[method]()))

      expect(result).toMatchObject({ code: "TENANT_MISSING", details: children })
    })

    it("shows everything inside withoutTenant", async () => {
      await open(type, { onLeak: "throw" })

      const { result, leaks } = await collectLeaks(() => withoutTenant("support desk", ways[method]))

      expect(result).toEqual(wholeTree)
      expect(leaks).toEqual([])
    })

    it("says nothing about a tree that is all own", async () => {
      await open(type, { onLeak: "throw", references: "throw" })
      await lab.database.sql("update category set merchant_id = 1")

      const { result, leaks } = await collectLeaks(() => withTenant(1, ways[method]))

      expect(result).toEqual(wholeTree)
      expect(leaks).toEqual([])
    })
  })

  it("orphans nothing when a tree without its foreign nodes is saved", async () => {
    await open(type)
    const before = await lab.database.sql("select * from category order by id")

    await collectLeaks(() => withTenant(1, async () => trees().save(await trees().findDescendantsTree(await root()))))

    expect(await lab.database.sql("select * from category order by id")).toEqual(before)
  })

  it("orphans nothing when it is saved outside any scope, or in a bypass", async () => {
    await open(type, { noTenant: "allow" })
    const before = await lab.database.sql("select * from category order by id")

    await collectLeaks(async () => {
      const [one, other] = await withTenant(1, async () => [await trees().findTrees(), await trees().findTrees()])
      await trees().save(one)
      await withoutTenant("import", () => trees().save(other))
    })

    expect(await lab.database.sql("select * from category order by id")).toEqual(before)
  })

  it("still detaches an own node that the application removed from the tree", async () => {
    await open(type)

    await collectLeaks(() =>
      withTenant(1, async () => {
        const tree = await trees().findDescendantsTree(await root())
        tree.children = tree.children.filter(({ id }) => id !== 4)
        await trees().save(tree)
      }),
    )

    const rows = await lab.database.sql("select id from category where parent_id = 1 order by id")
    expect(rows).toEqual([{ id: 2 }, { id: 3 }])
  })

  it("examines what a depth cuts off as well, and shows no foreign node at any depth", async () => {
    await open(type)

    const { result } = await collectLeaks(() =>
      withTenant(1, async () => {
        const shapes: object[] = []
        for (const depth of [0, 1, 2, 3])
          shapes.push(shapeOf(await trees().findDescendantsTree(await root(), { depth })))
        return shapes
      }),
    )

    expect(result).toEqual([{}, ownTree, ownTree, ownTree])
  })

  it("has the same foreign nodes dropped below a node in the middle", async () => {
    await open(type)

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const two = await trees().findOneByOrFail({ id: 2 })
        return shapeOf(await trees().findDescendantsTree(two))
      }),
    )

    expect(result).toEqual({})
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "dropped", ...children, loaded: 1, rows: 1, dropped: 1, strategy: "tree" },
      { what: "reference", ...toParent, loaded: 1, rows: 1, dropped: 0, strategy: "tree" },
    ])
  })

  it("shows the own nodes below a foreign node that the application asked for", async () => {
    await open(type)
    const three = await withoutTenant("arrange", () => trees().findOneByOrFail({ id: 3 }))

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => shapeOf(await trees().findDescendantsTree(three))),
    )

    expect(result).toEqual({ 6: {} })
    expect(leaks.map(essenceOf)).toStrictEqual([
      { what: "dropped", ...children, loaded: 2, rows: 1, dropped: 1, strategy: "tree" },
    ])
  })

  it.each(["findDescendants", "findRoots", "findAncestors"] as const)(
    "reports the foreign rows of %s as roots",
    async (method) => {
      await open(type)
      await lab.database.sql("update category set merchant_id = 2 where id = 1")
      const node = await withoutTenant("arrange", () =>
        trees().findOneByOrFail({ id: method === "findAncestors" ? 8 : 1 }),
      )

      const { result, leaks } = await collectLeaks(() =>
        withTenant(1, () => (method === "findRoots" ? trees().findRoots() : trees()[method](node))),
      )

      const expected = {
        findDescendants: { ids: [1, 2, 3, 4, 5, 6, 7, 8], rows: 4 },
        findRoots: { ids: [1], rows: 1 },
        findAncestors: { ids: [1, 2, 5, 8], rows: 2 },
      }[method]
      expect(idsOf(result)).toEqual(expected.ids)
      expect(leaks.map(essenceOf)).toStrictEqual([
        { what: "root", ...roots, loaded: expected.ids.length, rows: expected.rows, dropped: 0, strategy: "join" },
      ])
    },
  )

  it("reports the foreign rows of findAncestorsTree as roots, and keeps the way up", async () => {
    await open(type)
    const node = await withoutTenant("arrange", () => trees().findOneByOrFail({ id: 8 }))

    const { result, leaks } = await collectLeaks(() => withTenant(1, () => trees().findAncestorsTree(node)))

    expect([result.parent?.id, result.parent?.parent?.id, result.parent?.parent?.parent?.id]).toEqual([5, 2, 1])
    expect(leaks.map(({ what, relation, rows }) => [what, relation, rows])).toEqual([["root", null, 1]])
  })

  it("reports a foreign root of findTrees and keeps it, with the own nodes below it", async () => {
    await open(type)
    await lab.database.sql("update category set merchant_id = 2 where id = 1")

    const { result, leaks } = await collectLeaks(() => withTenant(1, ways.findTrees))

    expect(result).toEqual(ownTree)
    expect(leaks.map(({ what, relation, rows }) => [what, relation, rows])).toEqual([
      ["root", null, 1],
      ["dropped", "children", 3],
      ["reference", "parent", 2],
    ])
  })
})
