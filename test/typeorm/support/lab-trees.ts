import { EntitySchema } from "typeorm"
import { withoutTenant } from "../../../src/index.ts"
import { openLab, type Lab, type LabOptions } from "./lab.ts"

export interface Category {
  id: number
  name: string
  merchantId: number | null
  parent: Category | null
  children: Category[]
}

export const treeTypes = ["closure-table", "materialized-path", "nested-set"] as const

export type TreeType = (typeof treeTypes)[number]

export interface TreeLab extends Lab {
  readonly Category: EntitySchema<Category>
}

const int = { type: "int" } as const

export function categoryOf(type: TreeType): EntitySchema<Category> {
  return new EntitySchema<Category>({
    name: "Category",
    tableName: "category",
    trees: [{ type, options: {} }],
    columns: {
      id: { ...int, primary: true },
      name: { type: "text" },
      merchantId: { ...int, nullable: true, name: "merchant_id" },
    },
    relations: {
      parent: {
        type: "many-to-one",
        target: "Category",
        treeParent: true,
        inverseSide: "children",
        joinColumn: { name: "parent_id" },
        nullable: true,
      },
      children: {
        type: "one-to-many",
        target: "Category",
        treeChildren: true,
        inverseSide: "parent",
        cascade: true,
      },
    },
  } as never)
}

/**
 * One shared root, below it an own, a foreign and a shared branch; an own node stands below the foreign one:
 *
 *     1 shared ─┬─ 2 own ─── 5 foreign ─── 8 own
 *               ├─ 3 foreign ─┬─ 6 own
 *               │             └─ 7 foreign
 *               └─ 4 shared
 */
const nodes: readonly (readonly [id: number, parent: number | null, merchant: number | null])[] = [
  [1, null, null],
  [2, 1, 1],
  [3, 1, 2],
  [4, 1, null],
  [5, 2, 2],
  [6, 3, 1],
  [7, 3, 2],
  [8, 5, 1],
]

export async function openTrees(type: TreeType, options: LabOptions = {}): Promise<TreeLab> {
  const Category = categoryOf(type)
  const lab = await openLab([Category], options)
  const repository = lab.dataSource.getTreeRepository(Category)
  await withoutTenant("arrange", async () => {
    const known = new Map<number, Category>()
    for (const [id, parent, merchantId] of nodes) {
      const category = repository.create({ id, name: `node ${id}`, merchantId })
      if (parent !== null) category.parent = known.get(parent)!
      known.set(id, await repository.save(category))
    }
  })
  lab.queries.length = 0
  return { ...lab, Category }
}

/** A tree as `{ 1: { 2: {} } }`. */
export function shapeOf(category: Category): object {
  return Object.fromEntries((category.children ?? []).map((child) => [child.id, shapeOf(child)]))
}

export const wholeTree = { 2: { 5: { 8: {} } }, 3: { 6: {}, 7: {} }, 4: {} }
export const ownTree = { 2: {}, 4: {} }
