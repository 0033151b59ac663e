import { expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { withFailsafe } from "../../src/mikro-orm/index.ts"
import { ownPairs } from "../conformance/oracle.ts"
import { relationOf } from "../conformance/relations.ts"
import { createTables, seed } from "../conformance/schema.ts"
import { openDatabase } from "../support/databases.ts"
import { failsafeOptions } from "./conformance/domain.ts"
import { DomainSession, pairsOf } from "./conformance/session.ts"
import { opened } from "./conformance/write-hazards.ts"

it("finds an embedded tenant also when a column of the same name is listed first", async () => {
  const db = await openDatabase("sqlite")
  await createTables(db)
  await seed(db)
  const tenantProperty = ["merchantId", "merchant", "scope.merchantId"]
  const session = new DomainSession(db, (config) => withFailsafe(config, { ...failsafeOptions, tenantProperty }))
  const found = await withTenant(1, async () => {
    const { find } = await opened(session, "Customer.devices")
    return pairsOf(await find({ populate: ["devices"] }), "devices")
  })
  expect(found.toSorted()).toEqual(await ownPairs(db, relationOf("Customer.devices"), [1]))
  await session.close()
  await db.close()
})
