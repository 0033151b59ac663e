import { tableOf, type Graph, type Relation } from "./graph.ts"
import { childrenOf, ownersOf, setChildren, type Entity } from "./graph-held.ts"
import { tenantOf } from "./graph-oracle.ts"
import { isVisible, type EditStep, type ScopeStep } from "./graph-steps.ts"

/** What an edit needs to know. */
export interface EditContext {
  readonly held: readonly Entity[]
  readonly graph: Graph
  readonly scope: ScopeStep
  newId(): number
}

/** Edits what is held, as an application may: it changes rows that it may see, and takes away whatever it holds. */
export function edit(context: EditContext, step: EditStep): void {
  const { held, graph, scope } = context
  const { relation, picks } = step
  const [first = 0, second = 0, third = 0] = picks
  if (step.edit === "name" || step.edit === "profile text" || step.edit === "profile null") {
    const customer = held[first % held.length]
    if (customer !== undefined) editCustomer(context, customer, step.edit, third)
    return
  }
  const owners = ownersOf(held, relation).filter((owner) => childrenOf(owner, relation) !== undefined)
  const owner = owners[first % owners.length]
  if (owner === undefined) return
  const children = childrenOf(owner, relation)!
  const child = children[second % children.length]
  // An own line of a foreign purchase, held from another scope, would be refused.
  const isRefused = relation === "lines" && !isVisible(scope, tenantOf(graph, "purchase", owner))
  if (isRefused && (step.edit === "add" || step.edit === "replace")) return
  switch (step.edit) {
    case "rename":
      if (relation === "tags" || child === undefined || !isVisible(scope, tenantOf(graph, tableOf(relation), child)))
        return
      child.text = `renamed ${context.newId()}`
      return
    case "add":
      setChildren(owner, relation, [...children, ...newChildren(context, relation, third)])
      return
    case "remove":
      setChildren(
        owner,
        relation,
        children.filter((other) => other !== child),
      )
      return
    case "clear":
      setChildren(owner, relation, [])
      return
    case "null":
      setChildren(owner, relation, null)
      return
    case "replace":
      setChildren(owner, relation, [...newChildren(context, relation, third), ...children.slice(0, 1)])
      return
    case "link": {
      const others = [...graph.rows.tag.values()].filter(
        (tag) => isVisible(scope, tag.tenant) && !children.some(({ id }) => id === tag.id),
      )
      if (relation !== "tags" || others.length === 0) return
      setChildren(owner, relation, [...children, { id: others[third % others.length]!.id }])
    }
  }
}

function editCustomer(
  context: EditContext,
  customer: Entity,
  kind: "name" | "profile text" | "profile null",
  pick: number,
): void {
  const { profile } = customer
  const { scope, graph } = context
  if (kind === "name") {
    customer.name = `name ${context.newId()}`
  } else if (profile === undefined) {
    // Not loaded.
  } else if (kind === "profile null") {
    customer.profile = null
  } else if (profile === null) {
    const isFree = [...graph.rows.profile.values()].every((row) => row.parent !== customer.id)
    if (isFree) customer.profile = newRow(context, pick)
  } else {
    if (isVisible(scope, tenantOf(graph, "profile", profile))) profile.text = `renamed ${context.newId()}`
  }
}

/** A new row; none where there is nothing that it could belong to. */
function newChildren(context: EditContext, relation: Relation, pick: number): Entity[] {
  if (relation === "addresses") {
    const child = newRow(context, pick)
    // The database makes the key.
    delete child.id
    return [child]
  }
  if (relation !== "lines") return [newRow(context, pick)]
  const { graph, scope } = context
  // A new line of a shared product, or of none, would be shared by all.
  const products = [...graph.products.keys(), null].filter((index) => {
    const tenant = index === null ? null : graph.products[index]!
    return isVisible(scope, tenant) && (tenant !== null || !isConfined(scope))
  })
  if (products.length === 0) return []
  const product = products[pick % products.length]!
  const id = context.newId()
  return [{ id, text: `new ${id}`, product: product === null ? null : { id: product + 1 } }]
}

function newRow({ scope, newId }: EditContext, pick: number): Entity {
  // Of several tenants, a new row must name its own.
  const named = ([0, 1, 2, 3, null] as const).filter((tenant) => tenant !== null || scope[0] !== "set")
  const own = named.filter((tenant) => isVisible(scope, tenant))
  const tenant = own[pick % own.length]!
  const id = newId()
  return { id, text: `new ${id}`, merchantId: tenant }
}

function isConfined([kind]: ScopeStep): boolean {
  return kind === "tenant" || kind === "switch" || kind === "set"
}
