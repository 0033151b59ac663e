// What TypeORM makes of the rows of its entities, by their names.

export interface Customer {
  id: number
  name: string
  addresses: Address[]
  notes: Note[]
  letters: Promise<Letter[]>
  orders: Order[]
  accounts: Account[]
  devices: Device[]
  lines: Line[]
  tickets: Ticket[]
  parcels: Parcel[]
  enrolments: Enrolment[]
  marks: Mark[]
  visits: Visit[]
  seats: Seat[]
  tags: Tag[]
  labels: Label[]
}

interface Owned {
  id: number
  customer: Customer | null
}

export interface Address extends Owned {
  merchantId: number | null
}

export interface Letter extends Owned {
  merchantId: number | null
}

export interface Order extends Owned {
  merchantId: number | null
}

export interface Note extends Owned {
  merchantId: number
}

export interface Merchant {
  id: number
}

export interface Account extends Owned {
  merchant: Merchant | null
}

export interface Device extends Owned {
  scope: { merchantId: number | null }
}

export interface Line {
  series: string
  number: number
  merchantId: number | null
  customer: Customer
}

export interface Ticket extends Owned {
  merchantId: string
}

export interface Parcel extends Owned {
  merchantId: string
}

export interface Student {
  id: number
  school: number | null
  reports: Report[]
}

export interface Report {
  id: number
  student: Student
}

export interface Mark extends Owned {
  enrolment: Enrolment
}

export interface Enrolment extends Owned {
  student: Student | null
}

export interface Pupil {
  id: number
  academy: Merchant
}

export interface Visit extends Owned {
  pupil: Pupil | null
}

export interface Seat extends Owned {
  pupil: Pupil
}

export interface Tag {
  id: number
  merchantId: number | null
  customers: Customer[]
}

export interface Label {
  id: number
  merchantId: number
  customers: Customer[]
}

export interface Partner {
  id: number
  merchantId: number | null
  partners: Partner[]
  partnerOf: Partner[]
}
