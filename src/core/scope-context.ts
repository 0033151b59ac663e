import { tenantKey, type TenantId } from "./tenant-id.ts"

/** The scope that code runs in, as `currentScope()` returns it: frozen plain data. */
export type Scope =
  | { readonly kind: "tenant"; readonly tenant: TenantId }
  | { readonly kind: "tenants"; readonly tenants: readonly TenantId[]; readonly reason: string }
  | { readonly kind: "bypass"; readonly reason: string }

/** Sees the reports of everything that runs below it. */
export interface Observer {
  (report: object): void
  /** Is told of a report that comes later, when the promise resolves. */
  readonly expect?: (report: Promise<void>) => void
}

/** What the storage holds. Plain data without methods, because another copy of the package may read it. */
export interface ScopeContext {
  readonly scope: Scope | undefined
  /** Identity of the scope, equal for equal scopes; undefined outside any scope. */
  readonly key: string | undefined
  /** Normalised keys of the tenants that are own: undefined in a bypass, empty outside any scope. */
  readonly owned: ReadonlySet<string> | undefined
  readonly observers: readonly Observer[]
  /** Identity of the load in progress, for the adapter that set it. */
  readonly load: object | undefined
  /** Whether the scope is still to be decided. */
  readonly isPending: boolean | undefined
  /** Tells the template of the route that the request took, once it is known. */
  readonly route: Route | undefined
  /** For an adapter's own look-up: the context that it happens in. The database is told the tenants of that one. */
  readonly lookUpIn?: { readonly context: ScopeContext | undefined } | undefined
}

/** Must not keep the request alive: a callback that is bound to a scope may outlive it. */
export type Route = () => string | undefined

const noObservers: readonly Observer[] = Object.freeze([])

/** Builds the frozen context of a scope, without a load. */
export function contextFor(
  scope: Scope | undefined,
  observers: readonly Observer[] = noObservers,
  route?: Route,
): ScopeContext {
  const owned = ownedKeys(scope)
  return Object.freeze({
    scope: Object.freeze(scope),
    key: identityOf(scope, owned),
    owned,
    observers,
    load: undefined,
    isPending: undefined,
    route,
  })
}

/** A context without a scope, which becomes another one, once: whoever runs in it is then in that one's scope. */
export function pendingContext(
  observers?: readonly Observer[],
  route?: Route,
): {
  readonly context: ScopeContext
  become(other: ScopeContext): void
} {
  const context = { ...contextFor(undefined, observers, route), isPending: true }
  return { context, become: (other) => void Object.freeze(Object.assign(context, other)) }
}

/** The same context, seen by these observers too. */
export function observedBy(context: ScopeContext, observers: readonly Observer[]): ScopeContext {
  const added = observers.filter((observer) => !context.observers.includes(observer))
  if (added.length === 0) return context
  return Object.freeze({ ...context, observers: Object.freeze([...context.observers, ...added]) })
}

/** The same context while a load is in progress, or none. */
export function loadingIn(context: ScopeContext | undefined, load: object | undefined): ScopeContext {
  return {
    scope: context?.scope,
    key: context?.key,
    owned: context?.owned,
    observers: context?.observers ?? noObservers,
    load,
    isPending: context?.isPending,
    route: context?.route,
    lookUpIn: context?.lookUpIn,
  }
}

/** Whether a context already owns all that a tenant or set scope would own. */
export function isWithin(scope: Scope, around: ScopeContext): boolean {
  const { owned } = around
  return owned === undefined || [...(ownedKeys(scope) ?? [])].every((key) => owned.has(key))
}

function ownedKeys(scope: Scope | undefined): ReadonlySet<string> | undefined {
  // Empty and not undefined: an adapter that forgets to ask for the scope then owns nothing instead of everything.
  if (scope === undefined) return new Set()
  if (scope.kind === "bypass") return undefined
  if (scope.kind === "tenants") return new Set(scope.tenants.map(tenantKey))
  // Once per request: an array to begin with would cost as much again.
  return new Set<string>().add(tenantKey(scope.tenant))
}

function identityOf(scope: Scope | undefined, owned: ReadonlySet<string> = new Set()): string | undefined {
  if (scope === undefined) return undefined
  if (scope.kind === "bypass") return "bypass"
  if (scope.kind === "tenant") return `tenant:${escapeComma(tenantKey(scope.tenant))}`
  return `${scope.kind}:${[...owned].map(escapeComma).toSorted().join(",")}`
}

function escapeComma(key: string): string {
  return /[%,]/.test(key) ? key.replace(/[%,]/g, encodeURIComponent) : key
}
