import { describe, expect, it } from "vitest"
import { readOptions, type FailsafeOptions } from "../../src/core/options.ts"
import { resolveOwnership, type EntityShape, type Ownership, type PropertyShape } from "../../src/core/ownership.ts"
import { refusalOf } from "./support/refusal.ts"

const column: PropertyShape = { kind: "column" }

function toOne(target: string, columns = 1): PropertyShape {
  return { kind: "to-one", target, columns }
}

function toMany(...targets: string[]): PropertyShape {
  return { kind: "to-many", targets }
}

function embedded(...names: string[]): PropertyShape {
  return { kind: "embedded", properties: new Map(names.map((name) => [name, column])) }
}

function entity(name: string, properties: Record<string, PropertyShape>, ...bases: string[]): EntityShape {
  return { name, bases, properties: new Map(Object.entries({ id: column, ...properties })) }
}

function resolve(options: FailsafeOptions, ...shapes: EntityShape[]): Ownership {
  return resolveOwnership(readOptions(options), shapes)
}

describe("pathOf", () => {
  it("is the tenant property where an entity has it, and undefined elsewhere", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId" },
      entity("Address", { merchantId: column }),
      entity("Country", {}),
    )

    expect([ownership.pathOf("Address"), ownership.pathOf("Country"), ownership.pathOf("Nobody")]).toEqual([
      "merchantId",
      undefined,
      undefined,
    ])
  })

  it("is the first of several properties that an entity has", () => {
    const ownership = resolve(
      { tenantProperty: ["merchantId", "merchant", "scope.merchantId"] },
      entity("A", { merchant: toOne("Merchant"), merchantId: column }),
      entity("B", { merchant: toOne("Merchant") }),
      entity("C", { scope: embedded("merchantId") }),
      entity("Merchant", {}),
    )

    expect(["A", "B", "C", "Merchant"].map((name) => ownership.pathOf(name))).toEqual([
      "merchantId",
      "merchant",
      "scope.merchantId",
      undefined,
    ])
  })

  it("is undefined for an entity that embeds something else under the same name", () => {
    const ownership = resolve(
      { tenantProperty: "scope.merchantId" },
      entity("A", { scope: embedded("merchantId") }),
      entity("B", { scope: embedded("colour") }),
    )

    expect([ownership.pathOf("A"), ownership.pathOf("B")]).toEqual(["scope.merchantId", undefined])
  })

  it("is what entities says, also for an entity that has the property", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId", entities: { Enrolment: "student.merchantId", Log: false } },
      entity("Student", { merchantId: column }),
      entity("Enrolment", { student: toOne("Student"), merchantId: column }),
      entity("Log", { merchantId: column }),
    )

    expect(["Student", "Enrolment", "Log"].map((name) => ownership.pathOf(name))).toEqual([
      "merchantId",
      "student.merchantId",
      undefined,
    ])
  })

  it("is inherited from the nearest base that entities names", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId", entities: { Party: "ownerId", Company: false } },
      entity("Party", { ownerId: column, merchantId: column }),
      entity("Person", { ownerId: column, merchantId: column }, "Party"),
      entity("Company", { ownerId: column, merchantId: column }, "Party"),
      entity("Bank", { ownerId: column, merchantId: column }, "Company", "Party"),
    )

    expect(["Party", "Person", "Company", "Bank"].map((name) => ownership.pathOf(name))).toEqual([
      "ownerId",
      "ownerId",
      undefined,
      undefined,
    ])
  })

  it("is undefined for names that every object has", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId" },
      entity("A", { merchantId: column }),
      entity("constructor", {}),
    )

    expect(ownership.pathOf("constructor")).toBeUndefined()
  })

  it("can lead through a relation of a composite key to a column of it", () => {
    const ownership = resolve(
      { tenantProperty: "region.code" },
      entity("A", { region: toOne("Region", 2) }),
      entity("Region", { country: column, code: column }),
    )

    expect(ownership.pathOf("A")).toBe("region.code")
  })
})

describe("unfilteredReason", () => {
  it("is the reason of a relation, also for derived entities, and undefined elsewhere", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId", unfiltered: { "Party.log": "read by staff" } },
      entity("Log", { merchantId: column }),
      entity("Party", { log: toMany("Log"), notes: toMany("Log") }),
      entity("Person", { log: toMany("Log"), notes: toMany("Log") }, "Party"),
    )

    expect([ownership.unfilteredReason("Party", "log"), ownership.unfilteredReason("Person", "log")]).toEqual([
      "read by staff",
      "read by staff",
    ])
    expect([ownership.unfilteredReason("Party", "notes"), ownership.unfilteredReason("Nobody", "log")]).toEqual([
      undefined,
      undefined,
    ])
  })

  it("may name a to-one relation", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId", unfiltered: { "Order.address": "a gift" } },
      entity("Address", { merchantId: column }),
      entity("Order", { address: toOne("Address") }),
    )

    expect(ownership.unfilteredReason("Order", "address")).toBe("a gift")
  })
})

describe("isClaimable", () => {
  it("holds for the entities that are named, also for those derived from them", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId", claimable: ["Party", "Product"] },
      entity("Party", { merchantId: column }),
      entity("Person", { merchantId: column }, "Party"),
      entity("Product", { merchantId: column }),
      entity("Price", { merchantId: column }),
    )

    expect(["Party", "Person", "Product", "Price", "Nobody"].map((name) => ownership.isClaimable(name))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
  })

  it("may name a base of which only the derived entities are tenant-owned", () => {
    const ownership = resolve(
      { tenantProperty: "merchantId", claimable: ["Party"] },
      entity("Party", {}),
      entity("Person", { merchantId: column }, "Party"),
    )

    expect(ownership.isClaimable("Person")).toBe(true)
  })
})

describe("resolveOwnership refuses", () => {
  const address = entity("Address", { merchantId: column, customer: toOne("Customer") })
  const customer = entity("Customer", { addresses: toMany("Address"), scope: embedded("label"), name: column })
  const weird = entity("Weird", {
    draft: { kind: "unusable", why: "is not stored in the database" },
    region: toOne("Region", 3),
  })
  const region = entity("Region", {})

  it.each<[string, FailsafeOptions, string]>([
    [
      "a tenantProperty that no entity has",
      { tenantProperty: "mercantId" },
      "tenantProperty names 'mercantId', which no entity has. Did you mean 'merchantId'? Entities: Address, Customer, Weird, Region.",
    ],
    [
      "an entity that does not exist",
      { tenantProperty: "merchantId", entities: { Adress: false } },
      "entities names 'Adress', which is no entity. Did you mean 'Address'?",
    ],
    [
      "a property that an entity lacks",
      { tenantProperty: "merchantId", entities: { Customer: "naem" } },
      "Customer cannot be judged by 'naem': Customer has no property 'naem'. Did you mean 'name'?",
    ],
    [
      "a property that the target of a path lacks",
      { tenantProperty: "merchantId", entities: { Address: "customer.nam" } },
      "Address cannot be judged by 'customer.nam': Customer has no property 'nam'. Did you mean 'name'?",
    ],
    [
      "a to-many relation in a path",
      { tenantProperty: "merchantId", entities: { Customer: "addresses.merchantId" } },
      "Customer cannot be judged by 'addresses.merchantId': Customer.addresses is a to-many relation; a tenant is one value.",
    ],
    [
      "a path that goes on behind a column",
      { tenantProperty: "merchantId", entities: { Customer: "name.id" } },
      "Customer cannot be judged by 'name.id': Customer.name is a column and leads nowhere; end the path there.",
    ],
    [
      "an embedded object",
      { tenantProperty: "merchantId", entities: { Customer: "scope" } },
      "Customer cannot be judged by 'scope': Customer.scope is embedded; name the column inside it, as in 'scope.id'.",
    ],
    [
      "a column that an embedded object lacks",
      { tenantProperty: "merchantId", entities: { Customer: "scope.labell" } },
      "Customer cannot be judged by 'scope.labell': Customer.scope has no property 'labell'. Did you mean 'label'?",
    ],
    [
      "a relation whose key has several columns",
      { tenantProperty: "merchantId", entities: { Weird: "region" } },
      "Weird cannot be judged by 'region': Weird.region has a key of 3 columns; a tenant id is one value. Name one of them.",
    ],
    [
      "what an adapter calls unusable",
      { tenantProperty: "merchantId", entities: { Weird: "draft" } },
      "Weird cannot be judged by 'draft': Weird.draft is not stored in the database.",
    ],
    [
      "an unfiltered relation of no entity",
      { tenantProperty: "merchantId", unfiltered: { "Custmer.addresses": "reason" } },
      "unfiltered names 'Custmer.addresses', but 'Custmer' is no entity. Did you mean 'Customer'?",
    ],
    [
      "an unfiltered relation that does not exist",
      { tenantProperty: "merchantId", unfiltered: { "Customer.adresses": "reason" } },
      "unfiltered names 'Customer.adresses', but Customer has no relation 'adresses'. Did you mean 'addresses'?",
    ],
    [
      "an unfiltered relation to an entity that is not tenant-owned",
      { tenantProperty: "merchantId", unfiltered: { "Address.customer": "reason" } },
      "unfiltered names 'Address.customer', which is not guarded anyway: Customer is not tenant-owned. Remove the entry.",
    ],
    [
      "a claimable entity that does not exist",
      { tenantProperty: "merchantId", claimable: ["Adress"] },
      "claimable names 'Adress', which is no entity. Did you mean 'Address'?",
    ],
    [
      "a claimable entity that is not tenant-owned",
      { tenantProperty: "merchantId", claimable: ["Region"] },
      "claimable names 'Region', which is not tenant-owned. Remove the entry.",
    ],
  ])("%s", (_, options, message) => {
    expect(refusalOf(() => resolve(options, address, customer, weird, region))).toMatchObject({
      code: "OPTION_INVALID",
      message,
    })
  })

  it("everything when there are no entities", () => {
    expect(refusalOf(() => resolve({ tenantProperty: "merchantId" })).message).toBe(
      "tenantProperty names 'merchantId', which no entity has. Entities: none.",
    )
  })
})
