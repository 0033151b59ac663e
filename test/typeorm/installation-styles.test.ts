import {
  BaseEntity,
  Column,
  DataSource,
  Entity,
  EntityManager,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  Repository,
  type DataSourceOptions,
} from "typeorm"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { withFailsafe } from "../../src/typeorm/index.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { idsOf } from "./support/lab.ts"
import { seedShop, shopEntities, type Customer } from "./support/shop.ts"

const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

async function sqlite(): Promise<TestDatabase> {
  const database = await openDatabase("sqlite")
  opened.push(() => database.close())
  return database
}

const guard = { tenantProperty: "merchantId" } as const

function optionsOf(database: TestDatabase, entities: object = shopEntities()): DataSourceOptions {
  return {
    ...database.dataSourceOptions(),
    entities: Object.values(entities),
    synchronize: true,
  }
}

async function start(dataSource: DataSource): Promise<DataSource> {
  await dataSource.initialize()
  opened.push(async () => dataSource.isInitialized && dataSource.destroy())
  return dataSource
}

async function idsOfAda(dataSource: DataSource, tenant = 1): Promise<number[]> {
  const { result } = await collectLeaks(() =>
    withTenant(tenant, () =>
      dataSource
        .getRepository<Customer>("Customer")
        .findOneOrFail({ where: { id: 1 }, relations: { addresses: true } }),
    ),
  )
  return idsOf(result.addresses)
}

describe("what an application builds on TypeORM", () => {
  it("may be a subclass of DataSource with an initialize() of its own", async () => {
    const steps: string[] = []
    class ShopSource extends DataSource {
      override async initialize(): Promise<this> {
        steps.push("before")
        await super.initialize()
        steps.push("after")
        return this
      }
    }
    const database = await sqlite()
    const dataSource = withFailsafe(new ShopSource(optionsOf(database)), guard)

    expect(await dataSource.initialize()).toBe(dataSource)
    opened.push(() => dataSource.destroy())
    await seedShop(database)

    expect(steps).toEqual(["before", "after"])
    expect(await idsOfAda(dataSource)).toEqual([1, 3])
  })

  it("may be a factory that awaits a guarded DataSource, as NestJS makes one", async () => {
    const database = await sqlite()
    const provider = {
      provide: DataSource,
      useFactory: async (options: DataSourceOptions) =>
        start(withFailsafe(new DataSource({ ...options, synchronize: false }), guard)),
    }
    const tables = await start(new DataSource(optionsOf(database)))
    await tables.destroy()
    await seedShop(database)

    expect(await idsOfAda(await provider.useFactory(optionsOf(database)))).toEqual([1, 3])
  })

  it("may be repositories with methods of their own, and repositories of a transaction", async () => {
    const database = await sqlite()
    const dataSource = await start(withFailsafe(new DataSource(optionsOf(database)), guard))
    await seedShop(database)
    const customers = dataSource.getRepository<Customer>("Customer").extend({
      findAda(this: Repository<Customer>) {
        return this.findOneOrFail({ where: { id: 1 }, relations: { addresses: true } })
      },
    })

    const { result } = await collectLeaks(() =>
      withTenant(1, async () => [
        await customers.findAda(),
        await dataSource.transaction((manager: EntityManager) => manager.withRepository(customers).findAda()),
      ]),
    )

    expect(result.map(({ addresses }) => idsOf(addresses))).toEqual([
      [1, 3],
      [1, 3],
    ])
  })

  it("may be active records with finders of their own", async () => {
    @Entity()
    class Shelf extends BaseEntity {
      @PrimaryColumn({ type: "int" }) id!: number
      @OneToMany(() => Book, (book) => book.shelf) books!: Book[]

      static first(): Promise<Shelf> {
        return this.findOneOrFail({ where: { id: 1 }, relations: { books: true } })
      }
    }
    @Entity()
    class Book extends BaseEntity {
      @PrimaryColumn({ type: "int" }) id!: number
      @Column({ type: "int" }) merchantId!: number
      @ManyToOne(() => Shelf, (shelf) => shelf.books, { nullable: true })
      @JoinColumn({ name: "shelf_id" })
      shelf!: Shelf | null
    }
    const database = await sqlite()
    await start(withFailsafe(new DataSource(optionsOf(database, { Shelf, Book })), guard))
    await database.sql("insert into shelf (id) values (1)")
    await database.sql('insert into book (id, "merchantId", shelf_id) values (1, 1, 1), (2, 2, 1)')

    const { result, leaks } = await collectLeaks(() =>
      withTenant(1, async () => {
        const shelf = await Shelf.first()
        const built = await Shelf.createQueryBuilder("s").leftJoinAndSelect("s.books", "b").getOneOrFail()
        await shelf.save()
        return [idsOf(shelf.books), idsOf(built.books)]
      }),
    )

    expect(result).toEqual([[1], [1]])
    expect(await database.sql("select shelf_id from book")).toEqual([{ shelf_id: 1 }, { shelf_id: 1 }])
    expect(leaks.map(({ what }) => what)).toContain("dropped")
  })
})
