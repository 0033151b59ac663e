import { isDeepStrictEqual } from "node:util"
import { copyOf, tableOf, type Graph, type Relation, type Row, type RowTenant, type Table } from "./graph.ts"
import { childrenOf, ownersOf, type Entity, type Hidden } from "./graph-held.ts"
import { isVisible, type ScopeStep } from "./graph-steps.ts"

/** TypeORM 0.3 compares what any cascade leads to; 1 only what the cascade of the operation leads to. */
const cascadesToAll = process.env["TENANT_FAILSAFE_TYPEORM"] === "0.3"

/** The stored children of an owner, of every tenant. */
export function storedRows(graph: Graph, relation: Relation, owner: number, withDeleted = false): Row[] {
  const rows = [...graph.rows[tableOf(relation)].values()]
  return rows
    .filter((row) => (relation === "tags" ? graph.links.has(`${owner}:${row.id}`) : row.parent === owner))
    .filter((row) => withDeleted || !row.isDeleted)
}

/** The rows that an owner's relation must show in a scope: the own and the shared ones. */
export function visibleRows(
  graph: Graph,
  scope: ScopeStep,
  relation: Relation,
  owner: number,
  withDeleted = false,
): Row[] {
  return storedRows(graph, relation, owner, withDeleted).filter((row) => isVisible(scope, row.tenant))
}

/** The tenant of a row that an entity stands for: the stored one or, for a row that is not stored yet, what it was made with. */
export function tenantOf(graph: Graph, table: Table, entity: Entity): RowTenant {
  const stored = graph.rows[table].get(entity.id!)
  if (stored !== undefined) return stored.tenant
  if (table !== "line") return (entity["merchantId"] ?? null) as RowTenant
  const product = entity["product"] as Entity | null | undefined
  return product == null ? null : graph.products[product.id! - 1]!
}

/** What `save` makes of the database: what the entities hold is applied, and what they were never shown stays as it is. */
export class ExpectedSave {
  readonly graph: Graph
  /** Whether children are missing of which nobody can tell whether they were shown. */
  isAmbiguous = false
  readonly #before: Graph
  readonly #scope: ScopeStep
  readonly #hidden: Hidden

  constructor(graph: Graph, scope: ScopeStep, hidden: Hidden) {
    this.graph = copyOf(graph)
    this.#before = graph
    this.#scope = scope
    this.#hidden = hidden
  }

  /** Whether rows of tenants are written, or children are missing of which nobody can tell: outside any scope, the save is refused. */
  get needsScope(): boolean {
    return this.isAmbiguous || !isDeepStrictEqual(this.graph.rows, this.#before.rows)
  }

  save(customers: readonly Entity[]): this {
    for (const customer of customers) {
      const id = customer.id!
      if (customer.name !== undefined) this.graph.customer.set(id, { name: customer.name, isDeleted: false })
      for (const relation of ["addresses", "notes", "purchases", "tags"] as const) this.#children(customer, relation)
      for (const purchase of ownersOf([customer], "lines")) this.#children(purchase, "lines")
      this.#profile(customer)
    }
    return this
  }

  /** Only the customers and their addresses are deleted along; the customers' other children are compared all the same. */
  softRemove(customers: readonly Entity[], isDeleted: boolean): this {
    for (const customer of customers) {
      for (const relation of ["addresses", "notes", "purchases", "tags"] as const)
        this.#removeMissing(customer, relation)
      if (cascadesToAll) for (const purchase of ownersOf([customer], "lines")) this.#removeMissing(purchase, "lines")
      this.#removeMissingProfile(customer)
      this.graph.customer.set(customer.id!, { ...this.graph.customer.get(customer.id!)!, isDeleted })
      for (const { id } of childrenOf(customer, "addresses") ?? []) {
        this.graph.rows.address.set(id!, { ...this.graph.rows.address.get(id!)!, isDeleted })
      }
    }
    return this
  }

  #children(owner: Entity, relation: Relation): void {
    this.#removeMissing(owner, relation)
    const rows = this.graph.rows[tableOf(relation)]
    for (const child of childrenOf(owner, relation) ?? []) {
      const stored = rows.get(child.id!)
      // Tags are inserted along and not updated.
      const text = (relation === "tags" ? stored?.text : child.text) ?? stored?.text ?? child.text!
      const tenant = tenantOf(this.graph, tableOf(relation), child)
      const parent = relation === "tags" ? null : owner.id!
      rows.set(child.id!, { id: child.id!, text, tenant, parent, isDeleted: stored?.isDeleted ?? false })
      if (relation === "tags") this.graph.links.add(`${owner.id}:${child.id}`)
      if (relation === "lines" && stored === undefined) {
        this.graph.productOf.set(child.id!, (child["product"] as Entity | null)?.id ?? null)
      }
    }
  }

  #removeMissing(owner: Entity, relation: Relation): void {
    const held = childrenOf(owner, relation)
    if (held === undefined) return
    for (const row of storedRows(this.#before, relation, owner.id!)) {
      if (held.some(({ id }) => id === row.id) || this.#hidden.has(owner, relation, row.id)) continue
      this.isAmbiguous = true
      if (!isVisible(this.#scope, row.tenant)) continue
      if (relation === "tags") this.graph.links.delete(`${owner.id}:${row.id}`)
      else if (relation === "notes") this.graph.rows.note.delete(row.id)
      else this.graph.rows[tableOf(relation)].set(row.id, { ...row, parent: null })
    }
  }

  #profile(customer: Entity): void {
    this.#removeMissingProfile(customer)
    const { profile } = customer
    if (profile === undefined || profile === null) return
    const stored = this.graph.rows.profile.get(profile.id!)
    const tenant = tenantOf(this.graph, "profile", profile)
    const text = profile.text ?? stored!.text
    this.graph.rows.profile.set(profile.id!, {
      id: profile.id!,
      text,
      tenant,
      parent: customer.id!,
      isDeleted: false,
    })
  }

  #removeMissingProfile({ id, profile }: Entity): void {
    if (profile !== null) return
    for (const row of this.#before.rows.profile.values()) {
      if (row.parent !== id) continue
      this.isAmbiguous = true
      if (isVisible(this.#scope, row.tenant)) this.graph.rows.profile.set(row.id, { ...row, parent: null })
    }
  }
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  // Order within a table tells nothing: Map and Set compare without it.
  if (isDeepStrictEqual(actual, expected)) return
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`)
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Map || inner instanceof Set ? [...inner] : inner,
  )
}
