import type { TreeRepository } from "typeorm"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { openTrees, treeTypes, type Category, type TreeLab } from "./support/lab-trees.ts"

let lab: TreeLab

afterEach(() => lab.close())

type Trees = TreeRepository<Category>

/** The root is shared; some nodes below it, and some below own ones, are foreign. */
const scenarios: Readonly<Record<string, (trees: Trees) => Promise<unknown>>> = {
  "load the trees and save": async (trees) => trees.save(await trees.findTrees()),
  "load a branch and save": async (trees) => trees.save(await branch(trees)),
  "edit an own node and save the root": async (trees) => {
    const root = await branch(trees)
    root.children.find(({ id }) => id === 2)!.name = "edited"
    await trees.save(root)
  },
  "save what came back as JSON": async (trees) =>
    trees.save(JSON.parse(JSON.stringify(await branch(trees))) as Category),
  "save an object made by hand, without children": async (trees) => trees.save({ id: 1, children: [] }),
  "add a node": async (trees) => {
    const root = await branch(trees)
    root.children.push(trees.create({ id: 90, name: "new", merchantId: 1 }))
    await trees.save(root)
  },
}

// A nested set numbers every node anew, of whatever tenant, when one is edited or added: with or without the failsafe.
const renumbering = ["edit an own node and save the root", "add a node"]

const ofBypass = ["load the trees and save", "load a branch and save"]

async function branch(trees: Trees): Promise<Category> {
  return trees.findDescendantsTree(await trees.findOneByOrFail({ id: 1 }))
}

async function foreignRows(): Promise<string[]> {
  const rows = await lab.database.sql(
    "select xmin::text as xmin, to_jsonb(c) - 'mpath' - 'nsleft' - 'nsright' as row from category c where merchant_id = 2",
  )
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

async function parents(): Promise<Record<string, unknown>[]> {
  return lab.database.sql("select id, parent_id from category where merchant_id = 2 order by id")
}

describe.each(treeTypes)("foreign nodes of a tree by %s", (type) => {
  beforeEach(async () => {
    lab = await openTrees(type, { kind: "postgresql" })
  })

  it.each(Object.keys(scenarios).filter((name) => type !== "nested-set" || !renumbering.includes(name)))(
    "stay as they are: %s",
    async (name) => {
      const before = await foreignRows()

      await collectLeaks(() => withTenant(1, () => scenarios[name]!(lab.dataSource.getTreeRepository(lab.Category))))

      expect(await foreignRows()).toEqual(before)
    },
  )

  it.each(renumbering)("keep their parents: %s", async (name) => {
    const before = await parents()

    await collectLeaks(() => withTenant(1, () => scenarios[name]!(lab.dataSource.getTreeRepository(lab.Category))))

    expect(await parents()).toEqual(before)
  })

  it.each(ofBypass)("stay as they are when the instance is saved in withoutTenant: %s", async (name) => {
    const trees = lab.dataSource.getTreeRepository(lab.Category)
    const before = await foreignRows()

    await collectLeaks(async () => {
      const loaded = await withTenant(1, () => (name === ofBypass[0] ? trees.findTrees() : branch(trees)))
      await withoutTenant("test", () => trees.save(loaded as Category))
    })

    expect(await foreignRows()).toEqual(before)
  })
})

describe("without the failsafe", () => {
  it.each(treeTypes)("a tree by %s loses the foreign nodes that were filtered after loading", async (type) => {
    lab = await openTrees(type, { kind: "postgresql", failsafe: null })
    const trees = lab.dataSource.getTreeRepository(lab.Category)
    const root = await branch(trees)
    root.children = root.children.filter(({ merchantId }) => merchantId !== 2)

    await trees.save(root)

    expect(await lab.database.sql("select parent_id from category where id = 3")).toEqual([{ parent_id: null }])
  })
})
