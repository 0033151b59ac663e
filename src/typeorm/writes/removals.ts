import type { EntityMetadata, ObjectLiteral, QueryRunner, SelectQueryBuilder } from "typeorm"
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js"
import type { Findings } from "../../core/findings.ts"
import { chunked } from "../../core/chunked.ts"
import { foreignHangingOn, type Hanging as Hung, type RemovalPort } from "../../core/removal.ts"
import { runUnscoped } from "../../core/scope.ts"
import { ownRows } from "../own-rows.ts"
import { columnOf } from "../query-port.ts"
import { entityKey, hydrated } from "../row-key.ts"
import { brokenPath, joinTenant } from "../tenant-of.ts"
import type { Hanging } from "./hangings.ts"
import type { Writing } from "./writing.ts"

/** Rows of one entity that are about to be deleted, by their primary keys. */
type Removed = readonly [metadata: EntityMetadata, ids: readonly ObjectLiteral[]]

type Query = SelectQueryBuilder<ObjectLiteral>

// TypeORM asks for composite keys by a chain of ORs, which SQLite parses up to a depth of 1,000.
const compositeKeys = 300

/** Judges what hangs on rows of one entity that are about to be deleted. */
export async function checkHanging(
  writing: Writing,
  metadata: EntityMetadata,
  ids: readonly ObjectLiteral[],
  queryRunner: QueryRunner | undefined,
): Promise<void> {
  const { failsafe } = writing
  const target = writing.targetOf(metadata)
  writing.check.hanging(target, await foreignOn(writing, [[metadata, ids]], queryRunner))
  // Policies do not show whose rows hang on one that is nobody's.
  if (ids.length === 0 || !writing.isBlind || failsafe.tenantOf(metadata) !== null) return
  const unseen = failsafe.model.hangings(metadata).filter(({ isCascading }) => isCascading)
  writing.check.hangingUnseen(
    target,
    unseen.map(({ findings }) => findings),
    ids.length,
  )
}

/** Counts the foreign rows that hang on rows which are about to be deleted: one query per relation, none where nothing can hang. */
async function foreignOn(
  writing: Writing,
  removed: Iterable<Removed>,
  queryRunner: QueryRunner | undefined,
): Promise<ReadonlyMap<Findings, number>> {
  const known = new WeakMap<ObjectLiteral, EntityMetadata>()
  const port: RemovalPort<EntityMetadata, ObjectLiteral, Hanging> = {
    relationsTo: (metadata) => writing.failsafe.model.hangings(metadata),
    findingsOf: ({ findings }) => findings,
    textOf: (id) => entityKey(known.get(id)!, id) ?? "",
    hanging: async (relation, ids) => {
      const hung = await hangingOn(writing, relation, known.get(ids[0]!)!, ids, queryRunner)
      for (const [metadata, along] of hung.along) for (const id of along) known.set(id, metadata)
      return hung
    },
  }
  const listed = [...removed]
  for (const [metadata, ids] of listed) for (const id of ids) known.set(id, metadata)
  return foreignHangingOn(port, listed)
}

async function hangingOn(
  writing: Writing,
  hanging: Hanging,
  metadata: EntityMetadata,
  ids: readonly ObjectLiteral[],
  queryRunner: QueryRunner | undefined,
): Promise<Hung<EntityMetadata, ObjectLiteral>> {
  let foreign = 0
  const along: ObjectLiteral[] = []
  for (const some of chunked(ids, metadata.hasMultiplePrimaryKeys ? compositeKeys : undefined)) {
    const query = queryOf(writing, hanging, metadata, queryRunner).whereInIds([...some])
    if (hanging.isFollowed) {
      if (hanging.tenant !== null && hanging.tenant.kinds.length > 1) {
        const counting = queryOf(writing, hanging, metadata, queryRunner).whereInIds([...some])
        foreign += await countForeign(writing, hanging, counting)
      }
      for (const { id, tenant } of await rowsIn(writing, hanging, query)) {
        if (writing.isForeign(tenant)) foreign++
        else along.push(id)
      }
    } else {
      foreign += await countForeign(writing, hanging, query)
    }
  }
  return { foreign, along: along.length === 0 ? [] : [[hanging.metadata, along]] }
}

/** Joins to the rows that are deleted what hangs on them. */
function queryOf(
  { failsafe }: Writing,
  { relation, isOwnerSide, metadata: hung }: Hanging,
  metadata: EntityMetadata,
  queryRunner: QueryRunner | undefined,
): Query {
  const query: Query = failsafe.dataSource
    .createQueryBuilder(queryRunner)
    .select([])
    .from(metadata.target, "removed")
    .withDeleted()
    .cache(false)
  if (!relation.isManyToMany) {
    return query.innerJoin(hung.target, "hanging", refersTo(query, "hanging", relation.joinColumns, "removed"))
  }
  const junction = relation.junctionEntityMetadata!
  const { ownerColumns, inverseColumns } = junction
  const [here, there] = isOwnerSide ? [ownerColumns, inverseColumns] : [inverseColumns, ownerColumns]
  return query
    .innerJoin(junction.tablePath, "link", refersTo(query, "link", here, "removed"))
    .innerJoin(hung.target, "hanging", refersTo(query, "link", there, "hanging"))
}

function refersTo(query: Query, from: string, columns: readonly ColumnMetadata[], to: string): string {
  return columns
    .map((column) => `${columnOf(query, from, column)} = ${columnOf(query, to, column.referencedColumn!)}`)
    .join(" AND ")
}

async function rowsIn(
  { failsafe: { dataSource } }: Writing,
  { metadata, tenant }: Hanging,
  query: Query,
): Promise<{ readonly id: ObjectLiteral; readonly tenant: unknown }[]> {
  const keys = metadata.primaryColumns.map((column, index) => [`key${index}`, column] as const)
  for (const [alias, column] of keys) query.addSelect(columnOf(query, "hanging", column), alias)
  const kind = tenant?.kinds.length === 1 ? tenant.kinds[0]?.tenant : undefined
  if (kind) query.addSelect(joinTenant(query, "hanging", kind), "tenant")
  const broken = kind && brokenPath(query, "hanging", kind)
  if (broken !== undefined) query.addSelect(`CASE WHEN ${broken} THEN 1 ELSE 0 END`, "broken")
  const rows = await runUnscoped(() => query.getRawMany<Record<string, unknown>>())
  return rows.map((row) => {
    const id: ObjectLiteral = {}
    for (const [alias, column] of keys) column.setEntityValue(id, hydrated(dataSource, row[alias], column))
    if (Number(row["broken"]) === 1) return { id, tenant: undefined }
    return { id, tenant: kind ? hydrated(dataSource, row["tenant"], kind.column) : null }
  })
}

async function countForeign({ failsafe, tenants }: Writing, { tenant }: Hanging, query: Query): Promise<number> {
  const [isOwn, parameters] = ownRows(failsafe.dataSource, query, "hanging", tenant!, tenants)
  query.andWhere(`NOT ${isOwn}`, parameters).select("COUNT(*)", "count")
  const row = await runUnscoped(() => query.getRawOne<{ readonly count: unknown }>())
  return Number(row?.count)
}
