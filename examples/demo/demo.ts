import { PGlite } from "@electric-sql/pglite"
import { parseArgs } from "node:util"
import { withTenant } from "tenant-failsafe"
import { withFailsafe } from "tenant-failsafe/mikro-orm"
import { collectLeaks, type LeakReport } from "tenant-failsafe/testing"
import { checksums, foreignAddresses, type Checksum } from "./checksums.ts"
import { printDemo } from "./print.ts"
import { openShop, schema, type CustomerView } from "./shop.ts"

/** What the demo found out, as `--json` prints it. */
export interface DemoResult {
  readonly merchant: string
  readonly plain: readonly CustomerView[]
  readonly guarded: readonly CustomerView[]
  readonly leaks: readonly LeakReport[]
  readonly checksums: readonly {
    readonly moment: string
    readonly tables: readonly Checksum[]
    readonly foreign: string
  }[]
}

export async function runDemo(): Promise<DemoResult> {
  const database = await PGlite.create()
  await database.exec(schema)
  const merchant = 1
  const moments: { moment: string; tables: readonly Checksum[]; foreign: string }[] = []
  const note = async (moment: string): Promise<void> => {
    moments.push({ moment, tables: await checksums(database), foreign: await foreignAddresses(database, merchant) })
  }

  const unguarded = await openShop(database)
  const plain = view(await unguarded.listCustomers(unguarded.orm.em.fork()))

  const shop = await openShop(database, (config) => withFailsafe(config, { tenantProperty: "merchantId" }))
  await note("before")
  const { result: guarded, leaks } = await collectLeaks(() =>
    withTenant(merchant, async () => {
      const em = shop.orm.em.fork()
      const customers = view(await shop.listCustomers(em))
      await em.flush()
      return customers
    }),
  )
  await note("after drop + flush")
  await collectLeaks(() => withTenant(merchant, () => shop.moveAddress(shop.orm.em.fork(), "Acme St 1", "Acme St 100")))
  await note("after an own edit + flush")

  await database.close()
  return { merchant: "Acme", plain, guarded, leaks, checksums: moments }
}

type Loaded = { name: string; addresses: Iterable<{ street: string }>; tags: Iterable<{ label: string }> }

function view(customers: readonly Loaded[]): CustomerView[] {
  return customers.map(({ name, addresses, tags }) => ({
    name,
    addresses: [...addresses].map(({ street }) => street),
    tags: [...tags].map(({ label }) => label),
  }))
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } })
  const result = await runDemo()
  if (values.json) console.log(JSON.stringify(result, null, 2))
  else printDemo(result)
}
