import type { EntityMetadata, ObjectLiteral } from "typeorm"
import type { TenantId } from "../../../core/tenant-id.ts"
import type { EntityGuard } from "../../guards.ts"
import type { TenantOf } from "../../tenant-of.ts"
import { checkLink, tenantsOf } from "../check-links.ts"
import { placeAlong } from "../link-guards.ts"
import type { Writing } from "../writing.ts"
import type { Reach, Statement } from "./statement.ts"
import { targetOfValues, valueOf } from "./values.ts"

/** Judges an UPDATE: what it sets. Confines it to rows within reach. */
export async function judgeUpdate(statement: Statement): Promise<void> {
  const { writing, metadata, guard } = statement
  const { failsafe } = writing
  const set = (statement.builder.expressionMap.valuesSet ?? {}) as ObjectLiteral
  let reach: Reach = { tenants: writing.tenants, withShared: true }
  if (guard !== null) {
    const restrict = (tenant: unknown): void => {
      reach = { tenants: [tenant as TenantId], withShared: guard.isClaimable }
    }
    for (const { tenant } of guard.tenant.kinds) {
      if (tenant !== null) checkMoved(writing, guard, tenant, set, restrict)
    }
  }
  for (const link of linksOf(statement))
    checkLink(writing, link, targetOfValues(link.relation, set) ?? { kind: "none" })
  await writing.settle()
  if (guard !== null) await statement.confine(guard, reach, "update")
  writing.close()
  statement.recheck = () => judgeUpdate(statement)

  function linksOf({ metadata: { childEntityMetadatas } }: Statement): ReturnType<typeof failsafe.model.toOne> {
    const all: EntityMetadata[] = [metadata, ...childEntityMetadatas]
    const byProperty = new Map(
      all.flatMap((meta) => failsafe.model.toOne(meta)).map((link) => [link.relation.propertyPath, link]),
    )
    return [...byProperty.values()]
  }
}

/** A statement that sets the tenant may only reach rows that have it already, or that may be claimed. */
function checkMoved(
  writing: Writing,
  guard: EntityGuard,
  tenant: TenantOf,
  set: ObjectLiteral,
  restrict: (tenant: unknown) => void,
): void {
  const judge = (value: unknown): void => {
    if (writing.judge(value) === "own") restrict(value)
    else writing.fault(guard, "update", "moved")
  }
  const [hop] = tenant.hops
  if (hop === undefined) {
    const value = valueOf(tenant.column, set)
    if (value === undefined || !tenant.column.isUpdate) return
    if (typeof value === "function") writing.fault(guard, "update", "unknown")
    else judge(value)
    return
  }
  const target = targetOfValues(hop, set)
  if (target?.kind === "none") judge(null)
  if (target?.kind !== "row") return
  tenantsOf(writing, placeAlong(tenant), target, ([found, ...strays]) => {
    // A foreign parent is the link's fault; one that is not there is the database's to refuse.
    if (found !== undefined && strays.length === 0 && !writing.isForeign(found)) judge(found)
  })
}
