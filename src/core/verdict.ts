import { rowTenantKey } from "./tenant-id.ts"

/** What one row is to the current scope. */
export type Verdict = "own" | "shared" | "foreign" | "unknown"

/** Decides what a row is, from the tenant value it holds and the normalised keys that the scope owns. */
export function judge(rowTenant: unknown, owned: ReadonlySet<string>): Verdict {
  const key = rowTenantKey(rowTenant)
  if (key === undefined) return "unknown"
  if (key === null) return "shared"
  return owned.has(key) ? "own" : "foreign"
}

/** Why a write is refused. */
export type WriteFault =
  /** The row belongs, or would belong, to another tenant. */
  | "foreign"
  /** The row is there, but its tenant cannot be read. */
  | "unknown"
  /** Row security is declared active, and shows no such row: it belongs to another tenant, or is not there. */
  | "hidden"
  /** A stored row would get another tenant, or none. */
  | "moved"
  /** A shared row would become one tenant's own. */
  | "claimed"
  /** A new row has no tenant, and the scope has several. */
  | "unnamed"

/** What is wrong with giving a stored row this tenant. The same id in another notation is no change. */
export function faultOfChange(stored: unknown, tenant: unknown, isClaimable: boolean): WriteFault | undefined {
  const [before, after] = [rowTenantKey(stored), rowTenantKey(tenant)]
  if (before === after) return undefined
  if (before !== null || after === undefined) return "moved"
  return isClaimable ? undefined : "claimed"
}

const unset = Symbol("unset")

/** Judges many rows: the ones that hold the same value as an earlier own or foreign one cost a comparison. */
export class Judge {
  readonly #owned: ReadonlySet<string>
  readonly #convert: (value: unknown) => unknown
  #own: unknown = unset
  #foreign: unknown = unset

  /** `convert` turns a value as the database returns it into the one that the application knows. */
  constructor(owned: ReadonlySet<string>, convert: (value: unknown) => unknown = asItIs) {
    this.#owned = owned
    this.#convert = convert
  }

  judge(rowTenant: unknown): Verdict {
    if (rowTenant === this.#own) return "own"
    if (rowTenant === this.#foreign) return "foreign"
    const verdict = judge(this.#convert(rowTenant), this.#owned)
    if (verdict === "own") this.#own = rowTenant
    else if (verdict === "foreign") this.#foreign = rowTenant
    return verdict
  }
}

function asItIs(value: unknown): unknown {
  return value
}
