import type { EntityManager, ObjectLiteral, Repository } from "typeorm"
import type { RelationMetadata } from "typeorm/metadata/RelationMetadata.js"
import { withoutTenant } from "../../../src/index.ts"
import type { Hazard } from "./orphan-hazards.ts"
import { newChild, type Side } from "./orphan-world.ts"

export type Row = ObjectLiteral

/** What a scenario does its work with: one relation of the customer, on one DataSource. */
export class Session {
  readonly side: Side
  readonly hazard: Hazard
  readonly customers: Repository<Row>
  readonly children: Repository<Row>

  constructor(side: Side, hazard: Hazard, manager: EntityManager = side.dataSource.manager) {
    this.side = side
    this.hazard = hazard
    this.customers = manager.getRepository<Row>(side.entities.Customer)
    this.children = manager.getRepository<Row>(side.entities[hazard.child as "Address"])
  }

  /** The same work through another manager: one of a transaction. */
  with(manager: EntityManager): Session {
    return new Session(this.side, this.hazard, manager)
  }

  get relation(): RelationMetadata {
    return this.customers.metadata.findRelationWithPropertyPath(this.hazard.path)!
  }

  /** A customer with the relation. */
  async load(id = 1, customers = this.customers): Promise<Row> {
    const { path, lazy } = this.hazard
    const relations = lazy ? {} : path.split(".").reduceRight<object | true>((rest, name) => ({ [name]: rest }), true)
    const customer = await customers.findOneOrFail({ where: { id }, relations: relations as object })
    if (lazy) await customer[path]
    return customer
  }

  /** The children that a customer shows. */
  of(customer: Row): Row[] {
    return this.relation.getEntityValue(customer) as Row[]
  }

  own(customer: Row): Row[] {
    const own = this.of(customer).filter((child) => String(child["label"]).startsWith("own"))
    return own.toSorted((a, b) => String(a["label"]).localeCompare(String(b["label"])))
  }

  /** Assigns what an application would: a promise where the relation is lazy. */
  async assign(customer: Row, children: readonly Row[] | null): Promise<void> {
    const { path, lazy } = this.hazard
    const names = path.split(".")
    const last = names.pop()!
    const holder = names.reduce<Row>((object, name) => (object[name] ??= {}) as Row, customer)
    if (lazy && typeof customer["then"] !== "function" && last in customer) holder[last] = Promise.resolve(children)
    else holder[lazy ? `__${last}__` : last] = children
    if (lazy) await holder[last]
  }

  async without(customer: Row, isGone: (child: Row) => boolean): Promise<void> {
    await this.assign(
      customer,
      this.of(customer).filter((child) => !isGone(child)),
    )
  }

  /** An object that the application wrote by hand. */
  async plain(children: readonly Row[] | null, id = 1): Promise<Row> {
    const customer: Row = this.hazard.path === "offers" ? { id, code: `c-${id}` } : { id }
    await this.assign(customer, children)
    return customer
  }

  /** A new own child, saved already where the relation does not cascade. */
  async added(number = 90, customer = 1): Promise<Row> {
    const child = newChild(this.side, this.hazard, number, 1, customer)
    if (this.relation.isCascadeInsert) return child
    return withoutTenant("arrangement", () => this.children.save(child))
  }

  save(customer: Row): Promise<Row> {
    return this.customers.save(customer)
  }
}

/** JSON there and back, as through a browser. */
export function roundTrip(value: Row): Row {
  return JSON.parse(JSON.stringify(value)) as Row
}
