import type { Execute, Way } from "./ways.ts"

interface Query {
  readonly sql: string
  readonly rows: unknown
}

/**
 * Stands between an ORM and its database connection. It records the raw result rows of one load's queries and gives them
 * back without asking the database, so that only the ORM's own work is measured.
 */
export class Tape {
  readonly #queries: Query[] = []
  #mode: "live" | "record" | "replay" = "live"
  #position = 0

  constructor(way: Way) {
    way.intercept(
      (execute) =>
        (...args) =>
          this.#execute(execute, ...args),
    )
  }

  async record<R>(load: () => Promise<R>): Promise<R> {
    this.#queries.length = 0
    return this.#in("record", load)
  }

  async replay<R>(load: () => Promise<R>): Promise<R> {
    this.#position = 0
    return this.#in("replay", load)
  }

  erase(): void {
    this.#queries.length = 0
  }

  /** All that was recorded, as text: it tells whether a load altered the rows it was given. */
  get text(): string {
    return JSON.stringify(this.#queries)
  }

  async #in<R>(mode: "record" | "replay", load: () => Promise<R>): Promise<R> {
    this.#mode = mode
    try {
      return await load()
    } finally {
      this.#mode = "live"
    }
  }

  async #execute(real: Execute, query: unknown, ...others: unknown[]): Promise<unknown> {
    if (this.#mode === "live") return real(query, ...others)
    if (this.#mode === "record") {
      const rows = await real(query, ...others)
      this.#queries.push({ sql: String(query), rows })
      return rows
    }
    const recorded = this.#queries[this.#position++]
    if (recorded === undefined || recorded.sql !== query)
      throw new Error(`This query was not recorded: ${String(query)}`)
    return recorded.rows
  }
}
