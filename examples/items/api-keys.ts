// May this caller act for the tenant that it names? A header is the client's choice: its API key decides.
import { createHash } from "node:crypto"
import type { FastifyRequest } from "fastify"
import type { DataSource } from "typeorm"
import type { TenantId } from "tenant-failsafe"
import { ApiKeySchema } from "./entities.ts"

/** Keys are long and random: a plain hash keeps them. */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("hex")
}

export function holdsKey(dataSource: DataSource): (request: FastifyRequest, tenant: TenantId) => Promise<boolean> {
  return async ({ headers }, tenant) => {
    const [scheme, key] = (headers.authorization ?? "").split(" ")
    if (scheme !== "Bearer" || key === undefined || !/^\d{1,9}$/.test(String(tenant))) return false
    return dataSource.getRepository(ApiKeySchema).existsBy({ hash: hashOfKey(key), tenantId: Number(tenant) })
  }
}
