import type { TestDatabase } from "../../support/databases.ts"

const tenants = [1, 2, 3, 4, 5]
const customers = [1, 2, 3, 4, 5, 6, 7, 8]

/** The ids of a tenant's addresses of a customer. Each pair has another number of them, so that a mix-up shows. */
export function own(customer: number, tenant: number): number[] {
  const count = ((customer * 3 + tenant * 5) % 7) + 1
  return Array.from({ length: count }, (_, index) => customer * 1000 + tenant * 100 + index)
}

export function all(customer: number): number[] {
  return tenants.flatMap((tenant) => own(customer, tenant))
}

/** Customers with addresses of every tenant. */
export async function writeCrowd(database: TestDatabase): Promise<void> {
  const addresses = customers.flatMap((customer) =>
    tenants.flatMap((tenant) => own(customer, tenant).map((id) => `(${id}, 's', ${tenant}, ${customer})`)),
  )
  await database.sql("delete from customer_tag")
  for (const table of ["purchase", "profile", "address", "customer"]) await database.sql(`delete from ${table}`)
  await database.sql(`insert into customer (id, name) values ${customers.map((id) => `(${id}, 'c')`).join(", ")}`)
  await database.sql(`insert into address (id, street, merchant_id, customer_id) values ${addresses.join(", ")}`)
}

export interface Answer {
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly tenant: unknown
}

interface Request {
  readonly tenant: number
  readonly customer: number
}

/** 200 requests in which tenants and customers are mixed. */
export const requests: readonly Request[] = Array.from({ length: 200 }, (_, index) => ({
  tenant: tenants[index % tenants.length]!,
  customer: customers[(index * 3) % customers.length]!,
}))

export function next(customer: number): number {
  return (customer % customers.length) + 1
}

/** What the requests must be answered; `shown` are the rows of a customer that a tenant may see. */
export function answers(shown: (customer: number, tenant: number) => number[] = own): Answer[] {
  return requests.map(({ tenant, customer }) => ({
    before: shown(customer, tenant),
    after: shown(next(customer), tenant),
    tenant: String(tenant),
  }))
}

/** Sends them all at once; one that fails is answered with its status. */
export async function sendAll(url: string): Promise<unknown[]> {
  return Promise.all(
    requests.map(async ({ tenant, customer }) => {
      const response = await fetch(`${url}/${customer}?tenant=${tenant}`)
      return response.ok ? response.json() : response.status
    }),
  )
}
