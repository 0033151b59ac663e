// Who calls? Whoever signed in elsewhere brings a signed token that says for which company, and whether as an admin.
import { createHmac, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"

export interface Claims {
  readonly company?: number
  readonly role?: "admin"
  /** Seconds since 1970. */
  readonly exp: number
}

export function accessToken(claims: Claims, secret: string): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url")
  return `${payload}.${signature(payload, secret).toString("base64url")}`
}

/** Null for a caller without a valid token. */
export function claimsOf({ headers }: IncomingMessage, secret: string): Claims | null {
  const [, payload = "", given = ""] = /^Bearer ([\w-]+)\.([\w-]+)$/.exec(headers.authorization ?? "") ?? []
  const expected = signature(payload, secret)
  const signed = Buffer.from(given, "base64url")
  if (signed.length !== expected.length || !timingSafeEqual(signed, expected)) return null
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims
  return claims.exp > Date.now() / 1000 ? claims : null
}

function signature(payload: string, secret: string): Buffer {
  return createHmac("sha256", secret).update(payload).digest()
}
