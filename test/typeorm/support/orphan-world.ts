import type { EntityTarget, ObjectLiteral } from "typeorm"
import { openDatabase, type TestDatabase } from "../../support/databases.ts"
import type { FailsafeOptions } from "../../../src/typeorm/index.ts"
import { openBeside, type Lab } from "./lab.ts"
import { orphanEntities, type OrphanEntities } from "./orphan-entities.ts"
import { foreignNumbers, hazards, seeded, type Hazard } from "./orphan-hazards.ts"

/** A DataSource on the world's tables with entity classes of its own. */
export interface Side extends Lab {
  readonly entities: OrphanEntities
}

export interface World {
  readonly database: TestDatabase
  readonly guarded: Side
  readonly vanilla: Side
  readonly tables: readonly string[]
  /** Puts all rows back, or those that work with one relation may reach; without foreign children where they shall not exist. */
  reset(options?: { readonly foreign?: boolean; readonly hazard?: Hazard }): Promise<void>
  /** Another guarded DataSource on the same tables. */
  open(failsafe: Partial<FailsafeOptions>, config?: object): Promise<Side>
  close(): Promise<void>
}

const entityPaths = { Enrolment: "student.merchantId" }

/** The customers with all their children on PostgreSQL, once guarded and once as TypeORM is. */
export async function openWorld(): Promise<World> {
  const database = await openDatabase("postgresql")
  const opened: Side[] = []
  const open = async (failsafe: Partial<FailsafeOptions> | null, config: object = {}): Promise<Side> => {
    const entities = orphanEntities()
    const options = failsafe === null ? null : { entities: entityPaths, ...failsafe }
    const side = { ...(await openBeside(database, Object.values(entities), { failsafe: options, config })), entities }
    opened.push(side)
    return side
  }
  const vanilla = await open(null, { synchronize: true })
  await seed(vanilla)
  const tables = await tablesOf(database)
  await vanilla.dataSource.query(tables.map((table) => `create table "seed_${table}" as table "${table}"`).join(";"))
  return {
    database,
    tables,
    vanilla,
    guarded: await open({}),
    open,
    async reset({ foreign = true, hazard } = {}) {
      const reached = hazard === undefined ? tables : reachedBy(hazard)
      const copies = reached.map(
        (table) => `delete from "${table}"; insert into "${table}" select * from "seed_${table}"`,
      )
      const without = foreign ? [] : reached.flatMap((table) => withoutForeign(table) ?? [])
      // Without triggers: neither foreign keys nor the order of the tables matter.
      const statements = ["begin", "set local session_replication_role = replica", ...copies, ...without, "commit"]
      await vanilla.dataSource.query(statements.join(";"))
      for (const side of opened) side.queries.length = 0
    },
    async close() {
      for (const side of opened) if (side.dataSource.isInitialized) await side.close()
      await database.close()
    },
  }
}

/** A new entity of a child's class. */
export function newChild(
  side: Side,
  hazard: Hazard,
  number: number,
  merchant: number | null,
  customer = 1,
): ObjectLiteral {
  const child = hazard.child === "Payment" ? (number % 2 === 0 ? "CashPayment" : "CardPayment") : hazard.child
  return side.dataSource.manager.create(side.entities[child as "Address"], {
    ...hazard.key(number, customer),
    ...hazard.tenant(merchant),
    label: `${labelOf(merchant)} ${number}`,
  })
}

async function tablesOf(database: TestDatabase): Promise<string[]> {
  const rows = await database.sql("select table_name from information_schema.tables where table_schema = 'public'")
  return rows.map((row) => String(row["table_name"])).toSorted()
}

export function junctionOf(table: string): { readonly table: string; readonly column: string } | undefined {
  return hazards.find(({ junction }) => junction?.table === table)?.junction
}

/** What is saved with a customer: the eager relation is loaded whatever is asked for. */
function reachedBy({ table, junction }: Hazard): readonly string[] {
  return [...new Set(["customer", "region", "phone", "profile", table, ...(junction ? [junction.table] : [])])]
}

async function seed(vanilla: Side): Promise<void> {
  const { manager } = vanilla.dataSource
  const { Customer, Region, Student, Profile } = vanilla.entities
  await manager.insert(Region, { id: 1, name: "North" })
  for (const [id, name] of [
    [1, "Ada"],
    [2, "Bob"],
  ] as const) {
    await manager.insert(Customer, { id, name, code: `c-${id}`, region: { id: 1 }, contact: { city: "Turin" } })
  }
  for (const merchant of [1, 2, null]) {
    await manager.insert(Student, { id: merchant ?? 3, label: `${labelOf(merchant)} student`, merchantId: merchant })
  }
  await manager.insert(Profile, { id: 2, label: "foreign 2", merchantId: 2, customer: { id: 1 } })
  await manager.insert(Profile, { id: 6, label: "own 6", merchantId: 1, customer: { id: 2 } })
  for (const hazard of hazards) {
    for (const { number, customer, merchant } of seeded) {
      const child = newChild(vanilla, hazard, number, merchant, customer)
      const owner = hazard.path === "offers" ? { id: customer, code: `c-${customer}` } : { id: customer }
      if (hazard.junction === undefined) {
        await manager.insert(
          child["constructor"] as EntityTarget<ObjectLiteral>,
          Object.assign(child, { customer: owner }),
        )
      } else {
        await manager.insert(child["constructor"] as EntityTarget<ObjectLiteral>, child)
        const { table, column } = hazard.junction
        await manager.query(`insert into "${table}" ("customerId", "${column}") values ($1, $2)`, [customer, number])
      }
    }
  }
}

function withoutForeign(table: string): string | undefined {
  const junction = junctionOf(table)
  if (junction !== undefined) return `delete from "${table}" where "${junction.column}" in (${foreignNumbers.join()})`
  if (table === "student" || table === "customer" || table === "region") return undefined
  return `delete from "${table}" where label like 'foreign%'`
}

function labelOf(merchant: number | null): string {
  return merchant === null ? "shared" : merchant === 1 ? "own" : "foreign"
}
