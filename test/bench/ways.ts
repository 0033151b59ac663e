import { withoutTenant, withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { tenant, type Ownership, type Shape } from "./domain.ts"
import { openMikroOrmWay } from "./mikro-orm-way.ts"
import { openTypeormWay } from "./typeorm-way.ts"

export type Orm = "mikro-orm" | "typeorm"

/** What the ORM calls a query of its own for the children, and one query with a join. */
export type Strategy = "select-in" | "joined" | "query" | "join"

/**
 * The ways to load that are compared. `control` is `vanilla` once more. `active`, `idle` and `leaking` are guarded: in the
 * tenant's scope, in `withoutTenant`, and in the tenant's scope with foreign rows among the loaded ones. `filter` asks the database for
 * the tenant's rows, `rls` is MikroORM's session for PostgreSQL's row level security.
 */
export type WayName = "vanilla" | "control" | "active" | "idle" | "leaking" | "filter" | "rls"

export interface Work {
  readonly shape: Shape
  readonly ownership: Ownership
  readonly strategy: Strategy
  /** Loading; saving what was loaded with one column of the parent edited; or of all children, at once. */
  readonly task: "load" | "save" | "flush"
}

export interface WayConfig {
  readonly orm: Orm
  readonly name: WayName
  readonly guarded: boolean
  readonly clientUrl: string
  readonly role: string | undefined
}

/** How an ORM sends a query. */
export type Execute = (query: unknown, ...others: unknown[]) => Promise<unknown>

/** One way to load customers with their addresses, on an ORM of its own. */
export interface Way {
  load(work: Work): Promise<readonly object[]>
  childrenOf(customer: object): readonly { readonly merchantId: number }[]
  /** Puts something between the ORM and its connection. */
  intercept(wrap: (execute: Execute) => Execute): void
  close(): Promise<void>
}

/** One flush of many rows: enough of them that what was loaded before hardly counts. */
export const flushesPerSample = 10

export function isGuarded(name: WayName): boolean {
  return name === "active" || name === "idle" || name === "leaking"
}

export async function openWay(config: WayConfig): Promise<Way> {
  const way = await (config.orm === "typeorm" ? openTypeormWay(config) : openMikroOrmWay(config))
  const { load } = way
  return { ...way, load: (work) => scoped(config.name, () => load(work)) }
}

async function scoped(name: WayName, run: () => Promise<Loaded>): Promise<Loaded> {
  switch (name) {
    case "active":
      return withTenant(tenant, run)
    case "idle":
      return withoutTenant("benchmark", run)
    case "leaking":
      // Without an observer each leak record would be printed.
      return (await collectLeaks(() => withTenant(tenant, run))).result
    default:
      return run()
  }
}

type Loaded = readonly object[]
