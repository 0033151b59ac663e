import { invalid } from "../core/options.ts"
import type { TenantId } from "../core/tenant-id.ts"
import type { RequestPort } from "./request-port.ts"
import { selectText, type Selection } from "./selection.ts"
import { selector, type Selector } from "./selector.ts"

/** The tenant that a header names. The client controls it: it selects among the tenants that `authorize` grants. */
export function fromHeader(name: string): Selector {
  const label = labelled("fromHeader", name)
  return selector({
    source: "client",
    label,
    select: (port) => selectText(port.headers(name.toLowerCase()), `The header ${name}`),
  })
}

/** The tenant that a query parameter names. The client controls it, as with `fromHeader`. */
export function fromQuery(name: string): Selector {
  const label = labelled("fromQuery", name)
  return selector({
    source: "client",
    label,
    select: (port) => selectText(port.query(name), `The query parameter ${name}`),
  })
}

/** The tenant that a parameter of the route names: `:merchant` in `/shops/:merchant`. The client controls it, as with `fromHeader`. */
export function fromPath(param: string): Selector {
  const label = labelled("fromPath", param)
  return selector({
    source: "client",
    label,
    select(port) {
      const value = port.param(param)
      return selectText(value === undefined ? [] : [value], `The path parameter ${param}`)
    },
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
    source: "client",
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
  return selector({ source: "server", label, select: (port) => selectOf(port.session(), [key]) })
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
  return selector({ source: "server", label, select: (port) => selectOf(principalOf(port), path.split(".")) })
}

/**
 * Several resolvers, of which the first one that is present counts. A malformed one refuses the request; the next is not asked.
 * Client-controlled as soon as one of them is.
 */
export function firstOf(...candidates: readonly Selector[]): Selector {
  if (candidates.length === 0) throw invalid("firstOf() needs at least one resolver.", { option: "resolve" })
  return selector({
    source: candidates.some(({ source }) => source === "client") ? "client" : "server",
    label: `firstOf(${candidates.map(({ label }) => label).join(", ")})`,
    async select(port) {
      let missing: Selection | undefined
      for (const candidate of candidates) {
        const selection = await candidate.select(port)
        const isMissing = ["absent", "unauthenticated", "without-tenant"].includes(selection.kind)
        if (!isMissing) return selection
        missing ??= selection
      }
      return missing!
    },
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
    source: slug.source,
    label: `lookup(${slug.label})`,
    async select(port) {
      const selection = await slug.select(port)
      if (selection.kind !== "selected") return selection
      const tenant = await find(selection.tenant)
      return tenant === undefined || tenant === null ? { kind: "unknown" } : { kind: "selected", tenant }
    },
  })
}

function selectOf(holder: object | undefined, path: readonly string[]): Selection {
  if (holder === undefined || holder === null) return { kind: "unauthenticated" }
  let value: unknown = holder
  for (const step of path) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string, unknown>)[step]
        : undefined
  }
  return value === undefined || value === null || value === ""
    ? { kind: "without-tenant" }
    : { kind: "selected", tenant: value as TenantId }
}

function labelled(call: string, argument: unknown): string {
  if (typeof argument === "string" && argument.trim() !== "") return `${call}("${argument}")`
  throw invalid(`${call}() needs a name, not ${typeof argument === "string" ? "an empty text" : typeof argument}.`, {
    option: "resolve",
  })
}
