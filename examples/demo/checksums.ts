import type { PGlite } from "@electric-sql/pglite"

/** A fingerprint of every row of a table, with `xmin`, which PostgreSQL changes on any write to the row. */
export interface Checksum {
  readonly table: string
  readonly rows: number
  readonly digest: string
}

const tables = ["merchant", "customer", "address", "tag", "customer_tags"] as const

export async function checksums(database: PGlite): Promise<readonly Checksum[]> {
  const sums: Checksum[] = []
  for (const table of tables) {
    const { rows } = await database.query<{ rows: number; digest: string }>(
      `select count(*)::int as rows, left(md5(string_agg(t.xmin::text || t::text, '|' order by t::text)), 12) as digest from ${table} t`,
    )
    sums.push({ table, ...rows[0]! })
  }
  return sums
}

/** The addresses that do not belong to a merchant, as they are stored. */
export async function foreignAddresses(database: PGlite, merchant: number): Promise<string> {
  const { rows } = await database.query<{ digest: string }>(
    `select left(md5(string_agg(t.xmin::text || t::text, '|' order by t.id)), 12) as digest from address t where merchant_id <> $1`,
    [merchant],
  )
  return rows[0]!.digest
}
