import { Collection } from "@mikro-orm/core"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { switchTenant, withoutTenant, withTenant } from "../../src/index.ts"
import { childrenOf, ownPairs } from "../conformance/oracle.ts"
import { relationOf, type RelationKey } from "../conformance/relations.ts"
import { createTables, seed } from "../conformance/schema.ts"
import { added } from "../conformance/write-effects.ts"
import { changesBy } from "../conformance/writes.ts"
import { databaseKinds, openDatabase, type TestDatabase } from "../support/databases.ts"
import { mikroOrmHarness } from "./conformance/harness.ts"
import { collectionOf, pairsOf, type DomainSession } from "./conformance/session.ts"
import { codeOf, opened } from "./conformance/write-hazards.ts"
import type { Row } from "./conformance/domain-entities.ts"

type Work = Awaited<ReturnType<typeof opened>>

describe.each(databaseKinds)("on %s", (kind) => {
  const harness = mikroOrmHarness()
  let db: TestDatabase
  let session: DomainSession

  beforeAll(async () => {
    db = await openDatabase(kind)
    await createTables(db)
    session = await harness.open(db)
  })
  beforeEach(() => seed(db))
  afterAll(async () => {
    await session?.close()
    await db?.close()
  })

  async function changedBy(key: RelationKey, work: (work: Work) => Promise<unknown>, tenant = 1): Promise<string[]> {
    return changesBy(db, () => withTenant(tenant, async () => work(await opened(session, key))))
  }

  function created({ em, domain }: Work, entity: string, data: object): Row {
    return em.create(domain.entities[entity]!, { id: 900, label: "new", merchantId: 1, ...data } as never)
  }

  it.each(["joined", "select-in"])(
    "edits a child that stayed after a late eviction, and nothing else (%s)",
    async (strategy) => {
      const changed = await changedBy("Customer.addresses", async ({ em, find }) => {
        const [customer] = await find({ fields: ["id", "addresses.label"], strategy })
        collectionOf(customer!, "addresses")
          .getItems()
          .find(({ id }) => id === 1)!["label"] = "edited"
        await em.flush()
      })
      expect(changed).toEqual(["~ address 1 label: row 1 -> edited"])
    },
  )

  it.each(["tags", "labels", "badges"] as const)(
    "adds to %s after a late eviction, and nothing else",
    async (family) => {
      const entity = { tags: "Tag", labels: "Label", badges: "Badge" }[family]
      const changed = await changedBy(`Customer.${family}`, async (work) => {
        const [customer] = await work.find({ fields: ["id", `${family}.label`], strategy: "joined" })
        collectionOf(customer!, family).add(created(work, entity, {}))
        await work.em.flush()
      })
      expect(changed).toEqual(added(family).toSorted())
    },
  )

  it("keeps what the user added to an inverse side whose rows arrive later", async () => {
    const changed = await changedBy("Customer.labels", async (work) => {
      const [customer] = await work.find({ populate: ["labels"] })
      collectionOf(customer!, "labels").add(created(work, "Label", {}))
      await work.em.find(work.domain.entities["Label"]!, {}, { populate: ["customers"] } as never)
      await work.em.flush()
    })
    expect(changed).toEqual(added("labels").toSorted())
  })

  it.each(["tags", "labels", "badges", "stages"] as const)(
    "writes no pivot row when both sides of %s were populated",
    async (family) => {
      const changed = await changedBy(`Customer.${family}`, async ({ em, find, domain }) => {
        await find({ populate: [family] })
        await em.find(domain.entities[relationOf(`Customer.${family}`).child]!, {}, {
          populate: ["customers"],
        } as never)
        await em.flush()
      })
      expect(changed).toEqual([])
    },
  )

  it("leaves the foreign pivot rows of a m:n with a fixed order alone when an own row is added", async () => {
    const changed = await changedBy("Customer.stages", async (work) => {
      const [customer] = await work.find({ populate: ["stages"] })
      collectionOf(customer!, "stages").add(created(work, "Stage", {}))
      await work.em.flush()
    })
    const foreign = await db.sql(
      "select stage_id from customer_stage where customer_id = 1 and stage_id in (2, 4, 5) order by id",
    )
    const own = await db.sql(
      "select stage_id from customer_stage where customer_id = 1 and stage_id in (1, 3, 900) order by id",
    )
    expect({ foreign, own }).toEqual({
      foreign: [2, 4, 5].map((stage_id) => ({ stage_id })),
      own: [1, 3, 900].map((stage_id) => ({ stage_id })),
    })
    const ids = await db.sql("select id from customer_stage where customer_id = 1 and stage_id in (2, 4, 5)")
    expect(changed.filter((line) => ids.some(({ id }) => line.includes(`customer_stage ${String(id)} `)))).toEqual([])
  })

  it("saves a new child by cascade from its parent, and nothing else", async () => {
    const changed = await changedBy("Customer.addresses", async (work) => {
      const [customer] = await work.find({ populate: ["addresses", "tags"] })
      const address = work.em.create(
        work.domain.entities["Address"]!,
        { id: 900, label: "new", merchantId: 1 } as never,
        { persist: false },
      )
      collectionOf(customer!, "addresses").add(address)
      work.em.persist(customer!)
      await work.em.flush()
    })
    expect(changed).toEqual(added("addresses"))
  })

  it("flushes a dirty collection in a bypass without touching foreign rows", async () => {
    const changed = await changedBy("Customer.tags", async (work) => {
      const [customer] = await work.find({ populate: ["tags"] })
      collectionOf(customer!, "tags").add(created(work, "Tag", {}))
      await withoutTenant("test", () => work.em.flush())
    })
    expect(changed).toEqual(added("tags").toSorted())
  })

  it("saves nothing of a dirty collection in another tenant's scope, whose rows they are not", async () => {
    const outcomes: string[] = []
    const changed = await changedBy("Customer.tags", async (work) => {
      const [customer] = await work.find({ populate: ["tags"] })
      collectionOf(customer!, "tags").add(created(work, "Tag", {}))
      outcomes.push(await switchTenant(2, "test", () => codeOf(() => work.em.flush())))
    })
    expect({ changed, outcomes }).toEqual({ changed: [], outcomes: ["WRITE_FOREIGN"] })
  })

  it("keeps an added child when a dirty collection is initialised again", async () => {
    const changed = await changedBy("Customer.addresses", async (work) => {
      const [customer] = await work.find({ populate: ["addresses"] })
      collectionOf(customer!, "addresses").add(created(work, "Address", { customer }))
      await collectionOf(customer!, "addresses").init()
      await work.em.flush()
    })
    expect(changed).toEqual(added("addresses"))
  })

  it("keeps an added child when a collection that was never loaded is initialised", async () => {
    const changed = await changedBy("Customer.tags", async (work) => {
      const [customer] = await work.find()
      collectionOf(customer!, "tags").add(created(work, "Tag", {}))
      await collectionOf(customer!, "tags").init()
      await work.em.flush()
    })
    expect(changed).toEqual(added("tags").toSorted())
  })

  // On a reference, MikroORM 7.2.1 creates the collection anew: what is assigned is added, nothing is emptied.
  it.each(["addresses", "notes", "tags", "labels", "badges"] as const)(
    "adds what is assigned to %s of a getReference(), and touches nothing else",
    async (family) => {
      const entity = { addresses: "Address", notes: "Note", tags: "Tag", labels: "Label", badges: "Badge" }[family]
      const changed = await changedBy(`Customer.${family}`, async (work) => {
        const customer = work.em.getReference(work.domain.entities["Customer"]!, 1 as never)
        const child = created(work, entity, family === "notes" ? { customer } : {})
        work.em.assign(customer, { [family]: [child] } as never)
        await work.em.flush()
      })
      expect(changed).toEqual(added(family).toSorted())
    },
  )

  it("assigns to a loaded collection the own rows only", async () => {
    const own = childrenOf(1, await ownPairs(db, relationOf("Customer.tags"), [1]))
    const changed = await changedBy("Customer.tags", async ({ em, find }) => {
      const [customer] = await find({ populate: ["tags"] })
      em.assign(customer!, { tags: [] } as never)
      await em.flush()
    })
    expect(changed).toEqual(own.map((id) => `- customer_tag 1,${id}`))
  })

  it("lets an upserted parent's collections flush without a write", async () => {
    const changed = await changedBy("Customer.addresses", async ({ em, domain }) => {
      const customer = await em.upsert(domain.entities["Customer"]!, {
        id: 1,
        label: "upserted",
      })
      await em.populate(customer as never, ["addresses", "tags"] as never)
      await em.flush()
    })
    expect(changed).toEqual(["~ customer 1 label: customer 1 -> upserted"])
  })

  it("rewrites no lazy column of a foreign row after a joined refresh of an unloaded collection", async () => {
    const changed = await changedBy("Customer.addresses", async ({ em, find }) => {
      const found = await find()
      for (const customer of found) await em.refresh(customer, { populate: ["addresses"], strategy: "joined" } as never)
      found[0]!["nickname"] = "n"
      await em.flush()
    })
    expect(changed).toEqual(["~ customer 1 nickname: c -> n"])
  })

  describe("a collection carried into another scope", () => {
    it.each(["getItems", "iteration", "count", "toArray", "map"] as const)(
      "throws TENANT_SWITCH on %s",
      async (reader) => {
        const code = await withTenant(1, async () => {
          const { find } = await opened(session, "Customer.addresses")
          const [customer] = await find({ populate: ["addresses"] })
          const collection = collectionOf(customer!, "addresses")
          const readers: Record<string, () => unknown> = {
            getItems: () => collection.getItems(),
            iteration: () => [...collection],
            count: () => collection.length,
            toArray: () => collection.toArray(),
            map: () => collection.map(({ id }) => id),
          }
          return codeOf(() => switchTenant(2, "test", () => readers[reader]!()))
        })
        expect(code).toBe("TENANT_SWITCH")
      },
    )

    it("shows its rows after the scope ended", async () => {
      const own = await ownPairs(db, relationOf("Customer.addresses"), [1])
      const found = await withTenant(1, async () =>
        (await opened(session, "Customer.addresses")).find({ populate: ["addresses"] }),
      )
      expect(pairsOf(found, "addresses").toSorted()).toEqual(own)
      expect(found.every((customer) => Collection.isCollection(customer["addresses"]))).toBe(true)
    })

    it("shows none of its rows in the JSON of another tenant", async () => {
      const json = await withTenant(1, async () => {
        const { find } = await opened(session, "Customer.addresses")
        const [customer] = await find({ populate: ["addresses"] })
        return switchTenant(2, "test", () => {
          try {
            return JSON.stringify(customer)
          } catch {
            return "refused"
          }
        })
      })
      expect(json).not.toContain("row ")
    })
  })
})
