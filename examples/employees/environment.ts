// What does it have to be told, and where do its keys come from?
import type { SigningKey } from "tenant-failsafe/postgres"

/** `process.env`, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where the three roles connect, who owns the tables (`OWNER_ROLE`), what signs access tokens. */
export function setting(
  env: Environment,
  name: "DATABASE_URL" | "MIGRATOR_URL" | "ADMIN_URL" | "OWNER_ROLE" | "ACCESS_TOKEN_SECRET" | "TENANT_KEYS",
): string {
  const value = env[name]
  if (value === undefined || value === "") throw new Error(`${name} is missing in the environment.`)
  return value
}

/**
 * `TENANT_KEYS=2026-12:secret,2026-11:secret`: the first one signs, all of them are valid. To change a key, put the new one behind the
 * old and migrate; put it in front and restart; take the old one away and migrate.
 */
export function tenantKeys(env: Environment): readonly [SigningKey, ...SigningKey[]] {
  const [first, ...others] = setting(env, "TENANT_KEYS")
    .split(",")
    .map((key) => {
      const [id = "", ...secret] = key.trim().split(":")
      return { id, secret: secret.join(":") }
    })
  return [first!, ...others]
}

export function roleOf(env: Environment, name: "DATABASE_URL" | "MIGRATOR_URL" | "ADMIN_URL"): string {
  return decodeURIComponent(new URL(setting(env, name)).username)
}
