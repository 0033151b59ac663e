import { findCallSite, type CallSite, type Origin } from "./call-site.ts"
import { findEntryPoint, type EntryPoint } from "./entry-point.ts"
import { currentContext, hasOpenedScope } from "./scope.ts"

/** What can be known of a scope that is missing. */
export interface ScopeLoss {
  /** Where: follows "outside any tenant scope". */
  readonly where: string
  /** A sentence on where the scope was last seen, with a blank in front; empty where nothing is known. */
  readonly history: string
  readonly details: { readonly entryPoint?: string; readonly lastSeen?: string }
}

/**
 * Tells where a scope was lost, from the stack where the load began and the place where what it goes through (an EntityManager, a
 * transaction) was last used inside a scope. Formats stacks: for errors only.
 */
export function scopeLoss(origin: Origin | undefined, lastScoped?: Origin): ScopeLoss {
  const entry = origin && findEntryPoint(origin)
  const seen = lastScoped && findCallSite(lastScoped)
  return {
    where: entry === undefined ? "" : `, in ${wayOf(entry)}`,
    history: historyOf(seen),
    details: {
      ...(entry === undefined ? {} : { entryPoint: placeOf(entry.site) }),
      ...(seen === undefined ? {} : { lastSeen: placeOf(seen) }),
    },
  }
}

function wayOf({ site, caller, outermost }: EntryPoint): string {
  const by = caller === undefined ? "" : `, which ${caller} called`
  return `${nameOf(site)}${by}${outermost === undefined ? "" : ` from ${nameOf(outermost)}`}`
}

function historyOf(seen: CallSite | undefined): string {
  if (currentContext()?.isPending === true)
    return " The scope of this request is still undecided: TenantGuard has not run."
  if (seen !== undefined) {
    return ` The scope was last seen at ${placeOf(seen)} and lost in between; bindTenant(fn) keeps it in a callback.`
  }
  return hasOpenedScope() ? "" : " No scope was opened in this process so far: is tenantScope registered?"
}

function nameOf(site: CallSite): string {
  return site.function === undefined ? `the code at ${placeOf(site)}` : `${site.function} (${placeOf(site)})`
}

function placeOf({ file, line }: CallSite): string {
  return `${file}:${line}`
}
