import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  TableInheritance,
  ViewColumn,
  ViewEntity,
} from "typeorm"
import { openLab, type Lab, type LabOptions } from "./lab.ts"

/** A depot that belongs to nobody, with children that are no ordinary rows. */
export function fleetEntities() {
  @Entity()
  @TableInheritance({ column: { name: "kind", type: "text" } })
  class Vehicle {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "int", nullable: true }) merchantId!: number | null
    @ManyToOne(() => Depot, (depot) => depot.vehicles) depot!: unknown
  }

  @ChildEntity("car")
  class Car extends Vehicle {
    @Column({ type: "int", nullable: true }) seats!: number | null
  }

  @ChildEntity("truck")
  class Truck extends Vehicle {
    @Column({ type: "int", nullable: true }) load!: number | null
  }

  @Entity()
  class Note {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "int", nullable: true }) merchantId!: number | null
    @DeleteDateColumn({ type: "text", nullable: true }) deletedAt!: string | null
    @ManyToOne(() => Depot, (depot) => depot.notes) depot!: unknown
  }

  @ViewEntity({
    name: "open_note",
    expression: 'SELECT n.id AS "noteId", n."merchantId" AS "merchantId", n."depotId" AS "depotId" FROM note n',
  })
  class OpenNote {
    @ViewColumn() noteId!: number
    @ViewColumn() merchantId!: number | null
    @ViewColumn() depotId!: number
  }

  @Entity()
  class Depot {
    @PrimaryColumn({ type: "int" }) id!: number
    @OneToMany(() => Vehicle, (vehicle) => vehicle.depot) vehicles!: Vehicle[]
    @OneToMany(() => Note, (note) => note.depot) notes!: Note[]
  }

  return { Vehicle, Car, Truck, Note, OpenNote, Depot }
}

export type Fleet = Lab & ReturnType<typeof fleetEntities>

export async function openFleet(options: LabOptions = {}): Promise<Fleet> {
  const entities = fleetEntities()
  const lab = await openLab(Object.values(entities), options)
  const { sql } = lab.database
  await sql("insert into depot (id) values (1), (2)")
  await sql(
    `insert into vehicle (id, kind, "merchantId", "depotId") values (1, 'car', 1, 1), (2, 'car', 2, 1), (3, 'truck', 2, 1), (4, 'truck', 1, 1)`,
  )
  await sql(
    `insert into note (id, "merchantId", "deletedAt", "depotId") values (1, 1, null, 1), (2, 2, null, 1), (3, 1, 'x', 1), (4, 2, 'x', 1)`,
  )
  return { ...lab, ...entities }
}
