// Loads a package by both module systems, for the application and for a dependency with a copy of its own, and prints which of
// them see the tenant that another one has opened.
import { createServer } from "node:http"

const [name, ...systems] = process.argv.slice(2)
const homes = { "the application": ".", "a dependency": "./node_modules/partner" }

const users = {}
for (const system of systems) {
  for (const [home, path] of Object.entries(homes)) {
    const { load } = await import(`${path}/load.${system === "import" ? "mjs" : "cjs"}`)
    users[`${home}'s ${system}`] = { ...(await load(name)), ...(await load(`${name}/node`)) }
  }
}

/** What each of them says is the current tenant, after an await. */
async function currentTenants() {
  await Promise.resolve()
  return Object.entries(users).map(([user, { currentTenant }]) => [user, currentTenant() ?? "none"])
}

async function servedBy({ tenantScope }) {
  const scope = tenantScope({ resolve: async () => "acme" })
  const server = createServer(scope(async (_, response) => response.end(JSON.stringify(await currentTenants()))))
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const answer = await (await fetch(`http://127.0.0.1:${server.address().port}`)).json()
  server.close()
  return answer
}

const opened = {}
for (const [user, own] of Object.entries(users)) {
  opened[user] = {
    withTenant: Object.fromEntries(await own.withTenant("acme", currentTenants)),
    tenantScope: Object.fromEntries(await servedBy(own)),
  }
}
const copies = new Set(Object.values(users).map(({ withTenant }) => withTenant)).size
console.log(JSON.stringify({ copies, opened, after: Object.fromEntries(await currentTenants()) }))
