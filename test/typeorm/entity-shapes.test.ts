import "reflect-metadata"
import { ChildEntity, Column, DataSource, Entity, PrimaryColumn, TableInheritance } from "typeorm"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { entityShapes } from "../../src/typeorm/entity-shapes.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"

abstract class Stored {
  @PrimaryColumn({ type: "int" })
  id!: number
}

@Entity()
@TableInheritance({ column: { type: "text", name: "kind" } })
class Animal extends Stored {
  @Column({ type: "int" })
  merchantId!: number
}

@ChildEntity()
class Cat extends Animal {}

@ChildEntity()
class Kitten extends Cat {}

@ChildEntity()
class Dog extends Animal {}

describe("the shapes of a single table hierarchy", () => {
  let database: TestDatabase
  let source: DataSource

  beforeAll(async () => {
    database = await openDatabase("sqlite")
    source = await new DataSource({
      ...database.dataSourceOptions(),
      entities: [Animal, Cat, Kitten, Dog],
    }).initialize()
  })

  afterAll(async () => {
    await source?.destroy()
    await database.close()
  })

  it("take what an entity derives from for its bases, and not what derives from it", () => {
    const bases = Object.fromEntries(entityShapes(source.entityMetadatas).map((shape) => [shape.name, shape.bases]))
    expect(bases).toEqual({
      Animal: ["Stored"],
      Cat: ["Animal", "Stored"],
      Kitten: ["Cat", "Animal", "Stored"],
      Dog: ["Animal", "Stored"],
    })
  })
})
