import type { PGlite } from "@electric-sql/pglite"
import { defineEntity, p } from "@mikro-orm/core"
import { defineConfig, MikroORM, type EntityManager, type Options } from "@mikro-orm/pglite"

/** A shop platform: customers are shared, what hangs on them belongs to a merchant. */
export async function openShop(pglite: PGlite, guard: (config: Options) => Options = (config) => config) {
  const Customer = defineEntity({
    name: "Customer",
    properties: () => ({
      id: p.integer().primary(),
      name: p.string(),
      addresses: () => p.oneToMany(Address).mappedBy("customer").orderBy({ id: "asc" }),
      tags: () => p.manyToMany(Tag).orderBy({ id: "asc" }),
    }),
  })
  const Address = defineEntity({
    name: "Address",
    properties: () => ({
      id: p.integer().primary(),
      street: p.string(),
      merchantId: p.integer(),
      customer: () => p.manyToOne(Customer).nullable(),
    }),
  })
  const Tag = defineEntity({
    name: "Tag",
    properties: () => ({
      id: p.integer().primary(),
      label: p.string(),
      merchantId: p.integer().nullable(),
      customers: () => p.manyToMany(Customer).mappedBy("tags"),
    }),
  })
  const config = defineConfig({ entities: [Customer, Address, Tag], dbName: "shop", driverOptions: { pglite } })
  const orm = await MikroORM.init(guard(config))

  // The forgotten filter: nothing here says whose addresses and tags are meant.
  async function listCustomers(em: EntityManager) {
    return em.find(Customer, {}, { populate: ["addresses", "tags"], orderBy: { id: "asc" } })
  }

  async function moveAddress(em: EntityManager, from: string, to: string) {
    const customers = await em.find(Customer, {}, { populate: ["addresses"] })
    for (const customer of customers) {
      const address = customer.addresses.find((candidate) => candidate.street === from)
      if (address !== undefined) address.street = to
    }
    await em.flush()
  }

  return { orm, listCustomers, moveAddress }
}

/** What a page of the shop would show of its customers. */
export type CustomerView = {
  readonly name: string
  readonly addresses: readonly string[]
  readonly tags: readonly string[]
}

export const schema = `
  create table merchant (id int primary key, name text not null);
  create table customer (id int primary key, name text not null);
  create table address (id int primary key, street text not null, merchant_id int not null references merchant,
    customer_id int references customer);
  create table tag (id int primary key, label text not null, merchant_id int references merchant);
  create table customer_tags (customer_id int references customer, tag_id int references tag, primary key (customer_id, tag_id));

  insert into merchant values (1, 'Acme'), (2, 'Globex'), (3, 'Initech');
  insert into customer values (1, 'Ada'), (2, 'Grace'), (3, 'Linus');
  insert into address values
    (1, 'Acme St 1', 1, 1), (2, 'Globex Rd 2', 2, 1), (3, 'Initech Sq 3', 3, 1),
    (4, 'Globex Rd 4', 2, 2), (5, 'Acme St 5', 1, 2), (6, 'Acme St 6', 1, 2),
    (7, 'Initech Sq 7', 3, 3);
  insert into tag values (1, 'everyone', null), (2, 'acme-vip', 1), (3, 'globex-debtor', 2);
  insert into customer_tags values (1, 1), (1, 3), (2, 2), (2, 3), (3, 1);
`
