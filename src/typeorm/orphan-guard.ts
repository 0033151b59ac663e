import type { EntityMetadata, ObjectLiteral, QueryRunner } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import * as decide from "../core/decisions.ts"
import { currentContext } from "../core/scope.ts"
import type { Policy } from "../core/options.ts"
import { remembered } from "../core/remembered.ts"
import { judge, type Verdict } from "../core/verdict.ts"
import { doesNotFit } from "./assert-fits.ts"
import { Failsafe } from "./failsafe.ts"
import type { RelationGuard } from "./guards.ts"
import { currentSave, runAs } from "./load.ts"
import { entityKey } from "./row-key.ts"
import { lookUpTenants } from "./tenant-lookup.ts"
import type { Save } from "./writes/save.ts"

/** One entity that is being saved, as TypeORM's persistence sees it. */
interface SubjectPort {
  readonly metadata: EntityMetadata
  readonly entity?: ObjectLiteral
  databaseEntity?: ObjectLiteral
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
  readonly subject: SubjectPort
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
    const save = currentSave(failsafe)
    for (const { metadata, databaseEntity } of this.subjects) {
      if (databaseEntity !== undefined) save?.loaded(metadata, databaseEntity)
    }
  }
}

async function hideForeign(failsafe: Failsafe, { subjects, queryRunner }: SnapshotLoaderPort): Promise<void> {
  const missing = new Map<RelationGuard, Missing[]>()
  let known: ReadonlySet<ObjectLiteral> | undefined
  const shared = () => (known ??= sharedStates(subjects))
  for (const subject of subjects) {
    const { entity, databaseEntity } = subject
    if (entity === undefined || databaseEntity === undefined) continue
    for (const guard of failsafe.diffedRelations(subject.metadata)) {
      const relation = guard.relation!
      const children = missingChildren(failsafe, guard, entity, databaseEntity, subjects)
      if (children.size === 0) continue
      hide(relation, subject, shared(), takeHidden(failsafe, relation, entity, children))
      if (children.size === 0) continue
      remembered(missing, guard, () => []).push({ subject, children })
    }
  }
  if (missing.size === 0 || currentContext()?.scope?.kind === "bypass") return
  const save = currentSave(failsafe)!
  for (const [guard, group] of missing) await hideForeignOf(save, guard, group, shared(), queryRunner)
}

/** What is stored of a relation and not in the entity, by key. */
function missingChildren(
  failsafe: Failsafe,
  guard: RelationGuard,
  entity: ObjectLiteral,
  databaseEntity: ObjectLiteral,
  subjects: readonly SubjectPort[],
): Map<string, ObjectLiteral> {
  const { target } = guard
  const relation = guard.relation!
  const missing = new Map<string, ObjectLiteral>()
  const value: unknown = relation.getEntityValue(entity)
  // Not loaded: TypeORM leaves the relation alone.
  if (value === undefined) return missing
  for (const stored of listOf(relation.getEntityValue(databaseEntity))) {
    const key = entityKey(target, stored)
    if (key !== undefined) missing.set(key, stored)
  }
  if (missing.size === 0) return missing
  for (const child of listOf(value)) {
    // A child may be known to the database by other properties than its key.
    const key = entityKey(target, child) ?? identifierOf(target, child, subjects)
    if (key === undefined) continue
    missing.delete(key)
    // Taking out later what is there now is the application's own decision.
    failsafe.hidden.forget(entity, relation, key)
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
  save: Save,
  guard: RelationGuard,
  group: readonly Missing[],
  shared: ReadonlySet<ObjectLiteral>,
  queryRunner: QueryRunner,
): Promise<void> {
  const { failsafe, log } = save
  const { policy } = failsafe
  const { findings, target, tenant, relation } = guard
  const context = currentContext()
  const ids = new Map(group.flatMap(({ children }) => [...children]))
  if (context?.scope === undefined) {
    const decision = decide.missingScope(policy, findings, log, "saved")
    if (decision === undefined) return
    log.note(decision.finding, { loaded: ids.size, rows: ids.size, strategy: "save" })
    if (decision.refusal !== undefined) throw decision.refusal
    return
  }
  const tenants = await lookUpTenants(failsafe, target, tenant, [...ids.values()], queryRunner)
  save.known(target, tenant, tenants)
  for (const { subject, children } of group) {
    const verdicts = [...children].map(([key, child]) => [judge(tenants.get(key), context.owned!), child] as const)
    const spared = verdicts.filter(([verdict]) => isSpared(verdict, policy))
    const rows = verdicts.filter(([verdict]) => verdict === "foreign" || isSpared(verdict, policy)).length
    if (rows > 0) log.note(findings.of("unloaded-write"), { loaded: children.size, rows, strategy: "save" })
    hide(relation!, subject, shared, new Set(spared.map(([, child]) => child)))
  }
}

/** What the policy drops from a loaded relation cannot be meant to be removed. */
function isSpared(verdict: Verdict, { onLeak, onUnknown }: Policy): boolean {
  return verdict === "foreign" ? onLeak !== "report" : verdict === "unknown" && onUnknown !== "keep"
}

/** Two entities of one save may be the same row: TypeORM then gives them one stored state. */
function sharedStates(subjects: readonly SubjectPort[]): ReadonlySet<ObjectLiteral> {
  const seen = new Set<ObjectLiteral>()
  const shared = new Set<ObjectLiteral>()
  for (const { databaseEntity } of subjects) {
    if (databaseEntity === undefined) continue
    if (seen.has(databaseEntity)) shared.add(databaseEntity)
    seen.add(databaseEntity)
  }
  return shared
}

/** Takes children out of the stored state that an entity is compared with, and of that one's alone. */
function hide(
  relation: RelationMetadata,
  subject: SubjectPort,
  shared: ReadonlySet<ObjectLiteral>,
  children: ReadonlySet<ObjectLiteral>,
): void {
  if (children.size === 0) return
  const stored = subject.databaseEntity!
  if (shared.has(stored)) subject.databaseEntity = copyOf(stored)
  // Not by `setEntityValue`, which merges a value into the one that is there.
  let holder = subject.databaseEntity!
  for (const name of relation.embeddedMetadata?.parentPropertyNames ?? []) {
    holder[name] = copyOf(holder[name] as ObjectLiteral)
    holder = holder[name] as ObjectLiteral
  }
  const value: unknown = relation.getEntityValue(stored)
  const property = relation.isLazy ? `__${relation.propertyName}__` : relation.propertyName
  if (Array.isArray(value)) holder[property] = value.filter((child: ObjectLiteral) => !children.has(child))
  else delete holder[property]
}

function copyOf(entity: ObjectLiteral): ObjectLiteral {
  return Object.create(
    Object.getPrototypeOf(entity) as object,
    Object.getOwnPropertyDescriptors(entity),
  ) as ObjectLiteral
}

function listOf(value: unknown): readonly ObjectLiteral[] {
  if (Array.isArray(value)) return value as ObjectLiteral[]
  return typeof value === "object" && value !== null ? [value] : []
}
