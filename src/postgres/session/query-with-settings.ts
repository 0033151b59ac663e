import { settingText, type SessionVariable } from "./session-variables.ts"

/** A query of `pg` that makes the settings first: all of it in one transaction, which ends with it. */
export type QueryWithSettings = (
  variables: readonly SessionVariable[],
  args: readonly unknown[],
) => { readonly query: object; readonly answer: Promise<unknown> }

/** What is used of the queries of `pg` 8, read in 8.11 and 8.23: they send themselves, and are told each message of the answer. */
interface PgQuery {
  text: string
  callback: (error: Error | null, result?: unknown) => void
  query_timeout?: unknown
  requiresPreparation(): boolean
  submit(connection: PgConnection): unknown
  /** Sends Parse, Bind, Describe, Execute and Sync. */
  prepare(connection: PgConnection): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: PgConnection): void
  handleError(error: Error, connection: PgConnection): void
}

interface PgConnection {
  parse(message: { readonly text: string }): void
  bind(message: { readonly values: readonly string[] }): void
  execute(message: object): void
}

type PgQueryClass = new (...args: readonly unknown[]) => PgQuery

const used = ["requiresPreparation", "submit", "prepare", "handleDataRow", "handleCommandComplete", "handleError"]
const made = new WeakMap<PgQueryClass, QueryWithSettings>()

/**
 * What makes such queries for a client; undefined where its queries are others than those of `pg` in JavaScript, as those of pg-native.
 * Up to its Sync, what is sent is one transaction for PostgreSQL, and so is the text of one Query message: neither needs a begin or commit.
 */
export function queryWithSettings(client: object): QueryWithSettings | undefined {
  const { Query } = client.constructor as { readonly Query?: PgQueryClass }
  if (typeof Query !== "function" || !used.every((name) => typeof Query.prototype[name] === "function"))
    return undefined
  let make = made.get(Query)
  if (make === undefined) made.set(Query, (make = makerOf(Query)))
  return make
}

function makerOf(Query: PgQueryClass): QueryWithSettings {
  class WithSettings extends Query {
    readonly #variables: readonly SessionVariable[]
    /** Answers that belong to the settings. */
    #ahead = 0
    #shift = 0

    constructor(variables: readonly SessionVariable[], args: readonly unknown[]) {
      super(...args)
      this.#variables = variables
    }

    /** A text would be logged by a server that logs what fails; values that are bound are not. */
    override requiresPreparation(): boolean {
      return super.requiresPreparation() || this.#variables.some(({ isSecret }) => isSecret)
    }

    override submit(connection: PgConnection): unknown {
      if (this.requiresPreparation()) return super.submit(connection)
      const { text } = this
      const settings = `${settingText(this.#variables)};`
      this.#ahead = this.#variables.length
      this.#shift = Array.from(settings).length
      this.text = settings + text
      const failed = super.submit(connection)
      this.text = text
      return failed
    }

    override prepare(connection: PgConnection): void {
      this.#ahead = 1
      connection.parse({ text: boundText(this.#variables.length) })
      connection.bind({ values: this.#variables.flatMap(({ name, value }) => [name, value]) })
      connection.execute({})
      super.prepare(connection)
    }

    override handleDataRow(message: unknown): void {
      if (this.#ahead === 0) super.handleDataRow(message)
    }

    override handleCommandComplete(message: unknown, connection: PgConnection): void {
      if (this.#ahead === 0) super.handleCommandComplete(message, connection)
      else this.#ahead--
    }

    override handleError(error: Error & { position?: string }, connection: PgConnection): void {
      // It counts characters of what was sent.
      if (error.position !== undefined) error.position = String(Number(error.position) - this.#shift)
      super.handleError(error, connection)
    }
  }
  return (variables, args) => {
    const query = new WithSettings(variables, args)
    const { query_timeout: timeout } = args[0] as { readonly query_timeout?: unknown }
    if (timeout !== undefined) query.query_timeout = timeout
    const answer = new Promise((resolve, reject) => {
      query.callback = (error, result) => (error ? reject(error) : resolve(result))
    })
    return { query, answer }
  }
}

const boundTexts = new Map<number, string>()

function boundText(count: number): string {
  const known = boundTexts.get(count)
  if (known !== undefined) return known
  const calls = Array.from(
    { length: count },
    (_, index) => `pg_catalog.set_config($${2 * index + 1}, $${2 * index + 2}, true)`,
  )
  const text = `select ${calls.join(", ")}`
  boundTexts.set(count, text)
  return text
}
