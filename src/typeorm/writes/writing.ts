import type { EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import { Findings } from "../../core/findings.ts"
import type { LeakLog } from "../../core/leak-log.ts"
import { currentContext } from "../../core/scope.ts"
import { ScopedWrite } from "../../core/scoped-write.ts"
import type { TenantId } from "../../core/tenant-id.ts"
import { faultOfChange, type WriteFault } from "../../core/verdict.ts"
import type { WriteTarget } from "../../core/write-check.ts"
import type { WriteOperation } from "../../core/write-refusals.ts"
import { writeScope, type WriteScope } from "../../core/write-scope.ts"
import type { Failsafe } from "../failsafe.ts"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import { StoredTenants } from "./stored-tenants.ts"
import { tenantTypeOf } from "./tenant-column.ts"

/** What one `save` or statement is about to write, in the scope that it is confined to. */
export class Writing extends ScopedWrite {
  readonly failsafe: Failsafe
  readonly stored: StoredTenants
  /** Whether something cannot be told before it is sent, and is to be judged again then. */
  isOpen = false
  /** Whether what is judged is sent right afterwards. */
  isSending = false
  /** What is being judged. */
  #row: object | undefined
  readonly #faulty = new WeakSet<object>()
  #later: (() => void)[] = []

  constructor(failsafe: Failsafe, log: LeakLog, within: WriteScope, queryRunner: () => QueryRunner | undefined) {
    super(failsafe.policy, log, within)
    this.failsafe = failsafe
    this.stored = new StoredTenants(failsafe, queryRunner)
  }

  /** Whether row security keeps foreign rows back from look-ups: what is not found is not nobody's. */
  get isBlind(): boolean {
    return this.failsafe.rowSecurity !== undefined
  }

  /** The tenant that a new row gets; undefined where it must name it. */
  stampFor(column: ColumnMetadata): TenantId | undefined {
    return column.isInsert ? this.stampAs(tenantTypeOf(column)) : undefined
  }

  /** Judges one row, unless it was found to be at fault before. */
  judgeRow(row: object, judge: () => void): void {
    if (this.#faulty.has(row)) return
    this.#row = row
    judge()
    this.#row = undefined
  }

  /** Whether an entity was loaded in this scope, as an own or shared row. */
  isLoaded(entity: ObjectLiteral, metadata: EntityMetadata): boolean {
    return this.failsafe.loaded.isOwn(entity, metadata, this.key)
  }

  isFaulty(row: object): boolean {
    return this.#faulty.has(row)
  }

  insert(target: WriteTarget, tenant: unknown, operation?: WriteOperation): void {
    if (this.judge(tenant ?? null) === "own") return
    this.#blame()
    this.check.insert(target, tenant, operation)
  }

  store(target: WriteTarget, tenant: unknown, operation: WriteOperation): void {
    if (!this.isForeign(tenant)) return
    this.#blame()
    this.check.stored(target, tenant, operation)
  }

  change(target: WriteTarget, stored: unknown, tenant: unknown, operation?: WriteOperation): void {
    const isClaimed = target.isClaimable === true && this.judge(tenant) === "own"
    if (faultOfChange(stored, tenant, isClaimed) === undefined) return
    this.#blame()
    this.check.changed(target, stored, tenant, operation)
  }

  fault(target: WriteTarget, operation: WriteOperation, fault: WriteFault, rows = 1): void {
    this.#blame()
    this.check.fault(target, operation, fault, rows)
  }

  /** Judges once what was asked for is known. */
  later(judge: () => void): void {
    const row = this.#row
    this.#later.push(row === undefined ? judge : () => this.judgeRow(row, judge))
  }

  /** Looks up what was asked for, and judges what waited for it. */
  async settle(): Promise<void> {
    // What a row's own tenant decides may have to be looked up in turn.
    while (this.#later.length > 0) {
      await this.stored.load()
      const judged = this.#later
      this.#later = []
      for (const judge of judged) judge()
    }
  }

  /** What records and refusals name for the rows of an entity, also of one that is not tenant-owned. */
  targetOf(metadata: EntityMetadata): WriteTarget {
    return this.failsafe.entityGuard(metadata) ?? { findings: unownedFindings(metadata) }
  }

  #blame(): void {
    if (this.#row !== undefined) this.#faulty.add(this.#row)
  }
}

/**
 * Begins to judge a write to rows of these entities, given by what names them; undefined where anything may be written.
 *
 * @throws {TenantFailsafeError} `TENANT_MISSING` outside any scope, for tenant-owned entities
 */
export function beginWriting(
  failsafe: Failsafe,
  log: LeakLog,
  targets: Iterable<{ readonly findings: Findings }>,
  queryRunner: () => QueryRunner | undefined,
): Writing | undefined {
  const within = writeScope(failsafe.policy, currentContext(), targets, log)
  return within && new Writing(failsafe, log, within, queryRunner)
}

function unownedFindings({ name }: EntityMetadata): Findings {
  return new Findings({ orm: "typeorm", owner: name, relation: null, child: name, column: "" })
}
