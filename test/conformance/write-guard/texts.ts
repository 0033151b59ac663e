import { beforeEach, expect, it } from "vitest"
import { TenantFailsafeError, withTenant, withTenants } from "../../../src/index.ts"
import type { DatabaseKind } from "../../support/databases.ts"
import type { GuardHarness } from "./harness.ts"
import { openedWorld } from "./world.ts"

interface Text<Manager> {
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly scope?: <R>(run: () => R) => R
  write(manager: Manager): Promise<void>
}

const deliberately =
  "or do it in withoutTenant(reason, fn) or switchTenant(id, reason, fn) if it is meant. Nothing was sent."
const address = { owner: "Address", relation: null, child: "Address", column: "merchantId" }

/** The texts and the details of the refusals; the place is the line of the application that wrote. */
export function describeWriteTexts<Session, Manager>(
  kind: DatabaseKind,
  harness: GuardHarness<Session, Manager>,
): void {
  const world = openedWorld(kind, harness)
  beforeEach(async () => void (await world().reset()))

  const { updates, inserts, deletes, links, joins, moves } = harness
  const texts: readonly (readonly [what: string, text: Text<Manager>])[] = [
    [
      "an update of a foreign row",
      {
        write: (manager) => updates.loaded(manager, { entity: "Address", id: 21 }),
        code: "WRITE_FOREIGN",
        message:
          "Updating Address HERE would reach 1 row that belongs to another tenant. Write rows whose merchantId is the current " +
          `tenant, ${deliberately}`,
        details: { ...address, operation: "update", rows: 1 },
      },
    ],
    [
      "new rows of another tenant",
      {
        write: (manager) =>
          inserts["as entities"](
            manager,
            [100, 101].map((id) => ({ entity: "Address" as const, id, tenant: 2 })),
          ),
        code: "WRITE_FOREIGN",
        message:
          "Inserting Address HERE would reach 2 rows that belong to another tenant. Write rows whose merchantId is the current " +
          `tenant, ${deliberately}`,
        details: { ...address, operation: "insert", rows: 2 },
      },
    ],
    [
      "a link to a foreign row",
      {
        write: (manager) =>
          links.object(manager, { entity: "Parcel", id: 11, relation: "address", target: "Address" }, 21),
        code: "WRITE_FOREIGN",
        message:
          "Linking Parcel.address HERE would reach 1 row of Address that belongs to another tenant. Link rows of the current " +
          `tenant, ${deliberately}`,
        details: {
          owner: "Parcel",
          relation: "address",
          child: "Address",
          column: "merchantId",
          operation: "link",
          rows: 1,
        },
      },
    ],
    [
      "a link of many to many to a foreign row",
      {
        write: (manager) => joins["owner side"](manager, { owner: "Customer", id: 3, tag: 21 }),
        code: "WRITE_FOREIGN",
        message:
          "Linking Customer.tags HERE would reach 1 row of Tag that belongs to another tenant. Link rows of the current " +
          `tenant, ${deliberately}`,
        details: {
          owner: "Customer",
          relation: "tags",
          child: "Tag",
          column: "merchantId",
          operation: "link",
          rows: 1,
        },
      },
    ],
    [
      "a table that is emptied",
      {
        write: (manager) => harness.truncate(manager, "Reply"),
        code: "WRITE_FOREIGN",
        message:
          "Truncating Reply HERE would delete the rows of every tenant. Delete by a condition, which is confined to the current " +
          `tenant, ${deliberately}`,
        details: {
          owner: "Reply",
          relation: null,
          child: "Reply",
          column: "merchantId",
          operation: "truncate",
          rows: 1,
        },
      },
    ],
    [
      "a deletion with foreign rows hanging on",
      {
        write: (manager) => deletes.loaded(manager, { entity: "Address", id: 12 }),
        code: "WRITE_FOREIGN",
        message:
          "Deleting Address HERE would reach rows of other tenants that hang on it: Parcel.address (2). Keep it and remove the " +
          "own rows only, or delete it in withoutTenant(reason, fn) if every tenant's rows are meant. Nothing was sent.",
        details: { ...address, operation: "delete", hanging: { "Parcel.address": 2 } },
      },
    ],
    [
      "a row that is given to another tenant",
      {
        write: (manager) => moves.loaded(manager, { entity: "Address", id: 11 }, 2),
        code: "TENANT_IMMUTABLE",
        message:
          "Updating Address HERE would give 1 row another tenant. merchantId is fixed once a row is stored: insert a new row for " +
          "the other tenant, or move it in withoutTenant(reason, fn). Nothing was sent.",
        details: { ...address, operation: "update", rows: 1 },
      },
    ],
    [
      "a shared row that is claimed",
      {
        write: (manager) => moves.loaded(manager, { entity: "Address", id: 91 }, 1),
        code: "TENANT_IMMUTABLE",
        message:
          "Updating Address HERE would make 1 row that all tenants share one tenant's own. If shared rows of Address may be " +
          "claimed, say so with { claimable: ['Address'] }, or do it in withoutTenant(reason, fn). Nothing was sent.",
        details: { ...address, operation: "update", rows: 1 },
      },
    ],
    [
      "a new row that names none of several tenants",
      {
        scope: (run) => withTenants([1, 2], "group report", run),
        write: (manager) => inserts["as entities"](manager, [{ entity: "Address", id: 100 }]),
        code: "TENANT_AMBIGUOUS",
        message:
          "Inserting Address HERE leaves 1 row without a tenant, for every tenant to see. Set merchantId: withTenants has several to " +
          "choose from, withTenant(id, fn) narrows to one. Shared rows are made in withoutTenant(reason, fn). Nothing was sent.",
        details: { ...address, operation: "insert", rows: 1 },
      },
    ],
    [
      "a row whose tenant cannot be told",
      {
        write: (manager) => updates["without loading"](manager, { entity: "Meter", id: 81 }),
        code: "TENANT_UNKNOWN",
        message:
          "Updating Meter HERE would touch 1 row whose tenant cannot be read from merchantId. Correct what is stored there, or " +
          "write it in withoutTenant(reason, fn). Nothing was sent.",
        details: { owner: "Meter", relation: null, child: "Meter", column: "merchantId", operation: "update", rows: 1 },
      },
    ],
  ]

  it.each(texts)("names entity, operation, place and the way out: %s", async (_, { write, scope, ...expected }) => {
    const manager = harness.manager(await world().session({}))

    const { error } = await world().attempt(() => (scope ?? ((run) => withTenant(1, run)))(() => write(manager)))

    const { code, message, details } = refusalIn(error)
    const { place, ...others } = details
    expect({
      code,
      message: message.replace(/(?:in \S.* \(|at )(test\/[^:]+:\d+)\)?/, "HERE"),
      details: others,
    }).toEqual(expected)
    expect(place).toMatch(new RegExp(`^test/${harness.orm}/write-guard/\\w+\\.ts:\\d+$`))
  })

  it("names the entity and the fix outside any scope", async () => {
    const manager = harness.manager(await world().session({}))

    const { error } = await world().attempt(() => inserts["as entities"](manager, [{ entity: "Address", id: 100 }]))

    const { code, message } = refusalIn(error)
    expect([code, message.replace(/^(Address was saved outside any tenant scope).*?( Wrap )/, "$1 …$2")]).toEqual([
      "TENANT_MISSING",
      "Address was saved outside any tenant scope … Wrap the caller in withTenant(id, fn), or in withoutTenant(reason, fn) if " +
        "it must see every tenant.",
    ])
  })

  it("notes the line of the application in the record of a refused write", async () => {
    const manager = harness.manager(await world().session({}))

    const { leaks } = await world().attempt(() =>
      withTenant(1, () => updates["without loading"](manager, { entity: "Address", id: 21 })),
    )

    expect(leaks).toMatchObject([
      {
        event: "tenant_leak",
        what: "write",
        orm: harness.orm,
        ...address,
        loaded: 1,
        rows: 1,
        dropped: 0,
        strategy: "update",
        "code.file.path": expect.stringMatching(new RegExp(`^test/${harness.orm}/write-guard/`)) as string,
      },
    ])
  })
}

function refusalIn(error: unknown): TenantFailsafeError {
  if (error instanceof TenantFailsafeError) return error
  throw new Error("nothing was refused", { cause: error })
}
