import type { TenantId } from "../../../src/index.ts"
import {
  added,
  done,
  foreign,
  relabelled,
  rowName,
  scopeFor,
  tenantFor,
  type CasesOf,
  type GuardCase,
} from "./cases.ts"
import { fits, type GuardHarness } from "./harness.ts"
import { tenantOf, type EntityName } from "./schema.ts"

/** The kinds of entities, by how a row tells its tenant; each with rows 11 (own), 21 (foreign) and, unless it is a note, 91 (shared). */
const kinds = ["Address", "Note", "Account", "Device", "Enrolment", "Student", "Line", "Ticket"] as const
/** The same, for rows on which nothing hangs. */
const leaves = ["Reply", "Account", "Device", "Enrolment", "Line", "Ticket"] as const

const required = ["loaded", "loaded in withoutTenant", "without loading", "claiming the own tenant"]

/** Updates of stored rows, entity by entity. */
export const updateCases: CasesOf = (harness) =>
  Object.entries(harness.updates).flatMap(([name, way]) =>
    entitiesFor(name, kinds).flatMap((entity) =>
      rowsOf(entity, way.isClaiming === true)
        .filter(() => fits(way, entity))
        .map((id) => ({
          title: `update ${kindOf(id)} ${entity}, ${name}`,
          scope: scopeFor(entity),
          run: (manager) => way(manager, { entity, id }),
          expected: tenantOf(id) === 2 ? foreign(`${entity} update 1`) : done(relabelled(entity, id)),
        })),
    ),
  )

/** A row that was deleted softly is stored still. */
export function softlyDeletedCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const row = { entity: "Parcel", id: 31 } as const
  return [
    {
      title: "update a foreign Parcel that was deleted softly",
      run: (manager) => harness.updates["without loading"](manager, row),
      expected: foreign("Parcel update 1"),
    },
    {
      title: "delete a foreign Parcel that was deleted softly",
      run: (manager) => harness.deletes["without loading"](manager, row),
      expected: foreign("Parcel delete 1"),
    },
    {
      title: "update a foreign Parcel that was deleted softly, by a statement",
      run: (manager) => harness.bulkUpdates.manager(manager, "Parcel", { kind: "keys", ids: [31] }),
      expected: { ...done(), reported: [["Parcel update 1"]] },
    },
  ]
}

/** Deletions of stored rows, entity by entity. */
export const deleteCases: CasesOf = (harness) =>
  Object.entries(harness.deletes).flatMap(([name, way]) =>
    entitiesFor(name, leaves).flatMap((entity) =>
      rowsOf(entity, way.isClaiming === true)
        .filter(() => fits(way, entity))
        .map((id) => ({
          title: `delete ${kindOf(id)} ${entity}, ${name}`,
          scope: scopeFor(entity),
          run: (manager) => way(manager, { entity, id }),
          expected: tenantOf(id) === 2 ? foreign(`${entity} delete 1`) : done(`- ${rowName(entity, id)}`),
        })),
    ),
  )

/** New rows: with the own tenant, without any, and with a foreign one. */
export function insertCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const cases = Object.entries(harness.inserts).flatMap(([name, way]): GuardCase<Manager>[] => [
    ...(["Address", "Note", "Account", "Device", "Line", "Ticket"] as const)
      .filter((entity) => fits(way, entity))
      .flatMap((entity) => insertsOf(name, way, entity)),
    {
      title: `insert Enrolment of an own student, ${name}`,
      run: (manager) => way(manager, [{ entity: "Enrolment", id: 100, tenant: 1 }]),
      expected: done("+ enrolment 100 label=new student_id=11"),
    },
    {
      title: `insert Enrolment of a foreign student, ${name}`,
      run: (manager) => way(manager, [{ entity: "Enrolment", id: 100, tenant: 2 }]),
      expected: { code: "WRITE_FOREIGN" },
    },
  ])
  return [...cases, ...nestedCases(harness)]
}

function insertsOf<Manager>(
  name: string,
  way: GuardHarness<unknown, Manager>["inserts"][string],
  entity: EntityName,
): GuardCase<Manager>[] {
  const [own, other] = [tenantFor(entity, 1), tenantFor(entity, 2)]
  const links = entity === "Note" ? { customer: 3 } : {}
  const insert = (
    what: string,
    tenants: readonly (TenantId | null | undefined)[],
    expected: GuardCase<Manager>["expected"],
  ): GuardCase<Manager> => ({
    title: `insert ${entity} ${what}, ${name}`,
    scope: scopeFor(entity),
    run: (manager) => {
      const rows = tenants.map((tenant, index) => ({ id: 100 + index, ...(tenant === undefined ? {} : { tenant }) }))
      return way(
        manager,
        rows.map((row) => ({ entity, links, ...row })),
      )
    },
    expected,
  })
  const stamped = added(entity, 100, own)
  // The plain ORM, which the controls compare, may refuse a note or a device that lacks its tenant.
  const several = entity === "Note" || entity === "Device" ? [own, other] : [own, other, undefined]
  return [
    insert("of the own tenant", [own], done(stamped)),
    insert("without a tenant", [undefined, undefined], done(stamped, added(entity, 101, own))),
    ...(entity === "Note" ? [] : [insert("with tenant null", [null], done(stamped))]),
    insert("of a foreign tenant", [other], foreign(`${entity} insert 1`)),
    // What goes one by one has sent the first before the second is refused.
    ...(name === "one by one" ? [] : [insert("of which one is foreign", several, foreign(`${entity} insert 1`))]),
  ]
}

const nestedCases: CasesOf = (harness) => {
  const address = "+ address 100 customer_id=100 label=new merchant_id=1"
  return [
    {
      title: "insert a customer with an address and its parcel, without tenants",
      run: (manager) => harness.insertNested(manager, {}),
      expected: done("+ customer 100 label=new", address, "+ parcel 100 address_id=100 label=new merchant_id=1"),
    },
    {
      title: "insert a customer with a foreign address",
      run: (manager) => harness.insertNested(manager, { address: 2 }),
      expected: foreign("Address insert 1"),
    },
    {
      title: "insert a customer with an address and its foreign parcel",
      run: (manager) => harness.insertNested(manager, { parcel: 2 }),
      expected: foreign("Parcel insert 1"),
    },
  ]
}

/** In `withTenants` a new row names one of the tenants. */
export function setScopeCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const unnamed = { code: "TENANT_AMBIGUOUS", records: [["Address insert 1"]] } as const
  const inserts = Object.entries(harness.inserts).flatMap(([name, way]): GuardCase<Manager>[] => [
    {
      title: `insert Address of one of the tenants, ${name}`,
      run: (manager) => way(manager, [{ entity: "Address", id: 100, tenant: 2 }]),
      expected: done(added("Address", 100, 2)),
    },
    {
      title: `insert Address without a tenant, ${name}`,
      run: (manager) => way(manager, [{ entity: "Address", id: 100 }]),
      expected: unnamed,
    },
    {
      title: `insert Address with tenant null, ${name}`,
      run: (manager) => way(manager, [{ entity: "Address", id: 100, tenant: null }]),
      expected: unnamed,
    },
    {
      title: `insert Address of a tenant outside of the set, ${name}`,
      run: (manager) => way(manager, [{ entity: "Address", id: 100, tenant: 3 }]),
      expected: foreign("Address insert 1"),
    },
  ])
  const { loaded } = harness.updates
  const others: GuardCase<Manager>[] = [
    {
      title: "update Address of one of the tenants",
      run: (manager) => loaded(manager, { entity: "Address", id: 22 }),
      expected: done(relabelled("Address", 22)),
    },
    {
      title: "update Address of a tenant outside of the set",
      run: (manager) => loaded(manager, { entity: "Address", id: 31 }),
      expected: foreign("Address update 1"),
    },
    {
      title: "update every Address by one statement",
      run: (manager) => harness.bulkUpdates.manager(manager, "Address", { kind: "all" }),
      expected: {
        ...done(...[11, 12, 21, 22, 91].map((id) => relabelled("Address", id))),
        reported: [["Address update 1"]],
      },
    },
  ]
  return [...inserts, ...others].map((each) => ({
    ...each,
    title: `${each.title}, in withTenants`,
    scope: "merchants 1 and 2",
  }))
}

/** Every kind of entity for the ways that all ORMs have, two kinds for the others. */
function entitiesFor(name: string, entities: readonly EntityName[]): readonly EntityName[] {
  return required.includes(name) ? entities : [entities[0]!, "Enrolment"]
}

function rowsOf(entity: EntityName, isClaiming: boolean): readonly number[] {
  // A claim that is spelt as the scope spells it is another notation of what is stored in a ticket.
  if (isClaiming) return entity === "Ticket" ? [21] : [11, 21]
  return entity === "Note" ? [11, 21] : [11, 91, 21]
}

function kindOf(id: number): string {
  const tenant = tenantOf(id)
  if (tenant === null) return "a shared"
  return tenant === 1 ? "an own" : "a foreign"
}
