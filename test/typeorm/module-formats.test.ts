import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { isOlderTypeorm } from "./support/lab.ts"

const run = promisify(execFile)
const root = new URL("../../", import.meta.url)

/** As the test runner does it: what asks for TypeORM gets the older one. */
const olderTypeorm = `
  import { registerHooks } from "node:module"
  registerHooks({
    resolve: (name, context, next) => next(name.replace(/^typeorm(?=\\/|$)/, "typeorm-0.3"), context),
  })`

const parts = {
  typeorm: '"typeorm"',
  failsafe: JSON.stringify(new URL("src/typeorm/index.ts", root).pathname),
  scope: JSON.stringify(new URL("src/index.ts", root).pathname),
  testing: JSON.stringify(new URL("src/testing/index.ts", root).pathname),
  sqlite: JSON.stringify(new URL("test/support/better-sqlite3.ts", root).pathname),
}
const names = "{ DataSource, EntitySchema }"

const heads = {
  commonjs: `
    const ${names} = require(${parts.typeorm})
    const { withFailsafe } = require(${parts.failsafe})
    const { withTenant, withoutTenant } = require(${parts.scope})
    const { collectLeaks } = require(${parts.testing})
    const { BetterSqlite3 } = require(${parts.sqlite})`,
  module: `
    import ${names} from ${parts.typeorm}
    import { withFailsafe } from ${parts.failsafe}
    import { withTenant, withoutTenant } from ${parts.scope}
    import { collectLeaks } from ${parts.testing}
    import { BetterSqlite3 } from ${parts.sqlite}`,
  "a module that requires TypeORM": `
    import { createRequire } from "node:module"
    import { withFailsafe } from ${parts.failsafe}
    import { withTenant, withoutTenant } from ${parts.scope}
    import { collectLeaks } from ${parts.testing}
    import { BetterSqlite3 } from ${parts.sqlite}
    const ${names} = createRequire(${JSON.stringify(root.pathname)} + "package.json")(${parts.typeorm})`,
}

const application = `
  const id = { type: "int", primary: true }
  const Customer = new EntitySchema({
    name: "Customer",
    columns: { id },
    relations: { addresses: { type: "one-to-many", target: "Address", inverseSide: "customer" } },
  })
  const Address = new EntitySchema({
    name: "Address",
    columns: { id, merchantId: { type: "int" } },
    relations: { customer: { type: "many-to-one", target: "Customer", inverseSide: "addresses", nullable: true } },
  })
  async function main() {
    const options = { type: "better-sqlite3", database: ":memory:", driver: BetterSqlite3 }
    const source = new DataSource({ ...options, entities: [Customer, Address], synchronize: true })
    await withFailsafe(source, { tenantProperty: "merchantId" }).initialize()
    const customers = source.getRepository("Customer")
    await customers.insert({ id: 1 })
    const addresses = source.getRepository("Address")
    await withoutTenant("seed", () =>
      addresses.insert([
        { id: 1, merchantId: 1, customer: { id: 1 } },
        { id: 2, merchantId: 2, customer: { id: 1 } },
      ]),
    )
    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const [customer] = await customers.find({ relations: { addresses: true } })
        await customers.save(customer)
        return customer.addresses.map((address) => address.id)
      }),
    )
    const refused = []
    for (const write of [() => addresses.save({ id: 2, merchantId: 1 }), () => addresses.clear()]) {
      await collectLeaks(() => withTenant(1, write)).catch(({ code }) => refused.push(code))
    }
    const stored = await source.query('select "customerId" from address order by id')
    await source.destroy()
    console.log(JSON.stringify({ result, refused, leaks: leaks.map(({ what, rows }) => [what, rows]), stored }))
  }
  main().catch((error) => {
    console.error(error)
    process.exitCode = 1
  })`

async function start(head: keyof typeof heads): Promise<unknown> {
  const format = head === "commonjs" ? "commonjs" : "module"
  const preload = isOlderTypeorm ? ["--import", `data:text/javascript,${encodeURIComponent(olderTypeorm)}`] : []
  const args = [...preload, `--input-type=${format}`, "--eval", heads[head] + application]
  const { stdout } = await run(process.execPath, args, { cwd: root })
  return JSON.parse(stdout)
}

describe("an application written as", () => {
  it.each(Object.keys(heads) as (keyof typeof heads)[])("%s is guarded", async (head) => {
    expect(await start(head)).toEqual({
      result: [1],
      refused: ["WRITE_FOREIGN", "WRITE_FOREIGN"],
      leaks: [["dropped", 1]],
      stored: [{ customerId: 1 }, { customerId: 1 }],
    })
  })
})
