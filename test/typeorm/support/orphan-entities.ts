import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  TableInheritance,
  VersionColumn,
} from "typeorm"
import { Labelled, named, Numbered, Owned, prefixed } from "./orphan-bases.ts"

type Row = object

/** Children without a deletion date can be saved with their parent, and not soft-removed. */
const saved: ("insert" | "update")[] = ["insert", "update"]

/** A customer who belongs to nobody, with children of every merchant; each relation is another way to lose a row. */
export function orphanEntities() {
  @Entity("address")
  class Address extends Numbered {
    @ManyToOne(() => Customer, "addresses") customer!: Customer | null
  }

  @Entity("invoice")
  class Invoice extends Numbered {
    @ManyToOne(() => Customer, "invoices", { nullable: false }) customer!: Customer
  }

  @Entity("line")
  class Line extends Numbered {
    @ManyToOne(() => Customer, "lines", { orphanedRowAction: "delete" }) customer!: Customer | null
  }

  @Entity("note")
  class Note extends Numbered {
    @DeleteDateColumn({ type: "timestamptz" }) deletedAt!: Date | null
    @ManyToOne(() => Customer, "notes", { orphanedRowAction: "soft-delete" }) customer!: Customer | null
  }

  @Entity("entry")
  class Entry extends Numbered {
    @ManyToOne(() => Customer, "entries", { orphanedRowAction: "disable" }) customer!: Customer | null
  }

  @Entity("view")
  class View extends Numbered {
    @ManyToOne(() => Customer, "views") customer!: Customer | null
  }

  @Entity("tag")
  class Tag extends Numbered {
    @ManyToMany(() => Customer, "tags") customers!: Customer[]
  }

  @Entity("team")
  class Team extends Numbered {
    @ManyToMany(() => Customer, "teams") @JoinTable({ name: "team_customer" }) customers!: Customer[]
  }

  @Entity("badge")
  class Badge extends Numbered {
    @ManyToMany(() => Customer, "badges", { lazy: true }) customers!: Promise<Customer[]>
  }

  @Entity("phone")
  class Phone extends Numbered {
    @ManyToOne(() => Customer, "phones") customer!: Customer | null
  }

  @Entity("purchase")
  class Purchase extends Numbered {
    @ManyToOne(() => Customer, "purchases", { lazy: true }) customer!: Promise<Customer | null>
  }

  @Entity("email")
  class Email extends Numbered {
    @ManyToOne(() => Customer, (customer) => customer.contact.emails) customer!: Customer | null
  }

  @Entity("seat")
  class Seat extends Owned {
    @PrimaryColumn({ type: "int" }) hall!: number
    @PrimaryColumn({ type: "text" }) place!: string
    @ManyToOne(() => Customer, "seats") customer!: Customer | null
  }

  @Entity("slot")
  class Slot extends Owned {
    @PrimaryColumn({ type: "int" }) id!: number
    @ManyToOne(() => Customer, "slots", { orphanedRowAction: "delete" })
    @JoinColumn({ name: "customerId" })
    customer!: Customer
    @PrimaryColumn({ type: "int" }) customerId!: number
  }

  @Entity("device")
  class Device extends Owned {
    @PrimaryColumn({ type: "uuid" }) id!: string
    @ManyToOne(() => Customer, "devices") customer!: Customer | null
  }

  @Entity("voucher")
  class Voucher extends Owned {
    @PrimaryColumn({ type: "text" }) id!: string
    @ManyToOne(() => Customer, "vouchers") customer!: Customer | null
  }

  @Entity("meter")
  class Meter extends Owned {
    @PrimaryColumn({ type: "bigint" }) id!: string
    @ManyToOne(() => Customer, "meters") customer!: Customer | null
  }

  @Entity("crate")
  class Crate extends Owned {
    @PrimaryColumn({ type: "int", transformer: named }) id!: string
    @ManyToOne(() => Customer, "crates") customer!: Customer | null
  }

  @Entity("payment")
  @TableInheritance({ column: { type: "text", name: "kind" } })
  class Payment extends Numbered {
    @ManyToOne(() => Customer, "payments") customer!: Customer | null
  }

  @ChildEntity("card")
  class CardPayment extends Payment {
    @Column({ type: "text", nullable: true }) card!: string | null
  }

  @ChildEntity("cash")
  class CashPayment extends Payment {
    @Column({ type: "text", nullable: true }) till!: string | null
  }

  @Entity("student")
  class Student extends Numbered {}

  @Entity("enrolment")
  class Enrolment extends Labelled {
    @PrimaryColumn({ type: "int" }) id!: number
    @ManyToOne(() => Student) student!: Student | null
    @ManyToOne(() => Customer, "enrolments") customer!: Customer | null
  }

  @Entity("site")
  class Site extends Labelled {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "text", nullable: true, transformer: prefixed }) merchantId!: number | null
    @ManyToOne(() => Customer, "sites") customer!: Customer | null
  }

  @Entity("secret")
  class Secret extends Labelled {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "int", nullable: true, select: false }) merchantId!: number | null
    @ManyToOne(() => Customer, "secrets") customer!: Customer | null
  }

  @Entity("offer")
  class Offer extends Numbered {
    @ManyToOne(() => Customer, "offers")
    @JoinColumn({ name: "customerCode", referencedColumnName: "code" })
    customer!: Customer | null
  }

  @Entity("profile")
  class Profile extends Numbered {
    @OneToOne(() => Customer, "profile") @JoinColumn() customer!: Customer | null
  }

  class Contact {
    @Column({ type: "text", nullable: true }) city!: string | null
    @OneToMany(() => Email, "customer") emails!: Email[] | null
  }

  @Entity("customer")
  class Customer {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "text", unique: true }) code!: string
    @Column({ type: "text" }) name!: string
    @VersionColumn({ type: "int" }) version!: number
    @DeleteDateColumn({ type: "timestamptz" }) deletedAt!: Date | null
    @Column(() => Contact) contact!: Contact
    @ManyToOne(() => Region, "customers") region!: Row | null
    @OneToOne(() => Profile, "customer") profile!: Profile | null
    @OneToMany(() => Address, "customer") addresses!: Address[] | null
    @OneToMany(() => Invoice, "customer", { cascade: saved }) invoices!: Invoice[] | null
    @OneToMany(() => Line, "customer", { cascade: saved }) lines!: Line[] | null
    @OneToMany(() => Note, "customer", { cascade: true }) notes!: Note[] | null
    @OneToMany(() => Entry, "customer", { cascade: ["insert"] }) entries!: Entry[] | null
    @OneToMany(() => View, "customer", { persistence: false }) views!: View[] | null
    @ManyToMany(() => Tag, "customers", { cascade: saved }) @JoinTable({ name: "customer_tag" }) tags!: Tag[] | null
    @ManyToMany(() => Team, "customers") teams!: Team[] | null
    @ManyToMany(() => Badge, "customers", { lazy: true })
    @JoinTable({ name: "customer_badge" })
    badges!: Promise<Badge[] | null>
    @OneToMany(() => Phone, "customer", { eager: true, cascade: ["update"] }) phones!: Phone[] | null
    @OneToMany(() => Purchase, "customer", { lazy: true, cascade: saved }) purchases!: Promise<Purchase[] | null>
    @OneToMany(() => Seat, "customer", { cascade: saved }) seats!: Seat[] | null
    @OneToMany(() => Slot, "customer", { cascade: saved }) slots!: Slot[] | null
    @OneToMany(() => Device, "customer") devices!: Device[] | null
    @OneToMany(() => Voucher, "customer", { cascade: saved }) vouchers!: Voucher[] | null
    @OneToMany(() => Meter, "customer", { cascade: saved }) meters!: Meter[] | null
    @OneToMany(() => Crate, "customer") crates!: Crate[] | null
    @OneToMany(() => Payment, "customer", { cascade: saved }) payments!: Payment[] | null
    @OneToMany(() => Enrolment, "customer") enrolments!: Enrolment[] | null
    @OneToMany(() => Site, "customer") sites!: Site[] | null
    @OneToMany(() => Secret, "customer", { cascade: saved }) secrets!: Secret[] | null
    @OneToMany(() => Offer, "customer") offers!: Offer[] | null
  }

  @Entity("region")
  class Region {
    @PrimaryColumn({ type: "int" }) id!: number
    @Column({ type: "text" }) name!: string
    @OneToMany(() => Customer, "region", { cascade: saved }) customers!: Customer[]
  }

  const many = {
    Address,
    Invoice,
    Line,
    Note,
    Entry,
    View,
    Tag,
    Team,
    Badge,
    Phone,
    Purchase,
    Email,
    Seat,
    Slot,
    Device,
  }
  const more = { Voucher, Meter, Crate, Payment, CardPayment, CashPayment, Enrolment, Site, Secret, Offer }
  return { Customer, Region, Student, Profile, ...many, ...more }
}

export type OrphanEntities = ReturnType<typeof orphanEntities>
