import type { DataSource, EntityMetadata } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { publishUnfiltered } from "../core/bypass-channel.ts"
import type { Policy, Settings } from "../core/options.ts"
import { resolveOwnership, type Ownership } from "../core/ownership.ts"
import { rowSecurityOf, type RowSecurityWatch } from "../core/row-security-watch.ts"
import { remembered } from "../core/remembered.ts"
import { entityShapes } from "./entity-shapes.ts"
import { entityGuard, isToMany, mappedGuard, relationGuard, type EntityGuard, type RelationGuard } from "./guards.ts"
import { HiddenChildren } from "./hidden-children.ts"
import { LoadedRows } from "./loaded-rows.ts"
import { dataSourceOf } from "./query-port.ts"
import { familyTenant, tenantOf, type FamilyTenant, type TenantOf } from "./tenant-of.ts"
import { WriteModel } from "./writes/write-model.ts"

const installed = new WeakMap<object, Failsafe>()

/** The failsafe of one DataSource: its options, and what they mean for each entity and relation. */
export class Failsafe {
  readonly dataSource: DataSource
  readonly policy: Policy
  readonly hidden: HiddenChildren = new HiddenChildren()
  readonly loaded: LoadedRows = new LoadedRows()
  readonly model: WriteModel = new WriteModel(this)
  readonly #settings: Settings
  #ownership: Ownership | undefined
  readonly #tenants = new WeakMap<EntityMetadata, TenantOf | null>()
  readonly #families = new WeakMap<EntityMetadata, FamilyTenant | null>()
  readonly #entities = new WeakMap<EntityMetadata, EntityGuard | null>()
  readonly #relations = new WeakMap<RelationMetadata, RelationGuard | null>()
  readonly #mapped = new WeakMap<EntityMetadata, Map<string, RelationGuard | null>>()
  readonly #diffed = new WeakMap<EntityMetadata, readonly RelationGuard[]>()

  constructor(dataSource: DataSource, settings: Settings) {
    this.dataSource = dataSource
    this.policy = settings.policy
    this.#settings = settings
    installed.set(dataSource, this)
  }

  /** The failsafe of what belongs to a DataSource; undefined where it is not guarded. */
  static of(holder: { readonly dataSource?: unknown; readonly connection?: unknown }): Failsafe | undefined {
    return installed.get(dataSourceOf(holder))
  }

  /** Tells where row security does not hold; undefined where it is not declared active. */
  get rowSecurity(): RowSecurityWatch | undefined {
    return rowSecurityOf(this.dataSource)
  }

  /** Resolves the options once the entities are known; throws when they do not fit. */
  start(metadatas: readonly EntityMetadata[]): void {
    this.#ownership = resolveOwnership(this.#settings, entityShapes(metadatas))
    publishUnfiltered(this.#settings.unfiltered)
  }

  get isStarted(): boolean {
    return this.#ownership !== undefined
  }

  /** Before the entities are made anew. */
  stop(): void {
    this.#ownership = undefined
  }

  /** The tenants of the rows that a query for an entity may return, or null when they are not tenant-owned. */
  tenantOf(metadata: EntityMetadata): FamilyTenant | null {
    return remembered(this.#families, metadata, () => familyTenant(metadata, (kind) => this.exactTenantOf(kind)))
  }

  /** The tenant of the rows of this very entity, without those of entities that derive from it. */
  exactTenantOf(metadata: EntityMetadata): TenantOf | null {
    return remembered(this.#tenants, metadata, () => {
      const path = this.#ownership?.pathOf(metadata.name)
      return path === undefined ? null : tenantOf(metadata, path)
    })
  }

  /** The guard of an entity's rows at top level, or null when they are not tenant-owned. */
  entityGuard(metadata: EntityMetadata): EntityGuard | null {
    return remembered(this.#entities, metadata, () => {
      const tenant = this.tenantOf(metadata)
      return tenant === null
        ? null
        : entityGuard(metadata, tenant, this.#ownership?.isClaimable(metadata.name) === true)
    })
  }

  /** The guard of a relation, or null when it leads to no tenant-owned entity or is left alone on purpose. */
  relationGuard(relation: RelationMetadata): RelationGuard | null {
    return remembered(this.#relations, relation, () => {
      const tenant = this.tenantOf(relation.inverseEntityMetadata)
      if (tenant === null || this.#isUnfiltered(relation.entityMetadata, relation.propertyName)) return null
      return relationGuard(relation, tenant)
    })
  }

  /** The guard of a property that a query maps joined rows to. */
  mappedGuard(owner: EntityMetadata, property: string, target: EntityMetadata): RelationGuard | null {
    const byProperty = remembered(this.#mapped, owner, () => new Map<string, RelationGuard | null>())
    return remembered(byProperty, `${property} ${target.name}`, () => {
      const tenant = this.tenantOf(target)
      return tenant === null ? null : mappedGuard(owner, property, target, tenant)
    })
  }

  /** The guarded relations of an entity for which `save` compares what the entity holds with what is stored. */
  diffedRelations(metadata: EntityMetadata): readonly RelationGuard[] {
    return remembered(this.#diffed, metadata, () =>
      metadata.relations
        .filter((relation) => relation.persistenceEnabled && (isToMany(relation) || relation.isOneToOneNotOwner))
        .filter((relation) => !relation.isOneToMany || relation.inverseRelation?.orphanedRowAction !== "disable")
        .flatMap((relation) => this.relationGuard(relation) ?? []),
    )
  }

  /** Whether a relation, or its other side, is left alone on purpose. */
  isLeftAlone(relation: RelationMetadata): boolean {
    const inverse = relation.inverseRelation
    return (
      this.#isUnfiltered(relation.entityMetadata, relation.propertyName) ||
      (inverse !== undefined && this.#isUnfiltered(inverse.entityMetadata, inverse.propertyName))
    )
  }

  #isUnfiltered(owner: EntityMetadata, relation: string): boolean {
    return this.#ownership?.unfilteredReason(owner.name, relation) !== undefined
  }
}
