import type { ObjectLiteral } from "typeorm"
import type { Failsafe } from "../failsafe.ts"
import type { EntityGuard } from "../guards.ts"
import { entityKey } from "../row-key.ts"
import type { TenantOf } from "../tenant-of.ts"
import { keyIn, targetIn, targetsFor, valuesFor, type NewTarget } from "./changes.ts"
import { checkLink, insertAlong, storeWorst, tenantsOf } from "./check-links.ts"
import { placeAlong, targetOf, type LinkGuard } from "./link-guards.ts"
import { operationOf, type SubjectPort } from "./subject-port.ts"
import { rowsOf } from "./stored-tenants.ts"
import { isNamed } from "./tenant-column.ts"
import type { Writing } from "./writing.ts"

/** The tenants of stored rows, as they arrived with what TypeORM compares the entities with. */
export type Snapshots = ReadonlyMap<ObjectLiteral, unknown>

/** Judges what a subject would write: at once where everything is known, else when `writing` settles. */
export function checkSubject(writing: Writing, subject: SubjectPort, snapshots: Snapshots): void {
  const operation = operationOf(subject)
  if (operation === undefined) return
  writing.judgeRow(subject, () => {
    if (subject.metadata.isJunction) {
      checkJunction(writing, subject)
      return
    }
    if (operation === "insert") checkInsert(writing, subject)
    else checkStored(writing, subject, operation, snapshots)
    if (operation !== "delete") checkToOne(writing, subject)
  })
}

/** Links of many to many. Those that go with a row which is removed are judged with all that hangs on it. */
function checkJunction(writing: Writing, subject: SubjectPort): void {
  const isRemoved = subject.mustBeRemoved
  if (isRemoved && subject.parentSubject?.mustBeRemoved === true) return
  for (const guard of writing.failsafe.model.ends(subject.metadata)) {
    const target = isRemoved
      ? unlinkedBy(subject, guard)
      : targetIn(subject.changeMaps.find(({ column }) => column === guard.columns[0])?.value, guard.columns)
    checkLink(writing, guard, target, isRemoved ? "unlink" : "link")
  }
}

function checkInsert(writing: Writing, subject: SubjectPort): void {
  const { failsafe } = writing
  const guard = failsafe.entityGuard(subject.metadata)
  const tenant = failsafe.exactTenantOf(subject.metadata)
  if (guard === null || tenant === null) return
  const [hop] = tenant.hops
  if (hop === undefined) {
    // The database fills it in, nobody can tell with what.
    if (!tenant.column.isInsert) {
      writing.fault(guard, "insert", "unknown")
      return
    }
    const value = valuesFor(subject, tenant.column).at(-1) ?? null
    // Named by a row that is to get its key yet.
    if (value === null && isNamed(tenant.column, subject.entity!)) writing.fault(guard, "insert", "unknown")
    else writing.insert(guard, value)
    return
  }
  const target = targetsFor(subject, hop).at(-1) ?? none
  if (target.kind === "none") writing.insert(guard, null)
  else if (target.kind === "unknown") writing.fault(guard, "insert", "unknown")
  else if (target.kind === "keyless") insertKeyless(writing, guard)
  else if (target.kind === "row") {
    tenantsOf(writing, placeAlong(tenant), target, (tenants) => insertAlong(writing, guard, tenants))
  }
}

function checkStored(
  writing: Writing,
  subject: SubjectPort,
  operation: "update" | "delete",
  snapshots: Snapshots,
): void {
  const { failsafe } = writing
  const guard = failsafe.entityGuard(subject.metadata)
  if (guard === null) return
  const { databaseEntity } = subject
  if (databaseEntity !== undefined && snapshots.has(databaseEntity) && isCompared(writing, subject)) {
    judgeStored(writing, subject, guard, [snapshots.get(databaseEntity)], operation)
    return
  }
  // The tenant of a path is not among the row's own columns.
  const isLoaded = subject.entity !== undefined && writing.isLoaded(subject.entity, subject.metadata)
  if (isLoaded && !tellsTenant(failsafe, subject)) return
  const place = rowsOf(subject.metadata, guard.tenant)
  const id = subject.identifier ?? {}
  writing.stored.ask(place, id)
  writing.later(() => judgeStored(writing, subject, guard, writing.stored.of(place, id), operation))
}

function judgeStored(
  writing: Writing,
  subject: SubjectPort,
  guard: EntityGuard,
  tenants: readonly unknown[],
  operation: "update" | "delete",
): void {
  storeWorst(writing, guard, tenants, operation)
  const tenant = writing.failsafe.exactTenantOf(subject.metadata)
  const isJudged = tenants.some((stored) => writing.isForeign(stored))
  if (operation === "update" && tenant !== null && !isJudged) checkMoved(writing, subject, tenant, tenants)
}

/** A parent that gets its key until then is judged when the row is sent. */
function insertKeyless(writing: Writing, guard: EntityGuard): void {
  if (writing.isSending) writing.insert(guard, null)
  else writing.isOpen = true
}

/** Whether what TypeORM compared with is the row that will be written: listeners may have given the entity the key of another one. */
function isCompared({ isSending }: Writing, { metadata, databaseEntity, identifier }: SubjectPort): boolean {
  if (!isSending) return true
  return identifier !== undefined && entityKey(metadata, databaseEntity!) === entityKey(metadata, identifier)
}

/** A stored row keeps its tenant. */
function checkMoved(writing: Writing, subject: SubjectPort, tenant: TenantOf, stored: readonly unknown[]): void {
  const guard = writing.failsafe.entityGuard(subject.metadata)!
  const change = (value: unknown): void => {
    for (const before of stored) if (!writing.isFaulty(subject)) writing.change(guard, before, value)
  }
  const [hop] = tenant.hops
  if (hop === undefined) {
    if (tenant.column.isUpdate) for (const value of valuesFor(subject, tenant.column)) change(value)
    return
  }
  for (const target of targetsFor(subject, hop)) {
    if (target.kind === "none") change(null)
    if (target.kind !== "row") continue
    tenantsOf(writing, placeAlong(tenant), target, (tenants) => {
      const isLinked = writing.failsafe.relationGuard(hop) !== null
      // Rows of other tenants are judged as what the relation links to.
      if (!isLinked) storeWorst(writing, guard, tenants, "update")
      if (!tenants.some((value) => writing.isForeign(value))) for (const value of tenants) change(value)
    })
  }
}

function checkToOne(writing: Writing, subject: SubjectPort): void {
  const { failsafe } = writing
  const judged = operationOf(subject) === "insert" ? hopOf(failsafe.exactTenantOf(subject.metadata)) : undefined
  for (const guard of failsafe.model.toOne(subject.metadata)) {
    if (guard.relation === judged) continue
    for (const target of targetsFor(subject, guard.relation)) checkLink(writing, guard, target)
  }
}

function hopOf(tenant: TenantOf | null): TenantOf["hops"][number] | undefined {
  return tenant?.hops[0]
}

const none: NewTarget = { kind: "none" }

/** A link that is removed is told by the columns of the junction table. */
function unlinkedBy({ identifier = {} }: SubjectPort, { columns }: LinkGuard): NewTarget {
  const id = targetOf(columns, (column) => column.getEntityValue(identifier))
  return id === undefined ? { kind: "unknown" } : { kind: "row", id, object: undefined }
}

function tellsTenant(failsafe: Failsafe, { metadata, changeMaps }: SubjectPort): boolean {
  const tenant = failsafe.exactTenantOf(metadata)
  const columns = tenant?.hops[0]?.joinColumns ?? (tenant === null ? [] : [tenant.column])
  return changeMaps.some(
    ({ column, relation }) =>
      (column !== undefined && columns.includes(column)) ||
      columns.some((own) => relation !== undefined && keyIn(relation, own) !== undefined),
  )
}
