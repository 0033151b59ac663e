import { parseArgs } from "node:util"
import { withTenant } from "tenant-failsafe"
import { collectLeaks, type LeakReport } from "tenant-failsafe/testing"
import { checksums, foreignAddresses, type Checksum } from "./checksums.ts"
import { mikroOrmShop } from "./mikro-orm-shop.ts"
import { printDemo } from "./print.ts"
import { schema, type CustomerView, type Database, type LoadedCustomer, type ShopFront } from "./shop.ts"
import { typeormShop } from "./typeorm-shop.ts"

export const demos: { readonly [orm: string]: () => Promise<DemoResult> } = {
  "mikro-orm": () => runDemo(mikroOrmShop),
  typeorm: () => runDemo(typeormShop),
}

/** What the demo found out, as `--json` prints it. */
export interface DemoResult {
  readonly orm: string
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

async function runDemo<Opened extends Database>(front: ShopFront<Opened>): Promise<DemoResult> {
  const database = await front.openDatabase()
  await database.exec(schema)
  const merchant = 1
  const moments: { moment: string; tables: readonly Checksum[]; foreign: string }[] = []
  const note = async (moment: string): Promise<void> => {
    moments.push({ moment, tables: await checksums(database), foreign: await foreignAddresses(database, merchant) })
  }

  const unguarded = await front.openShop(database, "plain")
  const plain = view(await unguarded.listCustomers())

  const shop = await front.openShop(database, "guarded")
  await note("before")
  const { result: guarded, leaks } = await collectLeaks(() =>
    withTenant(merchant, async () => view(await shop.listCustomers())),
  )
  await note(`after drop + ${front.save}`)
  await collectLeaks(() => withTenant(merchant, () => shop.moveAddress("Acme St 1", "Acme St 100")))
  await note(`after an own edit + ${front.save}`)

  await database.close()
  return { orm: front.orm, merchant: "Acme", plain, guarded, leaks, checksums: moments }
}

function view(customers: readonly LoadedCustomer[]): CustomerView[] {
  return customers.map(({ name, addresses, tags }) => ({
    name,
    addresses: [...addresses].map(({ street }) => street),
    tags: [...tags].map(({ label }) => label),
  }))
}

if (import.meta.main) {
  const options = { json: { type: "boolean", default: false }, orm: { type: "string", default: "mikro-orm" } } as const
  const { values } = parseArgs({ options })
  const demo = demos[values.orm]
  if (demo === undefined) {
    console.error(`--orm must be one of ${Object.keys(demos).join(", ")}, not '${values.orm}'.`)
    process.exit(2)
  }
  const result = await demo()
  if (values.json) console.log(JSON.stringify(result, null, 2))
  else printDemo(result)
}
