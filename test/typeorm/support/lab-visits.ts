import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from "typeorm"
import { openLab, type Lab, type LabOptions } from "./lab.ts"

/** A depot that belongs to nobody, with children whose key consists of their relations, which are no properties beside them. */
export function visitEntities() {
  @Entity()
  class Vehicle {
    @PrimaryColumn({ type: "int" }) id!: number
    @OneToMany(() => Visit, (visit) => visit.vehicle) visits!: Visit[]
  }

  @Entity()
  class Gate {
    @PrimaryColumn({ type: "int" }) id!: number
  }

  @Entity()
  class Visit {
    @PrimaryColumn({ type: "int", name: "vehicle_id" })
    @ManyToOne(() => Vehicle, (vehicle) => vehicle.visits)
    @JoinColumn({ name: "vehicle_id" })
    vehicle!: unknown

    @PrimaryColumn({ type: "int", name: "depot_id" })
    @ManyToOne(() => Depot, (depot) => depot.visits)
    @JoinColumn({ name: "depot_id" })
    depot!: unknown

    @ManyToOne(() => Gate, { nullable: true })
    @JoinColumn({ name: "gate_id" })
    gate!: Gate | null

    @Column({ type: "int", nullable: true, name: "merchant_id" }) merchantId!: number | null
  }

  @Entity()
  class Depot {
    @PrimaryColumn({ type: "int" }) id!: number
    @OneToMany(() => Visit, (visit) => visit.depot) visits!: Visit[]
  }

  return { Visit, Vehicle, Gate, Depot }
}

export type Visits = Lab & ReturnType<typeof visitEntities>

export interface DepotWithVisits {
  readonly visits: readonly object[]
}

/** The depot 1 has an own visit, a foreign and a shared one. */
export async function openVisits(options: LabOptions = {}): Promise<Visits> {
  const entities = visitEntities()
  const lab = await openLab(Object.values(entities), options)
  for (const statement of [
    "insert into depot (id) values (1), (2)",
    "insert into gate (id) values (1)",
    "insert into vehicle (id) values (1), (2), (3), (4)",
    "insert into visit (vehicle_id, depot_id, gate_id, merchant_id) values (1, 1, 1, 1), (2, 1, 1, 2), (3, 1, null, null), (4, 2, 1, 2)",
  ])
    await lab.database.sql(statement)
  return { ...lab, ...entities }
}
