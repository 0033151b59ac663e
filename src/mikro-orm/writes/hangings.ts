import { ReferenceKind, type EntityMetadata, type EntityProperty, type MetadataStorage } from "@mikro-orm/core"
import { Findings } from "../../core/findings.ts"
import { remembered } from "../../core/remembered.ts"
import { targetsOf } from "../entity-shapes.ts"
import type { Failsafe } from "../failsafe.ts"
import { isToOne, type TenantOf } from "../tenant-of.ts"

/** A relation by which rows hang on rows of an entity: by a key of their own, or by links to them. */
export interface Hanging {
  /** The entity whose rows, or links, hang. */
  readonly meta: EntityMetadata
  /** Its relation to the rows that they hang on. */
  readonly property: EntityProperty
  /** Leads to the rows whose tenant counts: the hanging rows' own, or that of the other end of the links. */
  readonly other: EntityProperty | undefined
  readonly tenant: TenantOf | undefined
  readonly findings: Findings
  /** Whether rows that hang on these may be deleted along with them. */
  readonly isFollowed: boolean
  /** Whether the database deletes or detaches what hangs, instead of refusing. */
  readonly isCascading: boolean
}

/** Which rows may hang on which, by the model of one MikroORM. */
export class Hangings {
  readonly #failsafe: Failsafe
  readonly #metadata: readonly EntityMetadata[]
  readonly #storage: MetadataStorage
  readonly #known = new Map<EntityMetadata, readonly Hanging[]>()

  constructor(failsafe: Failsafe, metadata: MetadataStorage) {
    this.#failsafe = failsafe
    this.#storage = metadata
    this.#metadata = [...metadata].filter((meta) => !meta.embeddable && !meta.virtual)
  }

  /** The relations by which tenant-owned rows may hang on rows of an entity, at once or through others. */
  on(meta: EntityMetadata): readonly Hanging[] {
    return remembered(this.#known, meta, () => this.#direct(meta))
  }

  /** Whether tenant-owned rows may hang on rows of an entity, at once or through rows that are deleted along. */
  #leadsOn(meta: EntityMetadata, seen: Set<EntityMetadata> = new Set()): boolean {
    if (seen.has(meta)) return false
    seen.add(meta)
    return (
      this.#ownersTo(meta).some(
        ([owner, property]) => this.#failsafe.isOwned(owner) || (!isDetached(property) && this.#leadsOn(owner, seen)),
      ) || this.#pivotsTo(meta).length > 0
    )
  }

  #direct(meta: EntityMetadata): Hanging[] {
    const rows = this.#ownersTo(meta).flatMap(([owner, property]): Hanging[] => {
      const tenant = this.#failsafe.tenantOf(owner) ?? undefined
      const isFollowed = !isDetached(property) && this.#leadsOn(owner)
      if (tenant === undefined && !isFollowed) return []
      const findings = findingsOf(owner, property.name, owner, tenant)
      return [
        { meta: owner, property, other: undefined, tenant, findings, isFollowed, isCascading: isCascading(property) },
      ]
    })
    return [...rows, ...this.#pivotsTo(meta)]
  }

  /** The to-one relations that lead to an entity, each with the entity that has it. */
  #ownersTo(meta: EntityMetadata): (readonly [EntityMetadata, EntityProperty])[] {
    return this.#metadata
      .filter((owner) => !owner.pivotTable)
      .flatMap((owner) =>
        owner.relations
          .filter((property) => isForeignKey(property) && !isInherited(owner, property))
          .filter((property) => leadsTo(property, meta) && !this.#isLeftAlone(owner, property))
          .map((property) => [owner, property] as const),
      )
  }

  /** The links to rows of an entity whose other end is tenant-owned. */
  #pivotsTo(meta: EntityMetadata): Hanging[] {
    return this.#metadata.flatMap((owner) =>
      owner.relations
        .filter(
          (property) => property.kind === ReferenceKind.MANY_TO_MANY && property.owner && !isInherited(owner, property),
        )
        .flatMap((property) => {
          if (this.#isLeftAlone(owner, property)) return []
          const pivot = this.#storage.find(property.pivotEntity as never)
          const [own, other] = pivot?.relations ?? []
          if (pivot === undefined || own === undefined || other === undefined) return []
          const ends = [
            [own, owner, other, property.targetMeta!],
            [other, property.targetMeta!, own, owner],
          ] as const
          return ends
            .filter(([, end]) => isFamily(end, meta))
            .flatMap(([end, , counted, target]): Hanging[] => {
              const tenant = this.#failsafe.tenantOf(target)
              if (tenant === null) return []
              const findings = findingsOf(owner, property.name, target, tenant)
              const rule = { isFollowed: false, isCascading: isCascading(end) }
              return [{ meta: pivot, property: end, other: counted, tenant, findings, ...rule }]
            })
        }),
    )
  }

  #isLeftAlone(owner: EntityMetadata, property: EntityProperty): boolean {
    const inverse = property.inversedBy ?? property.mappedBy
    return (
      this.#failsafe.isUnfiltered(owner, property.name) ||
      (inverse !== undefined && targetsOf(property).some((target) => this.#failsafe.isUnfiltered(target, inverse)))
    )
  }
}

// The database knows no foreign key of a polymorphic relation, and deletes nothing by it.
function isForeignKey(property: EntityProperty): boolean {
  return isToOne(property) && !property.polymorphic && (property.kind === ReferenceKind.MANY_TO_ONE || property.owner)
}

/** Relations of a base stand in its derived entities again; rows are asked for by the base. */
function isInherited(owner: EntityMetadata, property: EntityProperty): boolean {
  return owner.root !== owner && property.name in owner.root.properties
}

function leadsTo(property: EntityProperty, meta: EntityMetadata): boolean {
  return targetsOf(property).some((target) => isFamily(target, meta))
}

function isFamily(one: EntityMetadata, other: EntityMetadata): boolean {
  return one.root.class === other.root.class
}

/** The database sets the key to null instead of deleting the row. */
function isDetached(property: EntityProperty): boolean {
  return property.deleteRule?.toLowerCase() === "set null"
}

// MikroORM 7.2 fills in the rules of nullable references and of pivot tables; without one, the database refuses.
function isCascading({ deleteRule }: EntityProperty): boolean {
  return deleteRule !== undefined && !/^(?:restrict|no action)$/i.test(deleteRule)
}

function findingsOf(
  owner: EntityMetadata,
  relation: string,
  child: EntityMetadata,
  tenant: TenantOf | undefined,
): Findings {
  return new Findings({
    orm: "mikro-orm",
    owner: owner.className,
    relation,
    child: child.className,
    column: tenant?.path ?? "",
  })
}
