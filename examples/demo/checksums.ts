import type { Database } from "./shop.ts"

/** A fingerprint of every row of a table, with `xmin`, which PostgreSQL changes on any write to the row. */
export interface Checksum {
  readonly table: string
  readonly rows: number
  readonly digest: string
}

const tables = ["merchant", "customer", "address", "tag", "customer_tags"] as const

export async function checksums(database: Database): Promise<readonly Checksum[]> {
  const sums: Checksum[] = []
  for (const table of tables) {
    const { rows } = await database.query(
      `select count(*)::int as rows, left(md5(string_agg(t.xmin::text || t::text, '|' order by t::text)), 12) as digest from ${table} t`,
    )
    sums.push({ table, ...(rows[0] as { rows: number; digest: string }) })
  }
  return sums
}

/** The addresses that do not belong to a merchant, as they are stored. */
export async function foreignAddresses(database: Database, merchant: number): Promise<string> {
  const { rows } = await database.query(
    `select left(md5(string_agg(t.xmin::text || t::text, '|' order by t.id)), 12) as digest from address t where merchant_id <> $1`,
    [merchant],
  )
  return (rows[0] as { digest: string }).digest
}
