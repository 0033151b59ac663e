import { TenantFailsafeError } from "../../core/errors.ts"
import { invalid } from "../../core/options.ts"
import { TenantSchemas, type TenantSchemasOptions } from "../schemas/tenant-schemas.ts"
import { readRowSecurityOptions } from "../options.ts"
import type { TenantFunctions } from "../tenant-functions.ts"
import { takingCallback } from "./taking-callback.ts"
import { sessionClient, type PgClient } from "./session-client.ts"
import type { SessionSettings } from "./session-variables.ts"
import { assertKey, tenantSigner, tokenSetting, type SigningKey } from "./sign-tenants.ts"

/** How the tenant of a scope reaches the database. */
export interface TenantSessionOptions {
  /** The settings that the functions of the policies read. `"app.tenant_id"` and `"app.tenant_ids"` by default. */
  readonly functions?: Partial<Pick<TenantFunctions, "setting" | "setsSetting">>
  /**
   * Signs the tenants, so that injected SQL cannot name others. The first key signs; the database verifies with every key that was
   * installed (`installTenantKeys`). `lifetime` is in seconds, default 900: a transaction that takes longer is refused.
   */
  readonly signed?: {
    readonly keys: readonly [SigningKey, ...SigningKey[]]
    readonly lifetime?: number
    /** The setting that holds the token. `"app.tenant_token"` by default. */
    readonly setting?: string
  }
  /** For a schema per tenant: each transaction has the `search_path` of its tenant, and outside any scope the shared schemas alone. */
  readonly schemas?: TenantSchemasOptions
}

/** What is used of a pool of `pg` 8. */
export interface PgPool {
  on(event: "connect", listener: (client: never) => void): unknown
  connect(): Promise<PooledClient>
  query: (...args: never[]) => unknown
  /** Whether it takes no more queries. */
  readonly ending?: boolean
}

/** A client that is out of its pool. */
export interface PooledClient extends PgClient {
  on(event: "error", listener: (error: unknown) => void): unknown
  removeListener(event: "error", listener: (error: unknown) => void): unknown
  release(error?: unknown): void
}

/**
 * Tells the database with every statement of a pool whose rows the current scope owns, for one transaction at a time: also for single
 * statements, concurrent requests and query builders. Call it before the pool is used. Returns the pool.
 *
 * A statement in a transaction of other tenants is refused (`TENANT_SWITCH`), and so is a cursor outside a transaction.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export function tenantSession<Pool extends PgPool>(pool: Pool, options: TenantSessionOptions = {}): Pool {
  const settings = sessionSettings(options)
  pool.on("connect", (client: never) => sessionClient(client, settings))
  // pg 8's own runs the query in the callback of whoever gave the connection back: in that one's scope.
  pool.query = queryOf(pool)
  return pool
}

/**
 * Checks the options, and fills in the defaults.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export function sessionSettings({ functions, signed, schemas }: TenantSessionOptions): SessionSettings {
  const { setting, setsSetting } = readRowSecurityOptions({ functions: functions ?? {} }).functions
  return {
    setting,
    setsSetting,
    signing: signed && signingOf(signed),
    schemas: schemas && new TenantSchemas(schemas),
  }
}

function signingOf(signed: NonNullable<TenantSessionOptions["signed"]>): SessionSettings["signing"] {
  for (const { id, secret } of signed.keys) assertKey(id, secret)
  const { lifetime = 900, setting: token = tokenSetting } = signed
  if (!isSettingName(token)) {
    throw invalid("signed.setting must be a name with a dot in it, such as 'app.tenant_token'.", { option: "signed" })
  }
  if (!Number.isSafeInteger(lifetime) || lifetime < 1) {
    throw invalid("signed.lifetime must be a whole number of seconds, at least 1.", { option: "signed" })
  }
  return { setting: token, sign: tenantSigner(signed.keys[0], lifetime) }
}

function isSettingName(name: string): boolean {
  return /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+$/i.test(name)
}

function queryOf(pool: PgPool): (...args: readonly unknown[]) => unknown {
  return takingCallback(async (args) => {
    const client = await pool.connect()
    let broken: unknown
    const onError = (error: unknown): void => void (broken = error)
    // Nobody else listens while the client is out of the pool.
    client.on("error", onError)
    try {
      return await (client.query as (...given: readonly unknown[]) => Promise<unknown>)(...args)
    } catch (error) {
      broken ??= endsConnection(error) ? error : undefined
      throw error
    } finally {
      client.removeListener("error", onError)
      client.release(broken)
    }
  })
}

/** The connection may still look open when a query learns that the server closes it: only its code tells. */
function endsConnection(error: unknown): boolean {
  if (error instanceof TenantFailsafeError) return false
  const { code } = error as { readonly code?: unknown }
  return typeof code !== "string" || /^(08|25P0[34]|53|57|58|XX)/.test(code)
}
