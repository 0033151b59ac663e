import { done, type Done, type GuardCase, type Refused } from "./cases.ts"
import type { GuardHarness, StoredRow } from "./harness.ts"

/** Rows on which others hang: how many foreign ones by which relation, or what vanishes with them. */
const removals: readonly (readonly [what: string, row: StoredRow, expected: Refused | Done])[] = [
  ["a customer on whom nothing hangs", { entity: "Customer", id: 3 }, done("- customer 3")],
  [
    "a customer on whom own rows hang",
    { entity: "Customer", id: 2 },
    done("- customer 2", "- note 12", "- reply 12", "- customer_tag 2,11"),
  ],
  ["a customer with foreign notes, which ON DELETE CASCADE would delete", customer(7), hanging({ "Note.customer": 1 })],
  ["a customer with foreign addresses, which would keep it", customer(6), hanging({ "Address.customer": 1 })],
  ["a customer with foreign tags", customer(5), hanging({ "Customer.tags": 1 })],
  ["a customer with an own note, on which a foreign reply hangs", customer(4), hanging({ "Reply.note": 1 })],
  [
    "a customer on whom foreign rows hang in several ways",
    customer(1),
    hanging({ "Note.customer": 3, "Address.customer": 1, "Customer.tags": 1 }),
  ],
  [
    "an own address with an own parcel, which ON DELETE SET NULL detaches",
    { entity: "Address", id: 11 },
    done("- address 11", "~ parcel 11 address_id: 11 -> null"),
  ],
  [
    // One of them was deleted softly, which is nothing to the database.
    "an own address with foreign parcels, which ON DELETE SET NULL would detach",
    { entity: "Address", id: 12 },
    hanging({ "Parcel.address": 2 }),
  ],
  ["an own category with an own one below it", { entity: "Category", id: 13 }, done("- category 13", "- category 14")],
  ["an own category with a foreign one below it", { entity: "Category", id: 12 }, hanging({ "Category.parent": 1 })],
  [
    "an own category with a foreign one two levels below",
    { entity: "Category", id: 11 },
    hanging({ "Category.parent": 1 }),
  ],
  ["an own product with a foreign tag", { entity: "Product", id: 12 }, hanging({ "Product.tags": 1 })],
  [
    "an own tag of shared customers and own products",
    { entity: "Tag", id: 11 },
    done("- tag 11", "- customer_tag 1,11", "- customer_tag 2,11", "- product_tag 11,11"),
  ],
  ["an own student with an enrolment", { entity: "Student", id: 12 }, { outcome: "FOREIGN_KEY", changed: [] }],
]

/** Deletions that the database would carry on. */
export function removalCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const { loaded, "without loading": referred } = harness.deletes
  const single = { loaded, "without loading": referred }
  return removals.flatMap(([what, row, expected]): GuardCase<Manager>[] => {
    const needsScope = row.entity !== "Customer"
    return [
      ...Object.entries(single).map(([name, way]) => ({
        title: `delete ${what}, ${name}`,
        run: (manager: Manager) => way(manager, row),
        expected,
        needsScope,
      })),
      ...Object.entries(harness.bulkDeletes).map(([name, way]) => ({
        title: `delete ${what}, by a statement, ${name}`,
        run: (manager: Manager) => way(manager, row.entity, { kind: "keys" as const, ids: [row.id] }),
        expected,
        needsScope,
      })),
    ]
  })
}

/** The same relation, named from its other side. */
const inverses: Readonly<Record<string, string>> = {
  "Customer.notes": "Note.customer",
  "Customer.addresses": "Address.customer",
  "Tag.customers": "Customer.tags",
  "Tag.products": "Product.tags",
  "Note.replies": "Reply.note",
  "Address.parcels": "Parcel.address",
}

/** A relation by the name of its owning side, which is the side of the foreign key or of the pivot table. */
export function owningSide(relation: string): string {
  return inverses[relation] ?? relation
}

function customer(id: number): StoredRow {
  return { entity: "Customer", id }
}

function hanging(counts: Readonly<Record<string, number>>): Refused {
  return {
    code: "WRITE_FOREIGN",
    records: Object.entries(counts).map(([relation, rows]) => [`${relation} delete ${rows}`]),
    hanging: counts,
  }
}
