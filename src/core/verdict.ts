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
