import type { TenantId } from "../../../src/index.ts"
import type { FailsafeOptions } from "../../../src/core/options.ts"
import type { TestDatabase } from "../../support/databases.ts"
import type { EntityName, OwnedEntity } from "./schema.ts"

/** What an ORM brings to the suite of the write guard. The suite brings tables, rows, scopes and expectations. */
export interface GuardHarness<Session, Manager> {
  readonly orm: "mikro-orm" | "typeorm"
  /** Opens the ORM over the tables of `schema.ts`, with one connection: what the guard looks up must not wait for a second one. */
  open(db: TestDatabase, guard: Guard, hook?: Hook): Promise<Session>
  close(session: Session): Promise<void>
  /** A manager that knows nothing yet. */
  manager(session: Session): Manager
  /** Runs in a transaction that the application opened. */
  transaction<R>(session: Session, run: (manager: Manager) => Promise<R>): Promise<R>
  /** Lets go of what a refused write left pending in a manager. */
  forget(manager: Manager): void
  /** Every statement that the session sent so far. */
  statements(session: Session): readonly string[]

  /** Set the label of a stored row to `"changed"`. */
  readonly updates: Ways<RequiredUpdate, Way<[manager: Manager, row: StoredRow]>>
  /** Delete a stored row, as an entity. */
  readonly deletes: Ways<RequiredDelete, Way<[manager: Manager, row: StoredRow]>>
  /** Insert rows with the label `"new"`. */
  readonly inserts: Ways<RequiredInsert, Way<[manager: Manager, rows: readonly NewRow[]]>>
  /** Insert customer 100 with address 100, and parcel 100 of that address, by one write of the customer. */
  insertNested(manager: Manager, tenants: NestedTenants): Promise<void>
  /** Set the label of rows to `"changed"` by one statement. */
  readonly bulkUpdates: Ways<RequiredBulk, Way<[manager: Manager, entity: OwnedEntity, condition: Condition]>>
  /** Delete rows by one statement. */
  readonly bulkDeletes: Ways<RequiredBulk, Way<[manager: Manager, entity: EntityName, condition: Condition]>>
  /** Change parcels by one statement in ways that only one ORM has. */
  readonly parcelUpdates?: Readonly<Record<string, Way<[manager: Manager, condition: Condition]>>>
  /** Insert rows, or update those that are there. */
  readonly upserts: Ways<
    RequiredUpsert,
    Way<[manager: Manager, products: readonly UpsertedProduct[], conflict: Conflict]>
  >
  /** Give stored rows another tenant. */
  readonly moves: Ways<RequiredMove, Way<[manager: Manager, row: StoredRow, tenant: TenantId | null]>>
  /** Set the to-one relation of a stored row. */
  readonly links: Ways<RequiredLink, Way<[manager: Manager, link: Link, target: number | null]>>
  /** Add a tag to a customer or a product. */
  readonly joins: Ways<RequiredSide, Way<[manager: Manager, join: Join]>>
  /** Take a tag away from a customer or a product. */
  readonly parts: Ways<RequiredSide, Way<[manager: Manager, join: Join]>>
  /** Add a stored address to the loaded addresses of a customer. */
  readonly adoptions: Ways<"collection", Way<[manager: Manager, customer: number, address: number]>>
  /** Save a customer whose loaded addresses hold the address, whose label was set to `"changed"`. */
  cascade(manager: Manager, customer: number, address: number): Promise<void>
  /** Empty a table. */
  truncate(manager: Manager, entity: EntityName): Promise<void>
  /** Change the labels of address 11 and 21 at once, and insert address 100; then, once 21 was put right, write again. */
  mixed(manager: Manager): Promise<{ readonly first: () => Promise<void>; readonly mended: () => Promise<void> }>
  /** Set the label of a customer, which no tenant owns, to `"changed"`. */
  updateUnowned(manager: Manager, customer: number): Promise<void>
  /** Set the labels of own rows, all at once: each entity is found by one query first, or not loaded at all. */
  updateSeveral(manager: Manager, rows: readonly StoredRow[], isLoaded: boolean): Promise<void>
}

/** The failsafe with these options beside the domain's own, or by name a naive guard; `"vanilla"` is none. */
export type Guard = Partial<FailsafeOptions> | string

/**
 * What a listener of the application does to every row right before it is written: it gives it to merchant 2, or links it, a parcel, to
 * the address 21.
 */
export type Hook = "gives it away" | "links it"

/** The keys that every ORM owes, and those that only one ORM has. */
export type Ways<Required extends string, Run> = Readonly<Record<Required, Run>> & Readonly<Record<string, Run>>

/** One way to write. */
export interface Way<Args extends readonly unknown[]> {
  (...args: Args): Promise<void>
  /** The entities that can be written this way: all of them unless given. */
  readonly over?: readonly EntityName[]
  /** Whether the object claims a tenant: then it is no way to write a shared row. */
  readonly isClaiming?: boolean
}

/** Declares what a way cannot do. */
export function limited<Args extends readonly unknown[]>(
  way: (...args: Args) => Promise<void>,
  limits: Pick<Way<Args>, "over" | "isClaiming">,
): Way<Args> {
  return Object.assign((...args: Args) => way(...args), limits)
}

/** Whether an entity can be written in a way. */
export function fits(way: Way<never>, entity: EntityName): boolean {
  return way.over?.includes(entity) ?? true
}

export interface StoredRow {
  readonly entity: EntityName
  readonly id: number
}

/** A row to insert; `tenant` undefined leaves it out, null says null. An enrolment of tenant 2 is one of student 21. */
export interface NewRow extends StoredRow {
  readonly tenant?: TenantId | null
  readonly links?: Readonly<Record<string, number>>
}

export interface NestedTenants {
  readonly address?: TenantId
  readonly parcel?: TenantId
}

/** Which rows a statement is about. */
export type Condition =
  | { readonly kind: "keys"; readonly ids: readonly number[] }
  /** One or the other, with `or` at the top. */
  | { readonly kind: "either"; readonly ids: readonly [number, number] }
  | { readonly kind: "all" }
  /** The addresses of a customer, told by the relation. */
  | { readonly kind: "customer"; readonly id: number }

export interface UpsertedProduct {
  readonly id: number
  readonly sku: string
  readonly label: string
  readonly tenant?: TenantId
}

export type Conflict = "id" | "sku"

/** A to-one relation of a stored row. */
export interface Link extends StoredRow {
  readonly relation: string
  readonly target: OwnedEntity
}

/** A link of the many-to-many relations `Customer.tags` and `Product.tags`, whose inverse sides are `Tag.customers` and `Tag.products`. */
export interface Join {
  readonly owner: "Customer" | "Product"
  readonly id: number
  readonly tag: number
}

export type RequiredUpdate = "loaded" | "loaded in withoutTenant" | "without loading" | "claiming the own tenant"
export type RequiredDelete = "loaded" | "loaded in withoutTenant" | "without loading"
export type RequiredInsert = "as entities" | "as data" | "query builder"
export type RequiredBulk = "manager" | "query builder"
export type RequiredUpsert = "manager" | "query builder"
export type RequiredMove = "loaded" | "without loading" | "bulk" | "query builder"
export type RequiredLink = "object" | "reference" | "key" | "bulk"
export type RequiredSide = "owner side" | "inverse side"
