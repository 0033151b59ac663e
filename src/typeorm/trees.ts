import type { EntityMetadata, ObjectLiteral } from "typeorm"
import { currentScope } from "../core/scope.ts"
import { Failsafe } from "./failsafe.ts"
import { runAs, runLoad } from "./load.ts"

/** What is used of TypeORM's TreeRepository. */
export interface TreeRepositoryPort {
  readonly metadata: EntityMetadata
  readonly manager: { readonly dataSource?: unknown; readonly connection?: unknown }
  findTrees: (...rest: unknown[]) => Promise<ObjectLiteral[]>
  findDescendantsTree: (entity: ObjectLiteral, ...rest: unknown[]) => Promise<ObjectLiteral>
}

/** Tells the queries that build a tree which relation their rows belong to. The prototype is shared by all DataSources. */
export function guardTrees(prototype: TreeRepositoryPort): void {
  const { findTrees, findDescendantsTree } = prototype

  prototype.findTrees = function (this: TreeRepositoryPort, ...rest) {
    const failsafe = guardedBy(this)
    if (failsafe === undefined) return findTrees.apply(this, rest)
    return runLoad(failsafe, () => findTrees.apply(this, rest))
  }

  prototype.findDescendantsTree = function (this: TreeRepositoryPort, entity, ...rest) {
    const failsafe = guardedBy(this)
    const relation = this.metadata.treeChildrenRelation
    const guard = relation && failsafe?.relationGuard(relation)
    if (failsafe === undefined || !guard) return findDescendantsTree.call(this, entity, ...rest)
    return runAs(failsafe, { kind: "tree", guard, owners: [entity] }, () =>
      findDescendantsTree.call(this, entity, ...rest),
    )
  }
}

function guardedBy(repository: TreeRepositoryPort): Failsafe | undefined {
  return currentScope()?.kind === "bypass" ? undefined : Failsafe.of(repository.manager)
}
