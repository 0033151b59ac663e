import type { EntityMetadata, ObjectLiteral } from "typeorm"
import type { EntityGuard } from "../../guards.ts"
import type { TenantOf } from "../../tenant-of.ts"
import { checkLink, insertAlong, tenantsOf } from "../check-links.ts"
import { placeAlong } from "../link-guards.ts"
import { isNamed } from "../tenant-column.ts"
import type { Writing } from "../writing.ts"
import { askConflict, type Conflict } from "./conflicts.ts"
import type { Statement } from "./statement.ts"
import { keyTarget, targetOfValues, valueOf } from "./values.ts"

/** Judges an INSERT: its new rows, what they are linked to, and the stored rows that it would overwrite instead. */
export async function judgeInsert(statement: Statement): Promise<void> {
  const { writing, metadata, stamps } = statement
  const { expressionMap } = statement.builder
  const conflict = askConflict(expressionMap, metadata)
  const operation = conflict === undefined ? "insert" : "upsert"
  // Rows that the database makes itself. TypeORM 0.3 has no such statement.
  if ((expressionMap as { readonly insertFromSelect?: unknown }).insertFromSelect !== undefined) {
    writing.fault(writing.targetOf(metadata), operation, "unknown")
  } else {
    const rows = valueSets(expressionMap.valuesSet)
    const tenant = writing.failsafe.exactTenantOf(metadata)
    // What is judged is what is sent.
    if (tenant !== null) statement.alsoInsert(tenant.hops[0]?.joinColumns ?? [tenant.column])
    for (const row of rows) stamps.stampValues(writing, metadata, row)
    for (const row of rows) writing.judgeRow(row, () => checkRow(writing, metadata, row, conflict))
    await writing.settle()
  }
  writing.close()
  statement.recheck = () => judgeInsert(statement)
}

function checkRow(
  writing: Writing,
  metadata: EntityMetadata,
  row: ObjectLiteral,
  conflict: Conflict | undefined,
): void {
  const { failsafe } = writing
  if (metadata.isJunction) {
    for (const end of failsafe.model.ends(metadata)) checkLink(writing, end, keyTarget(end.columns, row) ?? none)
    return
  }
  const guard = failsafe.entityGuard(metadata)
  const tenant = failsafe.exactTenantOf(metadata)
  if (guard !== null && tenant !== null) checkTenant(writing, guard, tenant, row, conflict)
  for (const link of failsafe.model.toOne(metadata)) {
    if (link.relation !== tenant?.hops[0]) checkLink(writing, link, targetOfValues(link.relation, row) ?? none)
  }
}

function checkTenant(
  writing: Writing,
  guard: EntityGuard,
  tenant: TenantOf,
  row: ObjectLiteral,
  conflict: Conflict | undefined,
): void {
  const operation = conflict === undefined ? "insert" : "upsert"
  const judge = (value: unknown): void => {
    if (conflict === undefined) writing.insert(guard, value)
    else conflict.judge(writing, guard, tenant, row, value)
  }
  const [hop] = tenant.hops
  if (hop === undefined) {
    const value = valueOf(tenant.column, row)
    if (typeof value === "function" || ((value ?? null) === null && isNamed(tenant.column, row))) {
      writing.fault(guard, operation, "unknown")
    } else {
      judge(value ?? null)
    }
    return
  }
  const target = targetOfValues(hop, row)
  if (target?.kind === "unknown") writing.fault(guard, operation, "unknown")
  else if (target?.kind !== "row") judge(null)
  else {
    tenantsOf(writing, placeAlong(tenant), target, (tenants) => {
      insertAlong(writing, guard, tenants, judge, operation)
    })
  }
}

function valueSets(values: unknown): ObjectLiteral[] {
  if (Array.isArray(values)) return values as ObjectLiteral[]
  return typeof values === "object" && values !== null ? [values] : []
}

const none = { kind: "none" } as const
