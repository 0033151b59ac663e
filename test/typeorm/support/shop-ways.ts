import type { EntityManager } from "typeorm"
import { idsOf } from "./lab.ts"
import type { Address, Customer, Lazy, Shop } from "./shop.ts"

/** One way to load Ada's addresses, and how the records name it. */
export interface Way {
  readonly strategy: string
  /** The ids of the addresses that arrived. */
  load(shop: Shop, manager?: EntityManager): Promise<number[]>
  readonly lazy?: true
  /** The property in the records, where it is not the relation. */
  readonly relation?: string
}

const ada = { where: { id: 1 } }

/** Every kind of load that brings the rows of a to-many relation. */
export const ways: Readonly<Record<string, Way>> = {
  "find with relations": {
    strategy: "join",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const customers = await manager.getRepository(Customer).find({ ...ada, relations: { addresses: true } })
      return idsOf(customers[0]!.addresses)
    },
  },
  "find with take": {
    strategy: "join",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const customers = await manager.getRepository(Customer).find({ ...ada, take: 5, relations: { addresses: true } })
      return idsOf(customers[0]!.addresses)
    },
  },
  leftJoinAndSelect: {
    strategy: "join",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const query = manager.getRepository(Customer).createQueryBuilder("c").leftJoinAndSelect("c.addresses", "a")
      return idsOf((await query.where("c.id = 1").getOneOrFail()).addresses)
    },
  },
  'relationLoadStrategy: "query"': {
    strategy: "query",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const customers = await manager
        .getRepository(Customer)
        .find({ ...ada, relations: { addresses: true }, relationLoadStrategy: "query" })
      return idsOf(customers[0]!.addresses)
    },
  },
  "a lazy relation": {
    strategy: "query",
    lazy: true,
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const customer = await manager.getRepository(Customer).findOneByOrFail({ id: 1 })
      return idsOf(await (customer as unknown as Lazy<Customer, "addresses">).addresses)
    },
  },
  loadMany: {
    strategy: "query",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const query = manager.createQueryBuilder().relation(Customer.options.name, "addresses").of(1)
      return idsOf(await query.loadMany<Address>())
    },
  },
  "leftJoinAndMapMany of a relation": {
    strategy: "join",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const query = manager.getRepository(Customer).createQueryBuilder("c")
      const customer = await query.leftJoinAndMapMany("c.places", "c.addresses", "a").where("c.id = 1").getOneOrFail()
      return idsOf((customer as unknown as { places: Address[] }).places)
    },
  },
  "leftJoinAndMapMany of an entity": {
    strategy: "join",
    relation: "places",
    async load({ dataSource, Customer, Address }, manager = dataSource.manager) {
      const query = manager.getRepository(Customer).createQueryBuilder("c")
      const customer = await query
        .leftJoinAndMapMany("c.places", Address.options.name, "a", "a.customer_id = c.id")
        .where("c.id = 1")
        .getOneOrFail()
      return idsOf((customer as unknown as { places: Address[] }).places)
    },
  },
  loadRelationIds: {
    strategy: "relation ids",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const customers = await manager
        .getRepository(Customer)
        .find({ ...ada, loadRelationIds: { relations: ["addresses"] } })
      return sorted(customers[0]!.addresses)
    },
  },
  loadRelationIdAndMap: {
    strategy: "relation ids",
    async load({ dataSource, Customer }, manager = dataSource.manager) {
      const query = manager.getRepository(Customer).createQueryBuilder("c")
      const customer = await query.loadRelationIdAndMap("c.ids", "c.addresses").where("c.id = 1").getOneOrFail()
      return sorted((customer as unknown as { ids: number[] }).ids)
    },
  },
}

export const wayNames: readonly string[] = Object.keys(ways)

function sorted(ids: unknown): number[] {
  return (ids as number[]).toSorted((a, b) => a - b)
}
