/** What the demo uses of PGlite, the PostgreSQL that runs inside the process. */
export interface Database {
  exec(sql: string): Promise<unknown>
  query(sql: string, parameters?: unknown[]): Promise<{ rows: object[] }>
  close(): Promise<void>
}

/** The shop's code on one ORM, plain or guarded: what it does for a page, and nothing that knows of tenants. */
export interface Shop {
  /** Lists the customers with their addresses and tags, and saves what it loaded. */
  listCustomers(): Promise<readonly LoadedCustomer[]>
  moveAddress(from: string, to: string): Promise<void>
}

/** A demo database and the shop on it. */
export interface ShopFront<Opened extends Database> {
  readonly orm: "MikroORM" | "TypeORM"
  /** What saving is called in this ORM. */
  readonly save: string
  openDatabase(): Promise<Opened>
  openShop(database: Opened, protection: "plain" | "guarded"): Promise<Shop>
}

export interface LoadedCustomer {
  readonly name: string
  readonly addresses: Iterable<{ readonly street: string }>
  readonly tags: Iterable<{ readonly label: string }>
}

/** What a page of the shop would show of its customers. */
export type CustomerView = {
  readonly name: string
  readonly addresses: readonly string[]
  readonly tags: readonly string[]
}

/** A shop platform: customers are shared, what hangs on them belongs to a merchant. */
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
