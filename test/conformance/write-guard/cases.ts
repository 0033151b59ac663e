import type { FailsafeErrorCode, TenantId } from "../../../src/index.ts"
import { withTenant, withTenants } from "../../../src/index.ts"
import type { GuardHarness } from "./harness.ts"
import { uuids, type EntityName } from "./schema.ts"

/** One write, and what the guard makes of it. */
export interface GuardCase<Manager> {
  readonly title: string
  /** The scope in which it is written: that of merchant 1 unless given. */
  readonly scope?: CaseScope
  run(manager: Manager): Promise<void>
  readonly expected: Refused | Done
  /** Whether the write is about rows of tenant-owned entities, so that it needs a scope: yes, unless given. */
  readonly needsScope?: boolean
}

/** Nothing is changed, and it is told. */
export interface Refused {
  /** One of them where two faults meet. */
  readonly code: FailsafeErrorCode | readonly FailsafeErrorCode[]
  /**
   * The records, as `Parcel.address link 1`; alternatives where a record may name the relation from either side. Undefined where only their
   * being there is decided.
   */
  readonly records?: readonly (readonly string[])[]
  /** Foreign rows that hang on what is deleted, by relation. */
  readonly hanging?: Readonly<Record<string, number>>
}

export interface Done {
  /** `"done"`, or what the database says. */
  readonly outcome: "done" | "FOREIGN_KEY"
  /** What plain SQL finds changed. */
  readonly changed: readonly string[]
  /** Own rows that may be written anew in addition, for instance because the ORM takes another notation for a change. */
  readonly mayRewrite?: string
  /** What is reported, as `Address update 2`, where `writes: "report"` lets it pass unconfined. */
  readonly reported?: readonly (readonly string[])[]
}

export type CaseScope = "merchant 1" | "merchant 1, by UUID" | "merchants 1 and 2"

export type CasesOf = <Session, Manager>(harness: GuardHarness<Session, Manager>) => readonly GuardCase<Manager>[]

/** Runs in the scope of a case. */
export function inScope<R>(scope: CaseScope | undefined, run: () => R): R {
  if (scope === "merchants 1 and 2") return withTenants([1, 2], "group report", run)
  return withTenant(scope === "merchant 1, by UUID" ? uuids[1] : 1, run)
}

/** The scope of merchant 1, in the notation of an entity's tenant. */
export function scopeFor(entity: EntityName): CaseScope {
  return entity === "Ticket" ? "merchant 1, by UUID" : "merchant 1"
}

/** A tenant in the notation of an entity. */
export function tenantFor(entity: EntityName, tenant: 1 | 2 | 3): TenantId {
  return entity === "Ticket" ? uuids[tenant] : tenant
}

export function done(...changed: readonly string[]): Done {
  return { outcome: "done", changed: changed.toSorted() }
}

export function foreign(...records: readonly string[]): Refused {
  return { code: "WRITE_FOREIGN", records: records.map((record) => [record]) }
}

export function isRefused(expected: Refused | Done): expected is Refused {
  return "code" in expected
}

/** A row as the oracle names it: `address 11`, `line a,11`. */
export function rowName(entity: EntityName, id: number): string {
  return entity === "Line" ? `line a,${id}` : `${entity.toLowerCase()} ${id}`
}

export function relabelled(entity: EntityName, id: number): string {
  return `~ ${rowName(entity, id)} label: row -> changed`
}

/** A new row, as the oracle tells it. */
export function added(entity: EntityName, id: number, tenant: TenantId): string {
  const column = entity === "Device" ? "scope_merchant_id" : "merchant_id"
  const customer = entity === "Note" ? " customer_id=3" : ""
  const key = entity === "Line" ? ` number=${id} series=a` : ""
  return `+ ${rowName(entity, id)}${customer} label=new ${column}=${String(tenant)}${key}`
}
