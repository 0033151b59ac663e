import { TenantFailsafeError } from "../../core/errors.ts"
import type { Scope, ScopeContext } from "../../core/scope-context.ts"
import { databaseContext } from "../../core/scope.ts"
import { queryWithSettings, type QueryWithSettings } from "./query-with-settings.ts"
import { sessionVariables, settingText, type SessionSettings, type SessionVariable } from "./session-variables.ts"
import { takingCallback } from "./taking-callback.ts"
import { statementKind } from "./statement-kind.ts"

/** What is used of a client of `pg` 8. */
export interface PgClient {
  query: (...args: never[]) => unknown
  /** Whether queries are sent before the ones in front of them are answered; pg 8.22 and later. */
  pipeline?: boolean
}

type TenantScope = Extract<Scope, { readonly kind: "tenant" }>
type Query = (...args: readonly unknown[]) => Promise<unknown>

const guarded = new WeakSet<PgClient>()

/**
 * Lets each statement of a client run with the tenants of the scope that it is sent from, and with them for one transaction only: a
 * statement outside a transaction gets one of its own. Nothing stays on the connection.
 */
export function sessionClient(client: PgClient, settings: SessionSettings): void {
  if (guarded.has(client)) return
  guarded.add(client)
  const session = new Session(client, settings)
  const query = takingCallback((args) => session.run(args))
  client.query = (...args: readonly unknown[]) => (isCursor(args[0]) ? session.runCursor(args) : query(...args))
}

/** What reads by itself once it was sent: a cursor, a stream, a `Query`. */
function isCursor(statement: unknown): boolean {
  return typeof (statement as { readonly submit?: unknown }).submit === "function"
}

/** What one connection is doing. */
class Session {
  readonly #client: PgClient
  readonly #query: Query
  readonly #settings: SessionSettings
  readonly #queryWithSettings: QueryWithSettings | undefined
  #isOpen = false
  /** The scope that the open transaction belongs to, by its identity; undefined while it belongs to none. */
  #key: string | undefined
  #variables: readonly SessionVariable[] = []
  /** Set while a statement waits for its tenant's schema to be found: those behind it wait for their turn. */
  #turn: Promise<unknown> | undefined
  #unanswered = 0
  #canPipeline: boolean
  #isPipelining = false

  constructor(client: PgClient, settings: SessionSettings) {
    this.#client = client
    this.#query = client.query.bind(client) as unknown as Query
    this.#settings = settings
    this.#queryWithSettings = queryWithSettings(client)
    this.#canPipeline = client.pipeline === false
  }

  // The first statement is sent before this returns: statements keep their order.
  async run(args: readonly unknown[]): Promise<unknown> {
    const context = databaseContext()
    if (this.#turn === undefined && !this.#needsSchema(context)) return this.#runNow(context, args)
    const turn = (this.#turn ?? Promise.resolve()).then(async () => {
      if (this.#needsSchema(context)) await this.#settings.schemas!.of((context!.scope as TenantScope).tenant)
      return this.#runNow(context, args)
    })
    const over = (): void => {
      if (this.#turn === next) this.#turn = undefined
    }
    const next: Promise<unknown> = turn.then(over, over)
    this.#turn = next
    return turn
  }

  #needsSchema(context: ScopeContext | undefined): boolean {
    const { schemas } = this.#settings
    const scope = context?.scope
    return schemas !== undefined && scope?.kind === "tenant" && schemas.known(scope.tenant) === undefined
  }

  #runNow(context: ScopeContext | undefined, args: readonly unknown[]): Promise<unknown> {
    switch (statementKind(textOf(args[0]))) {
      case "begin":
        this.#enter(context)
        return this.#sendAll([args, [settingText(this.#variables)]], 0).catch((error: unknown) => {
          this.#leave()
          throw error
        })
      case "end":
        this.#leave()
        return this.#send(args)
      case "rollback to":
        // It takes back what was set since the savepoint.
        return this.#sendAll(this.#isOpen ? [args, [settingText(this.#variables)]] : [args], 0)
      case "stand-alone":
        return this.#send(args)
      case "rows":
        return this.#isOpen ? this.#within(context, args) : this.#inOne(context, args)
      case "statement":
        return this.#isOpen ? this.#within(context, args) : this.#alone(context, args)
    }
  }

  /** A cursor is no promise: it is returned at once, and read later. */
  runCursor(args: readonly unknown[]): unknown {
    const context = databaseContext()
    if (!this.#isOpen) throw cursorAlone()
    // What is sent while a cursor is open must wait for its end, which nobody announces.
    this.#canPipeline = false
    if (this.#enters(context)) this.#send([settingText(this.#variables)]).catch(() => {})
    return this.#query(...args)
  }

  #within(context: ScopeContext | undefined, args: readonly unknown[]): Promise<unknown> {
    return this.#enters(context) ? this.#sendAll([[settingText(this.#variables)], args], 1) : this.#send(args)
  }

  /** Without any other message than its own. */
  #inOne(context: ScopeContext | undefined, args: readonly unknown[]): Promise<unknown> {
    if (this.#queryWithSettings === undefined) return this.#alone(context, args)
    const { query, answer } = this.#queryWithSettings(sessionVariables(context?.scope, this.#settings), args)
    return this.#counted(() => {
      void this.#query(query)
      return answer
    })
  }

  #alone(context: ScopeContext | undefined, args: readonly unknown[]): Promise<unknown> {
    const variables = sessionVariables(context?.scope, this.#settings)
    return this.#sendAll([[`begin;${settingText(variables)}`], args, ["commit"]], 1)
  }

  /** Whether the open transaction gets its tenants only now. Throws where it has others. */
  #enters(context: ScopeContext | undefined): boolean {
    if (context?.key === this.#key) return false
    if (this.#key !== undefined) throw otherTransaction(context?.scope)
    this.#enter(context)
    return true
  }

  #enter(context: ScopeContext | undefined): void {
    this.#isOpen = true
    this.#key = context?.key
    this.#variables = sessionVariables(context?.scope, this.#settings)
  }

  #leave(): void {
    this.#isOpen = false
    this.#key = undefined
    this.#variables = []
  }

  /** Sends statements at once, without waiting for answers in between; returns the answer of one, once all are answered. */
  async #sendAll(statements: readonly (readonly unknown[])[], wanted: number): Promise<unknown> {
    if (this.#canPipeline) this.#isPipelining = this.#client.pipeline = true
    const settled = await Promise.allSettled(statements.map((statement) => this.#send(statement)))
    const answer = settled[wanted]!
    if (answer.status === "rejected") throw answer.reason
    // A commit may fail where the statement did not: deferred constraints.
    for (const other of settled) if (other.status === "rejected") throw other.reason
    return answer.value
  }

  #send(statement: readonly unknown[]): Promise<unknown> {
    return this.#counted(() => this.#query(...statement))
  }

  async #counted(send: () => Promise<unknown>): Promise<unknown> {
    this.#unanswered++
    try {
      return await send()
    } catch (error) {
      // It was made where the answer was read, and shall lead to who asked, as pg's own does.
      if (error instanceof Error) Error.captureStackTrace(error)
      throw error
    } finally {
      if (--this.#unanswered === 0 && this.#isPipelining) this.#isPipelining = this.#client.pipeline = false
    }
  }
}

function textOf(statement: unknown): string {
  return typeof statement === "string" ? statement : String((statement as { readonly text?: unknown }).text)
}

function otherTransaction(scope: Scope | undefined): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_SWITCH",
    `A statement ${whose[scope?.kind ?? "none"]} was sent in a transaction that was opened for other tenants. The database would run it ` +
      "with theirs. End the transaction first, or use a connection of its own.",
    { scope: scope?.kind },
  )
}

const whose = {
  tenant: "of another tenant",
  tenants: "of withTenants",
  bypass: "of withoutTenant",
  none: "outside any tenant scope",
}

function cursorAlone(): TenantFailsafeError {
  return new TenantFailsafeError(
    "TENANT_MISSING",
    "A cursor or stream was opened outside a transaction, where its rows would have no tenant. Open it inside one: " +
      "em.transactional(…), or queryRunner.startTransaction().",
  )
}
