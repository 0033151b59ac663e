import { createHash, createHmac } from "node:crypto"
import { invalid } from "../../core/options.ts"

/** The setting that holds the token, unless an option says otherwise. */
export const tokenSetting = "app.tenant_token"

/** A key that signs tenants, known to the application and to the database. */
export interface SigningKey {
  /** Names the key, so that several may be valid at a time: letters, digits, `-` and `_`. */
  readonly id: string
  /** At least 32 characters. */
  readonly secret: string
}

/**
 * Refuses what is no key, without telling the secret.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export function assertKey(id: string, secret: string): void {
  if (!/^[\w-]{1,64}$/.test(id)) {
    throw invalid("The id of a signing key has letters, digits, '-' and '_' only.", { option: "signed" })
  }
  if (typeof secret !== "string" || secret.length < 32) {
    throw invalid(`The secret of signing key '${id}' needs at least 32 characters.`, { option: "signed" })
  }
}

/** A token that the database verifies: key id, tenants, expiry in seconds since 1970, HMAC-SHA-256. */
export function signTenants(
  tenants: readonly string[],
  key: SigningKey,
  lifetime: number,
  now: Date = new Date(),
): string {
  const expiry = Math.floor(now.getTime() / 1000) + lifetime
  const payload = `${key.id}.${Buffer.from(JSON.stringify(tenants)).toString("hex")}.${expiry}`
  return `${payload}.${createHmac("sha256", key.secret).update(payload).digest("hex")}`
}

/** Signs once for all statements of a second, whose tokens are the same: a signature costs about as much as a small statement. */
export function tenantSigner(key: SigningKey, lifetime: number): (tenants: readonly string[]) => string {
  let second = 0
  const tokens = new Map<string, string>()
  return (tenants) => {
    const now = new Date()
    const current = Math.floor(now.getTime() / 1000)
    if (current !== second) tokens.clear()
    second = current
    const named = JSON.stringify(tenants)
    let token = tokens.get(named)
    if (token === undefined) tokens.set(named, (token = signTenants(tenants, key, lifetime, now)))
    return token
  }
}

/**
 * The two blocks of HMAC-SHA-256 that depend on the key alone (RFC 2104): PostgreSQL has SHA-256 built in, and HMAC in an extension only.
 * Whoever knows them can sign, so they are as secret as the key.
 */
export function signingPads(secret: string): { readonly inner: Buffer; readonly outer: Buffer } {
  const block = Buffer.alloc(64)
  const bytes = Buffer.from(secret)
  ;(bytes.length > 64 ? createHash("sha256").update(bytes).digest() : bytes).copy(block)
  return { inner: block.map(xorWith(0x36)) as Buffer, outer: block.map(xorWith(0x5c)) as Buffer }
}

function xorWith(pad: number): (byte: number) => number {
  return (byte) => byte ^ pad
}
