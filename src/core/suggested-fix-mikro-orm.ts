import { call, list, object, print, printChain, text, type Code } from "./suggested-fix-code.ts"
import { aliasOf, childAlias, currentTenantAs, hopsOf, mayBeShared, variableOf } from "./suggested-fix-names.ts"
import type { FixInput, TenantPath } from "./suggested-fix.ts"

/** Code that closes a leak in MikroORM 7. */
export function fixForMikroOrm({
  what,
  owner,
  relation,
  child,
  strategy,
  call: how,
  tenant,
}: FixInput): string | undefined {
  // A condition that is not of the column's type does not compile.
  if (tenant?.type === undefined) return undefined
  switch (what) {
    case "root":
      return filteredFind(child, tenant)
    case "dropped":
    case "kept":
      if (relation === null) return undefined
      // The rows came by another query, and stand in the collection because it was loaded.
      if (strategy === "propagation") return filteredFind(child, tenant)
      if (how === "collection") return filteredInit(owner, relation, tenant)
      if (how === "query builder" && isJoinable(owner, child, tenant))
        return filteredJoin(owner, relation, child, tenant)
      return `await ${print(filteredPopulate(owner, relation, tenant), "", "await ".length)}`
    case "no-tenant":
      if (relation === null) return undefined
      return `await withTenant(tenant, () =>\n  ${print(filteredPopulate(owner, relation, tenant), "  ", 0, 1)},\n)`
    case "unloaded-write":
      // What was loaded can be replaced without touching the rows of others.
      return relation === null ? undefined : filteredInit(owner, relation, tenant)
    case "reference":
    case "write":
      // The stored or the given key is wrong, not a query.
      return undefined
    case "rls-not-held":
      // The database is mended, not a query.
      return undefined
    case "unknown":
      // A row that no look-up finds any more was deleted meanwhile.
      return undefined
  }
}

function filteredFind(entity: string, tenant: TenantPath): string {
  const where = object({ $and: list("where", ownOrShared(tenant)) })
  return `await ${print(call("em.find", entity, where), "", "await ".length)}`
}

function filteredPopulate(owner: string, relation: string, tenant: TenantPath): Code {
  const options = {
    populate: list(text(relation)),
    populateWhere: object({ [relation]: ownOrShared(tenant) }),
    // MikroORM 7.2 loses what is behind a nullable to-one, or the condition itself, when it joins.
    ...(hopsOf(tenant).some(({ isNullable }) => isNullable) ? { strategy: text("select-in") } : {}),
  }
  return call("em.find", owner, "where", object(options))
}

function filteredInit(owner: string, relation: string, tenant: TenantPath): string {
  const init = call(`${variableOf(owner)}.${relation}.init`, object({ where: ownOrShared(tenant) }))
  return `await ${print(init, "", "await ".length)}`
}

/** Rows of an entity that is linked with itself could not be told from their owners at a path's end. */
function isJoinable(owner: string, child: string, { steps }: TenantPath): boolean {
  return owner !== child || steps.length === 1
}

function filteredJoin(owner: string, relation: string, child: string, tenant: TenantPath): string {
  const alias = aliasOf(owner)
  const joined = childAlias(owner, relation, child)
  // Without an alias, MikroORM 7.2 takes the first rows of that entity in the query; a path cannot have one.
  const prefix = tenant.steps.length === 1 ? `${joined}.` : ""
  return printChain("await ", "em", [
    call("createQueryBuilder", owner, text(alias)),
    call("leftJoinAndSelect", text(`${alias}.${relation}`), text(joined), ownOrShared(tenant, prefix)),
    call("where", "where"),
    call("getResultList"),
  ])
}

/** MikroORM 7.2 compares with each value of a list, and nothing equals null: shared rows need an alternative of their own. */
function ownOrShared(tenant: TenantPath, prefix = ""): Code {
  const own = at(tenant, currentTenantAs(tenant.type), prefix)
  return mayBeShared(tenant) ? object({ $or: list(own, at(tenant, "null", prefix)) }) : own
}

function at({ steps }: TenantPath, value: string, prefix: string): Code {
  const names = steps.map(({ name }, index) => (index === 0 ? prefix + name : name))
  return names.reduceRight<Code>((inner, name) => object({ [name]: inner }), value)
}
