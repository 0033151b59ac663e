import { uuids } from "./schema.ts"
import { done, foreign, relabelled, type Done, type GuardCase, type Refused } from "./cases.ts"
import { fits, type GuardHarness, type Join, type Link, type StoredRow } from "./harness.ts"
import type { TenantId } from "../../../src/index.ts"

/** A stored row keeps its tenant. */
export function moveCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  return Object.entries(harness.moves).flatMap(([name, way]) => {
    const isStatement = !["loaded", "without loading"].includes(name)
    const move = (
      what: string,
      row: StoredRow,
      tenant: TenantId | null,
      expected: GuardCase<Manager>["expected"],
      others: Partial<GuardCase<Manager>> = {},
    ): GuardCase<Manager> => ({
      title: `${what}, ${name}`,
      run: (manager) => way(manager, row, tenant),
      expected,
      ...others,
    })
    const fixed = (entity: string): Refused => ({ code: "TENANT_IMMUTABLE", records: [[`${entity} update 1`]] })
    const cases = [
      move("give an own Address to another tenant", { entity: "Address", id: 11 }, 2, fixed("Address")),
      move("give an own Account to another tenant", { entity: "Account", id: 11 }, 2, fixed("Account")),
      move("give an own Device to another tenant", { entity: "Device", id: 11 }, 2, fixed("Device")),
      move("give an own Line to another tenant", { entity: "Line", id: 11 }, 2, fixed("Line")),
      move("give an own Student to another tenant", { entity: "Student", id: 11 }, 2, fixed("Student")),
      move("give an own Enrolment to a foreign student", { entity: "Enrolment", id: 12 }, 2, { code: "WRITE_FOREIGN" }),
      move(
        "give an own Enrolment to another own student",
        { entity: "Enrolment", id: 12 },
        1,
        done("~ enrolment 12 student_id: 12 -> 11"),
      ),
      move("share an own Address", { entity: "Address", id: 11 }, null, fixed("Address")),
      move("share an own Account", { entity: "Account", id: 11 }, null, fixed("Account")),
      // MikroORM itself refuses a string for a number where it validates.
      ...(harness.orm === "mikro-orm" && !isStatement
        ? []
        : [
            move("give an own Address its tenant in another notation", { entity: "Address", id: 11 }, "1", {
              ...done(),
              mayRewrite: "~ address 11",
            }),
          ]),
      move(
        "give an own Ticket its tenant in another notation",
        { entity: "Ticket", id: 11 },
        uuids[1],
        { ...done(), mayRewrite: "~ ticket 11" },
        { scope: "merchant 1, by UUID" },
      ),
      move("claim a shared Product", { entity: "Product", id: 91 }, 1, done("~ product 91 merchant_id: null -> 1")),
      // A statement is confined to own rows instead, because it may hit some.
      move(
        "claim a shared Price",
        { entity: "Price", id: 91 },
        1,
        isStatement ? { ...done(), reported: [["Price update 1"], []] } : fixed("Price"),
      ),
      move("give a shared Product to another tenant", { entity: "Product", id: 91 }, 2, fixed("Product")),
      move("take a foreign Address", { entity: "Address", id: 21 }, 1, isStatement ? taken : { code: "WRITE_FOREIGN" }),
    ]
    return cases.filter(({ title }) =>
      fits(way, title.match(/Address|Account|Device|Line|Student|Enrolment|Ticket|Product|Price/)![0] as never),
    )
  })
}

const taken: Done = { ...done(), reported: [["Address update 1"]] }

/** A row is linked to own and shared rows only. */
export function linkCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const parcel: Link = { entity: "Parcel", id: 11, relation: "address", target: "Address" }
  const linked = (from: number | null, to: number | null) => done(`~ parcel 11 address_id: ${from} -> ${to}`)
  const refused = foreign("Parcel.address link 1")
  const cases = Object.entries(harness.links).flatMap(([name, way]): GuardCase<Manager>[] => {
    const link = (what: string, row: Link, target: number | null, expected: GuardCase<Manager>["expected"]) => ({
      title: `${what}, by ${name}`,
      run: (manager: Manager) => way(manager, row, target),
      expected,
    })
    const isStatement = ["bulk", "query builder", "relation builder"].includes(name)
    return [
      link("link an own Parcel to an own Address", parcel, 12, linked(11, 12)),
      link("link an own Parcel to a shared Address", parcel, 91, linked(11, 91)),
      link("link an own Parcel to a foreign Address", parcel, 21, refused),
      link("link a shared Parcel to a foreign Address", { ...parcel, id: 91 }, 21, refused),
      link("unlink an own Parcel from its Address", parcel, null, linked(11, null)),
      link(
        "unlink an own Parcel from a foreign Address",
        { ...parcel, id: 12 },
        null,
        done("~ parcel 12 address_id: 21 -> null"),
      ),
      link(
        "link an own Category below a foreign one",
        { entity: "Category", id: 13, relation: "parent", target: "Category" },
        22,
        foreign("Category.parent link 1"),
      ),
      // A look-up that finds no row leaves it to the database.
      ...(name === "object"
        ? []
        : [link("link an own Parcel to a missing Address", parcel, 99, { outcome: "FOREIGN_KEY", changed: [] })]),
      ...(isStatement
        ? []
        : [link("link a foreign Parcel to an own Address", { ...parcel, id: 22 }, 11, foreign("Parcel update 1"))]),
    ]
  })
  return [...cases, ...newLinkCases(harness)]
}

function newLinkCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const inserts = Object.entries(harness.inserts).flatMap(([name, way]): GuardCase<Manager>[] =>
    (
      [
        ["own", 12],
        ["shared", 91],
        ["foreign", 21],
      ] as const
    ).map(([kind, address]) => ({
      title: `insert Parcel linked to ${kind} Address, ${name}`,
      run: (manager) => way(manager, [{ entity: "Parcel", id: 100, links: { address } }]),
      expected:
        kind === "foreign"
          ? foreign("Parcel.address link 1")
          : done(`+ parcel 100 address_id=${address} label=new merchant_id=1`),
    })),
  )
  return [
    ...inserts,
    {
      title: "update an own Parcel whose stored link is foreign",
      run: (manager) => harness.updates.loaded(manager, { entity: "Parcel", id: 12 }),
      expected: done(relabelled("Parcel", 12)),
    },
  ]
}

/** A foreign child that is added to a collection is refused: it is a foreign row that is changed. */
export function adoptionCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const adoptions = Object.entries(harness.adoptions).flatMap(([name, way]): GuardCase<Manager>[] => [
    {
      title: `add an own Address to a customer, ${name}`,
      run: (manager) => way(manager, 3, 12),
      expected: done("~ address 12 customer_id: null -> 3"),
    },
    {
      title: `add a shared Address to a customer, ${name}`,
      run: (manager) => way(manager, 3, 91),
      expected: done("~ address 91 customer_id: 1 -> 3"),
    },
    {
      title: `add a foreign Address to a customer, ${name}`,
      run: (manager) => way(manager, 3, 22),
      expected: {
        code: "WRITE_FOREIGN",
        records: [["Address update 1", "Customer.addresses link 1", "Address.customer link 1"]],
      },
    },
  ])
  return [
    ...adoptions,
    {
      title: "save a customer whose own Address was changed",
      run: (manager) => harness.cascade(manager, 1, 11),
      expected: done(relabelled("Address", 11)),
    },
    {
      title: "save a customer whose foreign Address was changed",
      run: (manager) => harness.cascade(manager, 1, 21),
      expected: foreign("Address update 1"),
    },
  ]
}

/** Links of many-to-many relations, from either side. */
export function joinCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const named = ({ owner }: Join, operation: string): Refused => ({
    code: "WRITE_FOREIGN",
    records: [[`${owner}.tags ${operation} 1`, `Tag.${owner.toLowerCase()}s ${operation} 1`]],
  })
  const pair = ({ owner, id, tag }: Join) => `${owner.toLowerCase()}_tag ${id},${tag}`
  const columns = ({ owner, id, tag }: Join) => `${owner.toLowerCase()}_id=${id} tag_id=${tag}`
  const added: readonly (readonly [what: string, join: Join, isForeign: boolean])[] = [
    ["an own Tag to a customer", { owner: "Customer", id: 3, tag: 12 }, false],
    ["a shared Tag to a customer", { owner: "Customer", id: 3, tag: 91 }, false],
    ["a foreign Tag to a customer", { owner: "Customer", id: 3, tag: 21 }, true],
    ["an own Tag to an own Product", { owner: "Product", id: 11, tag: 12 }, false],
    ["a shared Tag to a shared Product", { owner: "Product", id: 91, tag: 91 }, false],
    ["a foreign Tag to an own Product", { owner: "Product", id: 11, tag: 22 }, true],
    ["an own Tag to a foreign Product", { owner: "Product", id: 21, tag: 12 }, true],
  ]
  const removed: typeof added = [
    ["an own Tag from a customer", { owner: "Customer", id: 1, tag: 11 }, false],
    ["a foreign Tag from a customer", { owner: "Customer", id: 1, tag: 21 }, true],
    ["an own Tag from an own Product", { owner: "Product", id: 11, tag: 11 }, false],
    ["a foreign Tag from an own Product", { owner: "Product", id: 12, tag: 22 }, true],
  ]
  return [
    ...Object.entries(harness.joins).flatMap(([name, way]) =>
      added.map(([what, join, isForeign]): GuardCase<Manager> => ({
        title: `add ${what}, ${name}`,
        run: (manager) => way(manager, join),
        expected: isForeign ? named(join, "link") : done(`+ ${pair(join)} ${columns(join)}`),
        needsScope: join.owner === "Product",
      })),
    ),
    ...Object.entries(harness.parts).flatMap(([name, way]) =>
      removed.map(([what, join, isForeign]): GuardCase<Manager> => ({
        title: `take ${what}, ${name}`,
        run: (manager) => way(manager, join),
        expected: isForeign ? named(join, "unlink") : done(`- ${pair(join)}`),
        needsScope: join.owner === "Product",
      })),
    ),
  ]
}
