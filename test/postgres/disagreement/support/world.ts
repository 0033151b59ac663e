import type { OrmSessionOptions } from "../../../../src/postgres/mikro-orm/index.ts"
import { rowSecurity, type TenantModel } from "../../../../src/postgres/index.ts"
import { openLab, type Lab } from "../../support/lab.ts"
import { column, modelOf, reference, source, table } from "../../support/models.ts"

/** The tenants: numbers that stand nowhere else, so that a record that held one would show it. */
export const [own, other] = [4711, 4812]

const merchant = column("merchant_id", "integer", true)
const plan: TenantModel = modelOf(
  table("customer"),
  table("address", {
    columns: [column("id"), column("customer_id"), column("street", "text"), merchant],
    foreignKeys: [reference("customer_id", "customer")],
    tenant: source("merchantId", merchant),
  }),
)

const tables = [
  "create table customer (id integer primary key)",
  "create table address (id integer primary key, customer_id integer not null references customer, street text not null, merchant_id integer)",
  "insert into customer values (1)",
  // Whose a note is, its address tells: its tenant was forgotten when the policies were made.
  "create table note (id integer primary key, address_id integer references address)",
  `insert into address values (91, 1, 'own', ${own}), (92, 1, 'other', ${other}), (93, 1, 'shared', null)`,
  "insert into note values (81, 91), (82, 92), (83, 93), (84, null)",
  ...rowSecurity(plan).up,
  // What an ORM's entity for a view reads; a test makes it what it needs.
  "create view every_address with (security_invoker = true) as select * from address",
]

/** A database in which row security holds for the application's role; `:app` stands for that role. */
export async function openWorld(changes: readonly string[] = []): Promise<Lab> {
  const lab = await openLab("postgresql", tables)
  await lab.apply(changes.map((statement) => statement.replaceAll(":app", lab.role)))
  return lab
}

export const guard = { tenantProperty: "merchantId", entities: { Note: "address.merchantId" } }

/** An ORM on the database, under the application's role. */
export interface Session {
  /** The streets that the customer's collection shows. */
  streets(): Promise<string[]>
  /** The streets of all addresses, found at top level. */
  roots(): Promise<string[]>
  /** The keys of all notes. */
  notes(): Promise<number[]>
  /** The streets by way of the view. */
  throughView(): Promise<string[]>
  /** Finds addresses in a transaction, after a statement of the application's own. */
  after(statement: string): Promise<string[]>
  /** Runs in a transaction that holds its connection meanwhile. */
  inTransaction<R>(run: () => Promise<R>): Promise<R>
  close(): Promise<unknown>
}

/** What opens one. */
export type OpenSession = (
  url: string,
  options?: OrmSessionOptions,
  more?: { readonly onLeak?: "report" | "throw"; readonly connections?: number },
) => Promise<Session>
