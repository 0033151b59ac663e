// How does an application look that loads, shows and saves? A client fetches a customer, edits it and puts it back.
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { json } from "node:stream/consumers"
import type { AddressInfo } from "node:net"
import { Column, DataSource, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from "typeorm"
import { withTenant } from "tenant-failsafe"
import { withFailsafe, type FilteredCollection } from "tenant-failsafe/typeorm"

@Entity()
class Customer {
  @PrimaryColumn({ type: "int" })
  id!: number

  @Column({ type: "text" })
  name!: string

  @OneToMany(() => Address, (address) => address.customer, { cascade: true })
  addresses!: FilteredCollection<Address>
}

@Entity()
class Address {
  @PrimaryColumn({ type: "int" })
  id!: number

  @Column({ type: "text" })
  street!: string

  @Column({ type: "int" })
  merchantId!: number

  @ManyToOne(() => Customer, (customer) => customer.addresses)
  @JoinColumn()
  customer!: Customer
}

const dataSource = withFailsafe(new DataSource({ type: "sqljs", entities: [Customer, Address], synchronize: true }), {
  tenantProperty: "merchantId",
})

/** One scope per request. A real application takes the merchant from a verified session, and never from a header alone. */
async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const merchant = Number(request.headers["x-merchant"])
  const customer = await withTenant(merchant, async () => {
    const customers = dataSource.getRepository(Customer)
    if (request.method === "PUT") await customers.save((await json(request)) as Customer)
    return customers.findOneOrFail({ where: { id: 1 }, relations: { addresses: true } })
  })
  response.setHeader("content-type", "application/json").end(JSON.stringify(customer))
}

export async function run(): Promise<readonly string[]> {
  await dataSource.initialize()
  await dataSource.query("insert into customer values (1, 'Ada')")
  await dataSource.query(
    "insert into address values (1, 'Acme St 1', 1, 1), (2, 'Acme St 2', 1, 1), (3, 'Globex Rd 3', 2, 1)",
  )
  const server = createServer((request, response) => void handle(request, response)).listen(0)
  await once(server, "listening")
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const call = async (merchant: string, init: RequestInit = {}) => {
    const response = await fetch(url, { ...init, headers: { "x-merchant": merchant } })
    return (await response.json()) as { name: string; addresses: { street: string }[] }
  }
  const show = ({ name, addresses }: Awaited<ReturnType<typeof call>>) =>
    `${name}: ${addresses.map(({ street }) => street).join(", ")}`

  const acme = await call("1")
  // Acme renames the customer and removes its second address. It never saw the one of Globex, which stays where it is.
  const edited = await call("1", {
    method: "PUT",
    body: JSON.stringify({ ...acme, name: "Ada L.", addresses: acme.addresses.slice(0, 1) }),
  })
  const globex = await call("2")
  server.close()
  await dataSource.destroy()
  return [show(acme), show(edited), show(globex)]
}
