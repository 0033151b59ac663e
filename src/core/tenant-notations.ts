import { parseTenantId, tenantKey, type TenantId } from "./tenant-id.ts"

/** How a tenant's id may be written in a column: a UUID stored as text may be in either case, and the database compares text as it is. */
export function tenantNotations(tenant: TenantId): readonly TenantId[] {
  const key = tenantKey(parseTenantId(tenant))
  if (typeof tenant !== "string" || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key)) return [tenant]
  return [...new Set([tenant, key, key.toUpperCase()])]
}
