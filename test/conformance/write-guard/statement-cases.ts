import { added, done, foreign, relabelled, rowName, scopeFor, type Done, type GuardCase } from "./cases.ts"
import { fits, type Condition, type GuardHarness, type UpsertedProduct } from "./harness.ts"
import { tenantOf, type OwnedEntity } from "./schema.ts"

/** Conditions that hit own, shared and foreign rows, and those that they hit. */
const conditions: readonly (readonly [what: string, condition: Condition, hit: readonly number[]])[] = [
  ["by keys", { kind: "keys", ids: [11, 21, 91] }, [11, 21, 91]],
  ["by the key of a foreign row", { kind: "keys", ids: [21] }, [21]],
  ["by one key or another", { kind: "either", ids: [12, 22] }, [12, 22]],
  ["by one key or another, the foreign one first", { kind: "either", ids: [22, 12] }, [12, 22]],
  ["without a condition", { kind: "all" }, [11, 12, 21, 22, 31, 91]],
]

/** Statements that change many rows are confined to the own and the shared ones. */
export function bulkUpdateCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const cases = Object.entries(harness.bulkUpdates).flatMap(([name, way]) =>
    conditions.flatMap(([what, condition, hit]) =>
      (["Address", "Account", "Device", "Enrolment", "Line", "Ticket"] as const)
        .filter((entity) => fits(way, entity) && isWorthIt(name, entity))
        .map((entity): GuardCase<Manager> => ({
          title: `update ${entity} ${what}, ${name}`,
          scope: scopeFor(entity),
          run: (manager) => way(manager, entity, condition),
          expected: confined(entity, "update", hit, (id) => relabelled(entity, id)),
        })),
    ),
  )
  const { manager: update } = harness.bulkUpdates
  const byRelation: GuardCase<Manager> = {
    title: "update Address by its customer",
    run: (manager) => update(manager, "Address", { kind: "customer", id: 1 }),
    expected: confined("Address", "update", [11, 21, 91], (id) => relabelled("Address", id)),
  }
  return [...cases, byRelation, ...parcelCases(harness)]
}

function parcelCases<Session, Manager>({ parcelUpdates = {} }: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  return Object.entries(parcelUpdates).map(([name, way]) => ({
    title: `change foreign Parcels, ${name}`,
    run: (manager) => way(manager, { kind: "keys", ids: [22, 31] }),
    expected: { ...done(), reported: [["Parcel update 2"]] },
  }))
}

/** Statements that delete many rows, too. */
export function bulkDeleteCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const byRelation: GuardCase<Manager> = {
    title: "delete Address by its customer",
    run: (manager) => harness.bulkDeletes.manager(manager, "Address", { kind: "customer", id: 6 }),
    expected: confined("Address", "delete", [22], () => ""),
  }
  const cases = Object.entries(harness.bulkDeletes).flatMap(([name, way]) =>
    conditions.flatMap(([what, condition, hit]) =>
      (["Account", "Device", "Enrolment", "Line", "Ticket"] as const)
        .filter((entity) => fits(way, entity) && isWorthIt(name, entity))
        .map((entity): GuardCase<Manager> => ({
          title: `delete ${entity} ${what}, ${name}`,
          scope: scopeFor(entity),
          run: (manager) => way(manager, entity, condition),
          expected: confined(entity, "delete", hit, (id) => `- ${rowName(entity, id)}`),
        })),
    ),
  )
  return [...cases, byRelation]
}

/** Inserts that update the rows which are there already. */
export function upsertCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  const product = (id: number, sku: number, others: Partial<UpsertedProduct> = {}): UpsertedProduct => ({
    id,
    sku: `sku ${sku}`,
    label: "changed",
    ...others,
  })
  const refused = foreign("Product upsert 1")
  const fresh = added("Product", 100, 1).replace("label=new", "label=changed")
  return Object.entries(harness.upserts).flatMap(([name, way]): GuardCase<Manager>[] => [
    {
      title: `upsert an own Product, ${name}`,
      run: (manager) => way(manager, [product(11, 11)], "id"),
      expected: done(relabelled("Product", 11)),
    },
    {
      title: `upsert a shared Product, ${name}`,
      run: (manager) => way(manager, [product(91, 91)], "id"),
      expected: done(relabelled("Product", 91)),
    },
    {
      title: `upsert a foreign Product, ${name}`,
      run: (manager) => way(manager, [product(21, 21)], "id"),
      expected: refused,
    },
    {
      title: `upsert a foreign Product that claims the own tenant, ${name}`,
      run: (manager) => way(manager, [product(21, 21, { tenant: 1 })], "id"),
      expected: { code: "WRITE_FOREIGN" },
    },
    {
      title: `upsert a new Product, ${name}`,
      run: (manager) => way(manager, [product(100, 100)], "id"),
      expected: done(`${fresh} sku=sku 100`),
    },
    {
      title: `upsert a new Product of a foreign tenant, ${name}`,
      run: (manager) => way(manager, [product(100, 100, { tenant: 2 })], "id"),
      expected: { code: "WRITE_FOREIGN" },
    },
    {
      title: `upsert an own Product with a foreign tenant, ${name}`,
      run: (manager) => way(manager, [product(11, 11, { tenant: 2 })], "id"),
      expected: { code: ["WRITE_FOREIGN", "TENANT_IMMUTABLE"] },
    },
    {
      title: `upsert an own Product by its number, ${name}`,
      run: (manager) => way(manager, [product(11, 11)], "sku"),
      expected: done(relabelled("Product", 11)),
    },
    {
      title: `upsert a foreign Product by its number, ${name}`,
      run: (manager) => way(manager, [product(100, 21)], "sku"),
      expected: refused,
    },
    // What goes one by one has sent the first before the second is refused.
    ...(name === "one by one"
      ? []
      : [
          {
            title: `upsert several Products, one of them foreign, ${name}`,
            run: (manager: Manager) => way(manager, [product(11, 11), product(100, 100), product(22, 22)], "id"),
            expected: refused,
          },
        ]),
  ])
}

/** Emptying a table takes the rows of every tenant. */
export function truncateCases<Session, Manager>(harness: GuardHarness<Session, Manager>): GuardCase<Manager>[] {
  return (["Reply", "Enrolment"] as const).map((entity) => ({
    title: `empty the table of ${entity}`,
    run: (manager) => harness.truncate(manager, entity),
    expected: foreign(`${entity} truncate 1`),
  }))
}

function confined(
  entity: OwnedEntity,
  operation: "update" | "delete",
  hit: readonly number[],
  line: (id: number) => string,
): Done {
  const own = hit.filter((id) => tenantOf(id) === 1 || tenantOf(id) === null)
  const reported = [[`${entity} ${operation} ${hit.length - own.length}`]]
  return { ...done(...own.map(line)), reported }
}

/** Every kind of entity for the ways that all ORMs have, one column and one path for the others. */
function isWorthIt(name: string, entity: OwnedEntity): boolean {
  return name === "manager" || name === "query builder" || ["Address", "Account", "Enrolment"].includes(entity)
}
