import type { EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import * as decide from "../core/decisions.ts"
import type { LeakLog } from "../core/leak-log.ts"
import { currentContext } from "../core/scope.ts"
import { judge } from "../core/verdict.ts"
import { doesNotFit } from "./assert-fits.ts"
import { Failsafe } from "./failsafe.ts"
import type { RelationGuard } from "./guards.ts"
import { runAs, runLoad } from "./load.ts"
import { entityKey } from "./row-key.ts"
import { lookUpTenants } from "./tenant-lookup.ts"

/** One entity that is being saved, as TypeORM's persistence sees it. */
interface SubjectPort {
  readonly metadata: EntityMetadata
  readonly entity?: ObjectLiteral
  readonly databaseEntity?: ObjectLiteral
  readonly identifier?: ObjectLiteral
}

/** What is used of the loader that brings the stored state of the entities being saved. */
export interface SnapshotLoaderPort {
  readonly queryRunner: QueryRunner
  readonly subjects: readonly SubjectPort[]
  load: (operation: string) => Promise<void>
}

/** Stored children of one entity that are missing from it. */
interface Missing {
  readonly stored: ObjectLiteral
  readonly children: ReadonlyMap<string, ObjectLiteral>
}

/**
 * `save`, `softRemove` and `recover` take a child that is stored but missing from the entity for removed: they detach or delete it.
 * The failsafe hides foreign children from the stored state, so that what was never shown is never missed. Nothing is put into
 * the entity, whose cascades would reach it. The prototype is shared by all DataSources.
 */
export function guardAgainstOrphans(prototype: SnapshotLoaderPort): void {
  const { load } = prototype
  prototype.load = async function (this: SnapshotLoaderPort, operation) {
    const failsafe = Failsafe.of(this.queryRunner)
    if (failsafe === undefined) return load.call(this, operation)
    await runAs(failsafe, { kind: "snapshot" }, async (snapshot) => {
      await load.call(this, operation)
      if (snapshot.taken === 0 && this.subjects.some(({ databaseEntity }) => databaseEntity !== undefined)) {
        throw doesNotFit("SubjectDatabaseEntityLoader.load() no longer loads through a SelectQueryBuilder")
      }
    })
    // Removing compares nothing.
    if (operation !== "remove") await hideForeign(failsafe, this)
  }
}

async function hideForeign(failsafe: Failsafe, { subjects, queryRunner }: SnapshotLoaderPort): Promise<void> {
  const missing = new Map<RelationGuard, Missing[]>()
  for (const subject of subjects) {
    const { entity, databaseEntity } = subject
    if (entity === undefined || databaseEntity === undefined) continue
    for (const guard of failsafe.diffedRelations(subject.metadata)) {
      const children = missingChildren(guard, entity, databaseEntity, subjects)
      if (children.size === 0) continue
      hide(guard.relation!, databaseEntity, takeHidden(failsafe, guard.relation!, entity, children))
      if (children.size === 0) continue
      const others = missing.get(guard) ?? []
      missing.set(guard, others)
      others.push({ stored: databaseEntity, children })
    }
  }
  if (missing.size === 0 || currentContext()?.scope?.kind === "bypass") return
  await runLoad(failsafe, async (log) => {
    for (const [guard, group] of missing) await hideForeignOf(failsafe, guard, group, queryRunner, log)
  })
}

/** What is stored of a relation and not in the entity, by key. */
function missingChildren(
  { relation, target }: RelationGuard,
  entity: ObjectLiteral,
  databaseEntity: ObjectLiteral,
  subjects: readonly SubjectPort[],
): Map<string, ObjectLiteral> {
  const missing = new Map<string, ObjectLiteral>()
  const value: unknown = relation!.getEntityValue(entity)
  // Not loaded: TypeORM leaves the relation alone.
  if (value === undefined) return missing
  for (const stored of listOf(relation!.getEntityValue(databaseEntity))) {
    const key = entityKey(target, stored)
    if (key !== undefined) missing.set(key, stored)
  }
  if (missing.size === 0) return missing
  for (const child of listOf(value)) {
    // A child may be known to the database by other properties than its key.
    const key = entityKey(target, child) ?? identifierOf(target, child, subjects)
    if (key !== undefined) missing.delete(key)
  }
  return missing
}

function identifierOf(
  target: EntityMetadata,
  child: ObjectLiteral,
  subjects: readonly SubjectPort[],
): string | undefined {
  const identifier = subjects.find(({ entity }) => entity === child)?.identifier
  return identifier === undefined ? undefined : entityKey(target, identifier)
}

/** Takes out, and returns, the children that were dropped when this very instance was loaded: in whatever scope it is saved. */
function takeHidden(
  failsafe: Failsafe,
  relation: RelationMetadata,
  entity: ObjectLiteral,
  children: Map<string, ObjectLiteral>,
): Set<ObjectLiteral> {
  const taken = new Set<ObjectLiteral>()
  for (const key of failsafe.hidden.of(entity, relation) ?? []) {
    const child = children.get(key)
    if (child !== undefined) taken.add(child)
    children.delete(key)
  }
  return taken
}

/** Asks whose the missing children are: one query per relation, on the connection that saves. */
async function hideForeignOf(
  failsafe: Failsafe,
  guard: RelationGuard,
  group: readonly Missing[],
  queryRunner: QueryRunner,
  log: LeakLog,
): Promise<void> {
  const { policy } = failsafe
  const { findings, target, tenant, relation } = guard
  const context = currentContext()
  const ids = new Map(group.flatMap(({ children }) => [...children]))
  if (context?.scope === undefined) {
    const decision = decide.missingScope(policy, findings, "saved")
    if (decision === undefined) return
    log.note(decision.finding, { loaded: ids.size, rows: ids.size, strategy: "save" })
    if (decision.refusal !== undefined) throw decision.refusal
    return
  }
  const tenants = await lookUpTenants(failsafe, target, tenant, [...ids.values()], queryRunner)
  for (const { stored, children } of group) {
    const foreign = [...children].filter(([key]) => judge(tenants.get(key), context.owned!) === "foreign")
    if (foreign.length === 0) continue
    log.note(findings.of("unloaded-write"), { loaded: children.size, rows: foreign.length, strategy: "save" })
    if (policy.onLeak !== "report") hide(relation!, stored, new Set(foreign.map(([, child]) => child)))
  }
}

/** In place: TypeORM's `setEntityValue` merges a value into the one that is there. */
function hide(relation: RelationMetadata, stored: ObjectLiteral, children: ReadonlySet<ObjectLiteral>): void {
  if (children.size === 0) return
  const value: unknown = relation.getEntityValue(stored)
  if (Array.isArray(value)) {
    const rest = value.filter((child: ObjectLiteral) => !children.has(child))
    value.splice(0, value.length, ...rest)
  } else {
    const embedded = relation.embeddedMetadata?.parentPropertyNames ?? []
    const holder = embedded.reduce<ObjectLiteral>((object, name) => object[name] as ObjectLiteral, stored)
    delete holder[relation.isLazy ? `__${relation.propertyName}__` : relation.propertyName]
  }
}

function listOf(value: unknown): readonly ObjectLiteral[] {
  if (Array.isArray(value)) return value as ObjectLiteral[]
  return typeof value === "object" && value !== null ? [value] : []
}
