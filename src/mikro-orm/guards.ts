import { ReferenceKind, type EntityMetadata, type EntityProperty } from "@mikro-orm/core"
import type { Finding, LeakKind } from "../core/leak-report.ts"
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
  readonly #findings = new Map<LeakKind, Finding>()
  readonly #linkFindings = new Map<LeakKind, Finding>()

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
  }

  /** `Customer.addresses`, as messages name it. */
  get label(): string {
    return `${this.owner}.${this.name}`
  }

  finding(what: LeakKind): Finding {
    const column = this.failsafe.tenantOf(this.target)?.path ?? this.pivot?.tenant.path ?? ""
    return cached(this.#findings, what, this.owner, this.name, this.target.className, column)
  }

  /** A finding at the links of an m:n relation. */
  linkFinding(what: LeakKind): Finding {
    const { meta, tenant } = this.pivot!
    return cached(this.#linkFindings, what, this.owner, this.name, meta.className, tenant.path)
  }
}

/** What is known of one entity at start-up. */
export class EntityGuard {
  readonly name: string
  readonly tenant: TenantOf | null
  readonly toMany: readonly RelationGuard[]
  readonly toOne: readonly RelationGuard[]
  readonly #findings = new Map<LeakKind, Finding>()

  constructor(
    name: string,
    tenant: TenantOf | null,
    toMany: readonly RelationGuard[],
    toOne: readonly RelationGuard[],
  ) {
    this.name = name
    this.tenant = tenant
    this.toMany = toMany
    this.toOne = toOne
  }

  /** A finding at rows of this entity that were found at top level. */
  finding(what: LeakKind): Finding {
    return cached(this.#findings, what, this.name, null, this.name, this.tenant?.path ?? "")
  }
}

/** One object per finding: a load counts by it. */
function cached(
  findings: Map<LeakKind, Finding>,
  what: LeakKind,
  owner: string,
  relation: string | null,
  child: string,
  column: string,
): Finding {
  let finding = findings.get(what)
  if (finding === undefined) {
    finding = Object.freeze({ what, orm: "mikro-orm", owner, relation, child, column })
    findings.set(what, finding)
  }
  return finding
}
