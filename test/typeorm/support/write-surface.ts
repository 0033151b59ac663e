/** What the write guard does about one method. */
export type WriteClass = "checked" | "confined" | "refused" | "harmless"

/** The methods of one of TypeORM's classes, each with what is done about it and one word that says how or why. */
export type Surface = ReadonlyMap<string, readonly [WriteClass, reason: string]>

type Group = readonly [WriteClass, reason: string, names: string]

function surface(...groups: readonly Group[]): Surface {
  return new Map(
    groups.flatMap(([what, reason, names]) => names.split(/\s+/).map((name) => [name, [what, reason]] as const)),
  )
}

const reads = `average count countBy exists existsBy find findAndCount findAndCountBy findBy findOne findOneBy findOneByOrFail findOneOrFail
  maximum minimum sum`

/** `raw`: SQL of the application's own, which no ORM-level guard can see. `builders`: it ends in a query builder's `execute`. */
const writing: readonly Group[] = [
  ["checked", "persistence", "save remove softRemove recover"],
  ["checked", "builders", "insert upsert"],
  ["confined", "builders", "update updateAll delete deleteAll softDelete restore increment decrement"],
  ["refused", "truncates", "clear"],
  ["checked", "execute", "createQueryBuilder"],
  ["harmless", "raw", "query sql"],
  ["harmless", "reads", `${reads} preload`],
  ["harmless", "memory", "create merge getId hasId"],
]

export const entityManager: Surface = surface(
  ...writing,
  ["confined", "builders", "incrementOrDecrementBy"],
  ["harmless", "reads", "callAggregateFun normalizeAndValidateWhereCriteria"],
  ["checked", "guarded", "getRepository getTreeRepository withRepository transaction"],
  ["harmless", "unsupported", "getMongoRepository"],
  ["harmless", "connection", "release"],
)

export const repository: Surface = surface(
  ...writing,
  ["checked", "guarded", "extend"],
  ["harmless", "describes", "metadata"],
)

export const treeRepository: Surface = new Map([
  ...repository,
  ...surface([
    "harmless",
    "reads",
    `countAncestors countDescendants createAncestorsQueryBuilder createDescendantsQueryBuilder findAncestors findAncestorsTree
      findDescendants findDescendantsTree findRoots findTrees`,
  ]),
])

export const baseEntity: Surface = surface(
  ["checked", "persistence", "save remove softRemove recover"],
  ["harmless", "memory", "hasId"],
  ["harmless", "reads", "reload"],
)

export const baseEntityClass: Surface = surface(
  ["checked", "persistence", "save remove softRemove"],
  ["checked", "builders", "insert upsert"],
  ["confined", "builders", "update delete"],
  ["refused", "truncates", "clear"],
  ["checked", "execute", "createQueryBuilder"],
  ["checked", "guarded", "getRepository"],
  ["harmless", "raw", "query"],
  ["harmless", "reads", `${reads} preload`],
  ["harmless", "memory", "create merge getId hasId target useDataSource"],
)

const building: readonly Group[] = [
  ["checked", "execute", "insert update delete softDelete restore relation"],
  ["harmless", "reads", "select"],
  ["harmless", "raw", "addCommonTableExpression"],
  [
    "harmless",
    "builds",
    `alias callListeners clone comment createComment createCteExpression createFromAlias createParameter createPropertyPath
      createQueryBuilder createReturningExpression createTimeTravelQuery createWhereClausesExpression createWhereConditionExpression
      createWhereExpression disableEscaping escape findColumnsForPropertyPath getExistsCondition getMainTableName getParameters
      getPredicates getQuery getReturningColumns getSql getTableName getWhereCondition getWhereInIdsCondition
      getWherePredicateCondition hasCommonTableExpressions hasParameter hasRelation normalizeNumber obtainQueryRunner
      replacePropertyNamesForTheWholeQuery setParameter setParameters setQueryRunner useTransaction validateNumericInput
      validateOrderByCondition`,
  ],
]

const conditions: Group = [
  "confined",
  "conditions",
  "where andWhere orWhere whereInIds andWhereInIds orWhereInIds getQueryAndParameters execute",
]

export const insertQueryBuilder: Surface = surface(
  ...building,
  ["checked", "execute", "execute getQueryAndParameters values into"],
  ["checked", "conflicts", "orIgnore orUpdate createUpsertConditionExpression createMergeExpression"],
  [
    "harmless",
    "builds",
    `createColumnNamesExpression createColumnValueExpression createInsertExpression createMergeIntoInsertValuesExpression
      createMergeIntoSourceExpression createValuesExpression getInsertedColumns getValueSets isOverridingAutoIncrementBehavior output
      returning updateEntity`,
  ],
)

export const updateQueryBuilder: Surface = surface(
  ...building,
  conditions,
  ["checked", "execute", "set"],
  ["confined", "conditions", "whereEntity"],
  [
    "harmless",
    "builds",
    `addOrderBy createLimitExpression createOrderByExpression createUpdateExpression getValueSet limit orderBy output returning
      updateEntity`,
  ],
)

export const deleteQueryBuilder: Surface = surface(...building, conditions, [
  "harmless",
  "builds",
  "createDeleteExpression from output returning",
])

export const softDeleteQueryBuilder: Surface = surface(
  ...building,
  conditions,
  ["confined", "conditions", "whereEntity"],
  [
    "harmless",
    "builds",
    `addOrderBy createLimitExpression createOrderByExpression createUpdateExpression from limit orderBy output returning updateEntity`,
  ],
)

export const relationQueryBuilder: Surface = surface(
  ...building,
  ["checked", "keys", "add addAndRemove remove set"],
  ["harmless", "reads", "loadMany loadOne"],
  ["harmless", "builds", "of getQueryAndParameters execute"],
)

/** What only one of the versions has. */
export const elsewhere: Readonly<Record<string, Surface>> = {
  EntityManager: surface(
    ["harmless", "reads", "findByIds findOneById"],
    ["checked", "guarded", "getCustomRepository"],
    ["harmless", "describes", "connection"],
  ),
  Repository: surface(["harmless", "reads", "exist findByIds findOneById"]),
  TreeRepository: surface(["harmless", "reads", "exist findByIds findOneById"]),
  BaseEntityClass: surface(["harmless", "reads", "findByIds findOneById"]),
  InsertQueryBuilder: surface(
    ["checked", "conflicts", "onConflict"],
    ["refused", "unknown", "valuesFromSelect"],
    ["harmless", "builds", "printSql replacePropertyNames setNativeParameters connection"],
  ),
  UpdateQueryBuilder: surface(["harmless", "builds", "printSql replacePropertyNames setNativeParameters connection"]),
  DeleteQueryBuilder: surface(["harmless", "builds", "printSql replacePropertyNames setNativeParameters connection"]),
  SoftDeleteQueryBuilder: surface([
    "harmless",
    "builds",
    "printSql replacePropertyNames setNativeParameters connection",
  ]),
  RelationQueryBuilder: surface(["harmless", "builds", "printSql replacePropertyNames setNativeParameters connection"]),
}
