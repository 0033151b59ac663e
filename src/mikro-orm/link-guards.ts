import { ReferenceKind, type EntityMetadata, type EntityProperty } from "@mikro-orm/core"
import { Findings } from "../core/findings.ts"
import { targetsOf } from "./entity-shapes.ts"
import type { Failsafe } from "./failsafe.ts"
import { isToOne } from "./tenant-of.ts"

/** A relation that joins rows to tenant-owned ones, as the write guard sees it: also one whose key alone is mapped. */
export interface LinkGuard {
  readonly property: EntityProperty
  readonly targets: readonly EntityMetadata[]
  readonly findings: Findings
}

/** The relations that writing a row of an entity may set. */
export interface LinkGuards {
  /** To-one relations whose key is a column of the entity itself. */
  readonly toOne: readonly LinkGuard[]
  /** Many-to-many relations with a tenant-owned end, from either side, by name. */
  readonly toMany: ReadonlyMap<string, LinkGuard>
}

/** Resolves them once per entity; relations that are left alone on purpose are not among them. */
export function linkGuards(failsafe: Failsafe, owner: EntityMetadata): LinkGuards {
  const toOne: LinkGuard[] = []
  const toMany = new Map<string, LinkGuard>()
  const isOwnerOwned = failsafe.isOwned(owner)
  for (const property of owner.relations) {
    if (failsafe.isUnfiltered(owner, property.name) || property.persist === false) continue
    const targets = targetsOf(property)
    const isOwned = targets.some((target) => failsafe.isOwned(target))
    if (isToOne(property)) {
      const isOwner = property.kind === ReferenceKind.MANY_TO_ONE || property.owner
      if (isOwner && isOwned) toOne.push(linkGuard(failsafe, owner, property, targets))
    } else if (property.kind === ReferenceKind.MANY_TO_MANY && (isOwned || isOwnerOwned)) {
      toMany.set(property.name, linkGuard(failsafe, owner, property, targets))
    }
  }
  return { toOne, toMany }
}

function linkGuard(
  failsafe: Failsafe,
  owner: EntityMetadata,
  property: EntityProperty,
  targets: readonly EntityMetadata[],
): LinkGuard {
  const findings = failsafe.relationGuard(owner, property)?.findings ?? findingsOf(failsafe, owner, property, targets)
  return { property, targets, findings }
}

function findingsOf(
  failsafe: Failsafe,
  owner: EntityMetadata,
  property: EntityProperty,
  targets: readonly EntityMetadata[],
): Findings {
  const child = targets.find((target) => failsafe.isOwned(target)) ?? owner
  const column = failsafe.tenantOf(child)?.path ?? ""
  return new Findings({
    orm: "mikro-orm",
    owner: owner.className,
    relation: property.name,
    child: child.className,
    column,
  })
}
