import { AsyncLocalStorage } from "node:async_hooks"
import { publishBypass } from "./bypass-channel.ts"
import { TenantFailsafeError } from "./errors.ts"
import { assertCallable, parseReason, parseTenants } from "./scope-arguments.ts"
import {
  contextFor,
  isWithin,
  observedBy,
  type Observer,
  type Route,
  type Scope,
  type ScopeContext,
} from "./scope-context.ts"
import { parseTenantId, type TenantId } from "./tenant-id.ts"

export type { Scope, ScopeContext } from "./scope-context.ts"

/**
 * Runs `run` as `tenant`: all it calls and awaits belongs to that tenant. Returns what `run` returns; the scope around
 * it is back as soon as `run` returned or threw. Arguments are checked before `run` is called.
 *
 * Inside `withTenants` it narrows to one member of the set. A job that walks over tenants calls it from no scope, or
 * from `withoutTenant`.
 *
 * The scope follows calls, not values: a lazy thenable (a query builder that starts when it is awaited) that `run`
 * returns without awaiting starts outside. Write `withTenant(id, async () => await query)`.
 *
 * @throws TenantFailsafeError `TENANT_INVALID` when `tenant` is no id; `TENANT_SWITCH` inside the scope of another
 * tenant, or of a set that lacks this one
 *
 * @example
 * app.get("/customers/:id", (req, res, next) => {
 *   withTenant(req.user.merchantId, async () => res.json(await loadCustomer(req.params.id))).catch(next)
 * })
 */
export function withTenant<R>(tenant: TenantId, run: () => R): R {
  const call = "withTenant(tenant, run)"
  const scope: Scope = { kind: "tenant", tenant: parseTenantId(tenant, call) }
  assertCallable(run, call)
  assertWithinScope(scope, call)
  return runScoped(scope, run)
}

/**
 * Runs `run` in a restricted cross-tenant scope: rows of exactly these tenants are own. `reason` is published on the
 * channel `tenant-failsafe:bypass`. Ids that name the same tenant collapse into the first of them.
 *
 * Inside `withTenants` only a subset is allowed, inside `withTenant` only the tenant that is current.
 *
 * @throws TenantFailsafeError `TENANT_INVALID` when `tenants` is empty, no array or Set, or holds something that is no
 * id; `REASON_MISSING` when `reason` is blank; `TENANT_SWITCH` when the scope around it does not own them all
 *
 * @example
 * const totals = await withTenants([1, 2], "group report of the holding", () => loadTotals())
 */
export function withTenants<R>(tenants: readonly TenantId[] | ReadonlySet<TenantId>, reason: string, run: () => R): R {
  const call = "withTenants(tenants, reason, run)"
  const members = parseTenants(tenants, call)
  const scope: Scope = { kind: "tenants", tenants: Object.freeze(members), reason: parseReason(reason, call) }
  assertCallable(run, call)
  assertWithinScope(scope, call)
  publishScope("tenants", reason, members.length)
  return runScoped(scope, run)
}

/**
 * Runs `run` past the tenant guard, from anywhere: it sees every tenant. `reason` is published on the channel
 * `tenant-failsafe:bypass`.
 *
 * @throws TenantFailsafeError `REASON_MISSING` when `reason` is blank
 *
 * @example
 * await withoutTenant("nightly invoice export", () => exportAll())
 */
export function withoutTenant<R>(reason: string, run: () => R): R {
  const call = "withoutTenant(reason, run)"
  const scope: Scope = { kind: "bypass", reason: parseReason(reason, call) }
  assertCallable(run, call)
  publishScope("bypass", reason)
  return runScoped(scope, run)
}

/**
 * Runs `run` as `tenant`, whatever scope is around it: the only legal way from one tenant into another. `reason` is
 * published on the channel `tenant-failsafe:bypass`, also outside any scope.
 *
 * @throws TenantFailsafeError `TENANT_INVALID` when `tenant` is no id; `REASON_MISSING` when `reason` is blank
 *
 * @example
 * await switchTenant(partner.id, "copy the order into the partner's books", () => saveOrder(order))
 */
export function switchTenant<R>(tenant: TenantId, reason: string, run: () => R): R {
  const call = "switchTenant(tenant, reason, run)"
  const scope: Scope = { kind: "tenant", tenant: parseTenantId(tenant, call) }
  parseReason(reason, call)
  assertCallable(run, call)
  publishScope("switch", reason)
  return runScoped(scope, run)
}

/**
 * The current tenant's id, as it was given. Undefined outside any scope, and in `withTenants` and `withoutTenant`,
 * where no single tenant is current.
 */
export function currentTenant(): TenantId | undefined {
  const scope = currentScope()
  return scope?.kind === "tenant" ? scope.tenant : undefined
}

/** The current scope with all it says, frozen. Undefined outside any scope. */
export function currentScope(): Scope | undefined {
  return currentContext()?.scope
}

const storage = sharedStorage()

/** The context of the running code. The hot path: one `getStore()` and nothing else. */
export function currentContext(): ScopeContext | undefined {
  return storage.getStore()
}

/** Runs in exactly this context, unchecked and unpublished: for adapters. */
export function runInContext<R>(context: ScopeContext, run: () => R): R {
  return storage.run(context, run)
}

/** Runs in this scope, unchecked and unpublished. Observers and the route stay, a load ends. */
export function runScoped<R>(scope: Scope | undefined, run: () => R, route?: Route): R {
  if (scope !== undefined) storage[isUsed] = true
  const around = currentContext()
  return runInContext(contextFor(scope, around?.observers, route ?? around?.route), run)
}

/**
 * Runs past the guard without a record: for an adapter's own look-ups, which must see every tenant. A database with row security goes on
 * being asked as the tenants around it: a row that it keeps back belongs to others.
 */
export function runUnscoped<R>(run: () => R): R {
  const context = databaseContext()
  const lookUp = contextFor(
    { kind: "bypass", reason: "look-up of tenant-failsafe itself" },
    context?.observers,
    context?.route,
  )
  return runInContext({ ...lookUp, lookUpIn: { context } }, run)
}

/** The context whose tenants the database is told: the current one, or the one that a look-up happens in. */
export function databaseContext(): ScopeContext | undefined {
  const context = currentContext()
  return context?.lookUpIn === undefined ? context : context.lookUpIn.context
}

/** Runs in the scope and load that are current, seen by one more observer. */
export function withObserver<R>(observer: Observer, run: () => R): R {
  return runInContext(observedBy(currentContext() ?? contextFor(undefined), [observer]), run)
}

/**
 * Returns a function that runs its callback in the scope of this very moment, also when that is none. The load that
 * is in progress is over by then; observers of both moments see what happens.
 */
export function captureScope(): <R>(run: () => R) => R {
  const captured = currentContext()
  const home = contextFor(captured?.scope, captured?.observers, captured?.route)
  return (run) => runInContext(observedBy(home, currentContext()?.observers ?? []), run)
}

/** Whether any scope was opened in this process, by any copy of the package. */
export function hasOpenedScope(): boolean {
  return storage[isUsed] === true
}

const isUsed = Symbol.for("tenant-failsafe/scope-used@1")

interface ScopeStorage extends AsyncLocalStorage<ScopeContext> {
  [isUsed]?: boolean
}

function sharedStorage(): ScopeStorage {
  const place = Symbol.for("tenant-failsafe/scope@1")
  const holder = globalThis as { [place]?: ScopeStorage }
  const found = holder[place]
  if (found !== undefined) return found
  const created: ScopeStorage = new AsyncLocalStorage<ScopeContext>()
  // Neither writable nor configurable: replacing it would end every scope in silence.
  Object.defineProperty(globalThis, place, { value: created })
  return created
}

function assertWithinScope(scope: Scope, call: string): void {
  const around = currentContext()
  if (around?.scope === undefined || isWithin(scope, around)) return
  const place =
    around.scope.kind === "tenant"
      ? "inside the scope of another tenant"
      : "inside withTenants, for a tenant that the set lacks"
  throw new TenantFailsafeError(
    "TENANT_SWITCH",
    `${call} was called ${place}. Cross over with switchTenant(tenant, reason, run), or with ` +
      "withoutTenant(reason, run) around it; work for another tenant that merely starts here is tenantJob's.",
    { call, scope: around.scope.kind },
  )
}

function publishScope(kind: "bypass" | "tenants" | "switch", reason: string, count?: number): void {
  const size = count === undefined ? {} : { count }
  publishBypass({ event: "tenant_bypass", v: 1, kind, reason, ...size, time: new Date().toISOString() })
}
