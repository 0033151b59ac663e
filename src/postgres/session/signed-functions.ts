import type { SqlClient } from "../sql-client.ts"
import { dollarQuoted, identifier, literal } from "../sql-text.ts"
import { assertKey, signingPads, tokenSetting, type SigningKey } from "./sign-tenants.ts"

/** Where the functions are, and what they read. */
export interface SignedFunctionsOptions {
  /** The schema of the functions. Default `"app"`. */
  readonly schema?: string
  /** The setting that holds the token. `"app.tenant_token"` by default. */
  readonly setting?: string
}

/**
 * SQL that lets the functions of the policies believe signed tenants only: run it after the plan of the policies, as their owner. It
 * replaces `tenant()` and `tenants()`, so that policies stay as they are, and adds a table of keys that nobody else may read. Repeating it
 * changes nothing; the up statements of the plan bring the unsigned functions back.
 */
export function signedFunctions({
  schema = "app",
  setting = tokenSetting,
}: SignedFunctionsOptions = {}): readonly string[] {
  const app = identifier(schema)
  const keys = `${app}.tenant_key`
  const verified = `${app}.signed_tenants()`
  return [
    `create table if not exists ${keys} (id text primary key, inner_pad bytea not null, outer_pad bytea not null)`,
    `revoke all on ${keys} from public`,
    // `pg_temp` last: else a temporary table of the attacker's would be found first.
    `create or replace function ${verified} returns text[] language plpgsql stable parallel safe security definer ` +
      `set search_path = pg_catalog, pg_temp as ${dollarQuoted(verification(keys, setting))}`,
    `create or replace function ${app}.tenants() returns text[] language sql stable parallel safe return ${verified}`,
    // Half as dear as the same in SQL, which with a FROM is not inlined. Named in full: it runs with the caller's search_path.
    `create or replace function ${app}.tenant() returns text language plpgsql stable parallel safe as ${dollarQuoted(single(verified))}`,
  ]
}

/**
 * Makes these keys the valid ones, as the owner of the functions. To change a key: install both, sign with the new one everywhere, then
 * install the new one alone. Secrets are bound, never part of a statement.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export async function installTenantKeys(
  client: SqlClient,
  keys: readonly SigningKey[],
  { schema = "app" }: Pick<SignedFunctionsOptions, "schema"> = {},
): Promise<void> {
  for (const { id, secret } of keys) assertKey(id, secret)
  const pads = keys.map(({ id, secret }) => ({ id, ...signingPads(secret) }))
  const table = `${identifier(schema)}.tenant_key`
  await client.query(
    `with gone as (delete from ${table} where id <> all ($1)) ` +
      `insert into ${table} select * from unnest($1::text[], $2::bytea[], $3::bytea[]) as given (id, inner_pad, outer_pad) ` +
      "on conflict (id) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad",
    [pads.map(({ id }) => id), pads.map(({ inner }) => inner), pads.map(({ outer }) => outer)],
  )
}

/** The tenant, of a token for one. */
function single(verified: string): string {
  return `declare
  own pg_catalog.text[] := ${verified};
begin
  return case when pg_catalog.cardinality(own) operator(pg_catalog.=) 1 then own[1] end;
end`
}

/** HMAC-SHA-256 out of the two key blocks. What the token says is read once its signature holds. */
function verification(keys: string, setting: string): string {
  return `declare
  token text := nullif(current_setting(${literal(setting)}, true), '');
  parts text[] := string_to_array(token, '.');
  payload bytea := convert_to(concat_ws('.', parts[1], parts[2], parts[3]), 'UTF8');
  signature text;
begin
  if token is null then
    return null;
  end if;
  select encode(sha256(outer_pad || sha256(inner_pad || payload)), 'hex') into signature from ${keys} where id = parts[1];
  if signature is null or cardinality(parts) <> 4 or signature <> parts[4] then
    raise exception using errcode = '28000', message = 'the tenant of this transaction is not signed by a valid key';
  end if;
  if parts[3]::bigint < extract(epoch from statement_timestamp()) then
    raise exception using errcode = '28000', message = 'the signature of the tenant of this transaction has expired';
  end if;
  return array(select jsonb_array_elements_text(convert_from(decode(parts[2], 'hex'), 'UTF8')::jsonb));
end`
}
