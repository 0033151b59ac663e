import { invalid } from "../core/options.ts"
import type { TenantId } from "../core/tenant-id.ts"
import type { RequestPort } from "./request-port.ts"
import { selectText, selectValue, type Selection } from "./selection.ts"
import { selector, type Selector } from "./selector.ts"
import { readSession } from "./session.ts"
import { chain, type MaybePromise } from "./maybe-promise.ts"

const clientsChoice = "lets the client choose its tenant"

/** The tenant that a header names. The client controls it: it selects among the tenants that `authorize` grants. */
export function fromHeader(name: string): Selector {
  const label = labelled("fromHeader", name)
  return selector({
    risk: clientsChoice,
    label,
    select: (port) => selectText(port.headers(name.toLowerCase()), `The header ${name}`),
  })
}

/** The tenant that a query parameter names. The client controls it, as with `fromHeader`. */
export function fromQuery(name: string): Selector {
  const label = labelled("fromQuery", name)
  return selector({
    risk: clientsChoice,
    label,
    select: (port) => selectText(port.query(name), `The query parameter ${name}`),
  })
}

/** The tenant that a parameter of the route names: `:merchant` in `/shops/:merchant`. The client controls it, as with `fromHeader`. */
export function fromPath(param: string): Selector {
  const label = labelled("fromPath", param)
  return selector({
    risk: clientsChoice,
    label,
    select(port) {
      const value = port.param(param)
      return selectText(value === undefined ? [] : [value], `The path parameter ${param}`)
    },
  })
}

/** The tenant that a property of the JSON body names. The client controls it, as with `fromHeader`; meant for `tenantSwitch`. */
export function fromBody(property: string): Selector {
  const label = labelled("fromBody", property)
  const what = `The property ${property} of the body`
  return selector({
    risk: clientsChoice,
    label,
    select: (port) => chain(port.body(), (body) => selectValue(ownProperty(body, property), what)),
  })
}

/**
 * The tenant that the label in front of a base domain names: `acme` in `acme.shop.example` with `of: "shop.example"`. Case and port do
 * not matter. No label, `www`, several labels, an IP address and a foreign host name no tenant. The client controls it, as with
 * `fromHeader`; usually inside `lookup`, which turns the label into an id.
 */
export function fromSubdomain({ of }: { readonly of: string }): Selector {
  const base = labelled("fromSubdomain", of) && of.toLowerCase().replace(/^\.+|\.+$/g, "")
  const what = "The subdomain"
  return selector({
    risk: clientsChoice,
    label: `fromSubdomain({ of: "${of}" })`,
    select(port) {
      const host = port.host()?.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "")
      const label = host?.endsWith(`.${base}`) ? host.slice(0, -base.length - 1) : undefined
      if (label === undefined || label === "www" || label.includes(".")) return selectText([], what)
      return selectText([label], what)
    },
  })
}

/** The tenant that the session holds under a key. Without a session nobody is signed in: 401; without the key 403. */
export function fromSession(key: string): Selector {
  const label = labelled("fromSession", key)
  return selector({
    risk: undefined,
    label,
    select(port) {
      const session = port.session()
      return session === undefined || session === null
        ? { kind: "unauthenticated" }
        : selectVerified(readSession(session, key))
    },
  })
}

/**
 * The tenant that the verified principal carries, at a path such as `"org.id"`. The principal is what authentication left on the
 * request (`req.auth ?? req.user`, Koa's `ctx.state.user`, Hono's `c.get("jwtPayload") ?? c.get("user")`), or what `from` returns.
 * Without a principal 401, without the claim 403.
 */
export function fromClaim(
  path: string,
  options: { readonly from?: (request: never) => object | null | undefined } = {},
): Selector {
  const label = labelled("fromClaim", path)
  const principalOf = (port: RequestPort) =>
    options.from === undefined ? port.principal() : (options.from(port.request as never) ?? undefined)
  const steps = path.split(".")
  return selector({
    risk: undefined,
    label,
    select(port) {
      const principal = principalOf(port)
      return principal === undefined || principal === null
        ? { kind: "unauthenticated" }
        : selectVerified(steps.reduce<unknown>(ownProperty, principal))
    },
  })
}

/**
 * Several resolvers, of which the first one that is present counts. A malformed one refuses the request; the next is not asked. Where
 * none is present, the answer is 401 if one of them finds nobody signed in, else 403 if one finds a caller without a tenant, else 400.
 * Controlled by the client as soon as one of them is.
 */
export function firstOf(...candidates: readonly Selector[]): Selector {
  if (candidates.length === 0) throw invalid("firstOf() needs at least one resolver.", { option: "resolve" })
  return selector({
    risk: candidates.find(({ risk }) => risk !== undefined)?.risk,
    label: `firstOf(${candidates.map(({ label }) => label).join(", ")})`,
    select: (port) => selectFirst(candidates, port),
  })
}

/**
 * Turns what another resolver selects (a slug, a host) into the tenant's id. `find` returns the id, or undefined for a tenant that does
 * not exist: the answer is then the same as for one that the caller may not enter. Cache inside `find` if it asks a database.
 */
export function lookup(
  slug: Selector,
  find: (slug: TenantId) => TenantId | null | undefined | Promise<TenantId | null | undefined>,
): Selector {
  return selector({
    risk: slug.risk,
    label: `lookup(${slug.label})`,
    select: (port) =>
      chain(slug.select(port), (selection): MaybePromise<Selection> =>
        selection.kind === "selected"
          ? chain(find(selection.tenant), (tenant): Selection =>
              tenant === undefined || tenant === null ? { kind: "unknown" } : { kind: "selected", tenant },
            )
          : selection,
      ),
  })
}

/** The first selection that is present. Where none is, what the server knows about the caller counts before what the client left out. */
function selectFirst([candidate, ...others]: readonly Selector[], port: RequestPort): MaybePromise<Selection> {
  return chain(candidate!.select(port), (selection) => {
    if (others.length === 0 || !missing.includes(selection.kind)) return selection
    return chain(selectFirst(others, port), (other) => {
      const isWeightier = missing.includes(other.kind) && missing.indexOf(selection.kind) <= missing.indexOf(other.kind)
      return isWeightier ? selection : other
    })
  })
}

/** The selections that are none, the weightiest first. */
const missing: readonly Selection["kind"][] = ["unauthenticated", "without-tenant", "absent"]

/** What the server itself says about the caller. */
function selectVerified(value: unknown): Selection {
  return value === undefined || value === null || value === ""
    ? { kind: "without-tenant" }
    : { kind: "selected", tenant: value as TenantId }
}

function ownProperty(holder: unknown, name: string): unknown {
  return typeof holder === "object" && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Record<string, unknown>)[name]
    : undefined
}

function labelled(call: string, argument: unknown): string {
  if (typeof argument === "string" && argument.trim() !== "") return `${call}("${argument}")`
  throw invalid(`${call}() needs a name, not ${typeof argument === "string" ? "an empty text" : typeof argument}.`, {
    option: "resolve",
  })
}
