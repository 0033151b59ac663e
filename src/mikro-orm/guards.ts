import { ReferenceKind, type EntityMetadata, type EntityProperty } from "@mikro-orm/core"
import { Findings } from "../core/findings.ts"
import type { Failsafe } from "./failsafe.ts"
import type { TenantPivot } from "./pivot-links.ts"
import type { TenantOf } from "./tenant-of.ts"

/** What is known of one relation at start-up, so that nothing is computed per row. */
export class RelationGuard {
  readonly failsafe: Failsafe
  readonly owner: string
  readonly name: string
  readonly target: EntityMetadata
  readonly isToMany: boolean
  /** Set where the links of an m:n relation have a tenant of their own. */
  readonly pivot: TenantPivot | undefined
  readonly findings: Findings
  /** Findings at the links of an m:n relation. */
  readonly linkFindings: Findings | undefined

  constructor(
    failsafe: Failsafe,
    owner: string,
    property: EntityProperty,
    target: EntityMetadata,
    pivot: TenantPivot | undefined,
  ) {
    this.failsafe = failsafe
    this.owner = owner
    this.name = property.name
    this.target = target
    this.pivot = pivot
    this.isToMany = property.kind === ReferenceKind.ONE_TO_MANY || property.kind === ReferenceKind.MANY_TO_MANY
    const place = { orm: "mikro-orm", owner, relation: property.name } as const
    const tenant = failsafe.tenantOf(target)
    const column = tenant?.path ?? pivot?.tenant.path ?? ""
    // A condition on the rows does not ask whose their links are.
    this.findings = new Findings({ ...place, child: target.className, column }, pivot ? undefined : tenant?.steps)
    this.linkFindings = pivot && new Findings({ ...place, child: pivot.meta.className, column: pivot.tenant.path })
  }

  /** `Customer.addresses`, as messages name it. */
  get label(): string {
    return `${this.owner}.${this.name}`
  }
}

/** What is known of one entity at start-up. */
export class EntityGuard {
  readonly name: string
  readonly tenant: TenantOf | null
  readonly toMany: readonly RelationGuard[]
  readonly toOne: readonly RelationGuard[]
  /** Whether a tenant may make shared rows its own. */
  readonly isClaimable: boolean
  /** Findings at rows of this entity that were found at top level, or are written. */
  readonly findings: Findings

  constructor(
    name: string,
    tenant: TenantOf | null,
    isClaimable: boolean,
    toMany: readonly RelationGuard[],
    toOne: readonly RelationGuard[],
  ) {
    this.name = name
    this.tenant = tenant
    this.isClaimable = isClaimable
    this.toMany = toMany
    this.toOne = toOne
    const column = tenant?.path ?? ""
    this.findings = new Findings({ orm: "mikro-orm", owner: name, relation: null, child: name, column }, tenant?.steps)
  }
}
