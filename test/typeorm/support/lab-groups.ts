import {
  ChildEntity,
  Column,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  RelationId,
  TableInheritance,
} from "typeorm"
import type { FailsafeOptions } from "../../../src/typeorm/index.ts"
import type { TestDatabase } from "../../support/databases.ts"
import { openLab, type Lab, type LabOptions } from "./lab.ts"

/** A group that belongs to nobody, with children of every shape of key and tenant; `hasIds` puts their ids on it as properties. */
export function groupEntities({ hasIds = false }: { hasIds?: boolean } = {}) {
  const Ids = hasIds ? RelationId : () => () => {}

  @Entity()
  class Unit {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "int", nullable: true }) merchantId!: number | null
  }

  // Its tenant is its unit's.
  @Entity()
  class Member {
    @PrimaryColumn({ type: "int" }) id!: number
    @ManyToOne(() => Unit, { nullable: true }) unit!: Unit | null
    @ManyToOne(() => Group, (group) => group.members) group!: unknown
  }

  @Entity()
  class Slot {
    @PrimaryColumn({ type: "int" }) line!: number
    @PrimaryColumn({ type: "int" }) place!: number
    @Column({ type: "int", nullable: true }) merchantId!: number | null
    @ManyToOne(() => Group, (group) => group.slots) group!: unknown
  }

  @Entity()
  class Badge {
    @PrimaryColumn({ type: "text" }) region!: string
    @PrimaryColumn({ type: "int" }) code!: number
    @Column({ type: "int", nullable: true }) merchantId!: number | null
    @ManyToMany(() => Group, (group) => group.badges) groups!: unknown[]
    @Ids((badge: Badge) => badge.groups) groupIds!: number[]
  }

  @Entity()
  @TableInheritance({ column: { name: "kind", type: "text" } })
  class Vehicle {
    @PrimaryColumn({ type: "int" }) id!: number
    @ManyToOne(() => Group, (group) => group.vehicles) group!: unknown
  }

  @ChildEntity("car")
  class Car extends Vehicle {
    @Column({ type: "int", nullable: true }) merchantId!: number | null
  }

  // Everybody's.
  @ChildEntity("truck")
  class Truck extends Vehicle {}

  @Entity()
  class Charter {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "int", nullable: true }) merchantId!: number | null
    @OneToOne(() => Group, (group) => group.charter)
    @JoinColumn()
    group!: unknown
  }

  @Entity()
  class Group {
    @PrimaryColumn({ type: "int" }) id!: number
    @OneToMany(() => Member, (member) => member.group) members!: Member[]
    @OneToMany(() => Slot, (slot) => slot.group) slots!: Slot[]
    @ManyToMany(() => Badge, (badge) => badge.groups)
    @JoinTable({ name: "group_badge" })
    badges!: Badge[]
    @OneToMany(() => Vehicle, (vehicle) => vehicle.group) vehicles!: Vehicle[]
    @OneToOne(() => Charter, (charter) => charter.group) charter!: Charter | null

    @Ids((group: Group) => group.members) memberIds!: number[]
    @Ids((group: Group) => group.slots) slotIds!: object[]
    @Ids((group: Group) => group.badges) badgeIds!: object[]
    @Ids((group: Group) => group.vehicles) vehicleIds!: number[]
    @Ids((group: Group) => group.charter) charterId!: number
  }

  return { Unit, Member, Slot, Badge, Vehicle, Car, Truck, Charter, Group }
}

export type Groups = Lab & ReturnType<typeof groupEntities>

const groupOptions: Partial<FailsafeOptions> = { entities: { Member: "unit.merchantId" } }

export async function openGroups({
  failsafe = {},
  hasIds = false,
  ...options
}: LabOptions & { hasIds?: boolean } = {}): Promise<Groups> {
  const entities = groupEntities({ hasIds })
  const guarded = failsafe === null ? null : { ...groupOptions, ...failsafe }
  const lab = await openLab(Object.values(entities), { failsafe: guarded, ...options })
  await seed(lab.database)
  return { ...lab, ...entities }
}

/** Of each kind: 1 is own, 2 is foreign, 3 is shared; 4 belongs to the other group. */
async function seed({ sql }: TestDatabase): Promise<void> {
  await sql('insert into "group" (id) values (1), (2)')
  await sql('insert into unit (id, "merchantId") values (1, 1), (2, 2), (3, null)')
  await sql('insert into member (id, "unitId", "groupId") values (1, 1, 1), (2, 2, 1), (3, null, 1), (4, 1, 2)')
  await sql(
    'insert into slot (line, place, "merchantId", "groupId") values (1, 1, 1, 1), (1, 2, 2, 1), (2, 1, null, 1), (2, 2, 1, 2)',
  )
  await sql(`insert into badge (region, code, "merchantId") values ('a', 1, 1), ('a', 2, 2), ('b', 1, null)`)
  await sql(
    `insert into group_badge ("groupId", "badgeRegion", "badgeCode") values (1, 'a', 1), (1, 'a', 2), (1, 'b', 1), (2, 'a', 2)`,
  )
  await sql(
    `insert into vehicle (id, kind, "merchantId", "groupId") values (1, 'car', 1, 1), (2, 'car', 2, 1), (3, 'truck', null, 1), (4, 'car', 1, 2)`,
  )
  await sql('insert into charter (id, "merchantId", "groupId") values (1, 2, 1), (2, 1, 2)')
}
