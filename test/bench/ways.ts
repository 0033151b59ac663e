import { PostgreSqlDriver } from "@mikro-orm/postgresql"
import { MikroORM, type Options } from "@mikro-orm/sql"
import { withoutTenant, withTenant } from "../../src/index.ts"
import { withFailsafe } from "../../src/mikro-orm/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { batchOf, shopEntities, tenant, tenantSetting, type Ownership, type Shape } from "./domain.ts"

export type Strategy = "select-in" | "joined"

/**
 * The ways to load that are compared. `control` is `vanilla` once more. `active`, `idle` and `leaking` are guarded: in the
 * tenant's scope, in `withoutTenant`, and in the tenant's scope with foreign rows among the loaded ones. `filter` is MikroORM's
 * global filter, `rls` its session for PostgreSQL's row level security.
 */
export type WayName = "vanilla" | "control" | "active" | "idle" | "leaking" | "filter" | "rls"

export interface Work {
  readonly shape: Shape
  readonly ownership: Ownership
  readonly strategy: Strategy
}

export type Customers = readonly {
  readonly addresses: { getItems(): readonly { readonly merchantId: number }[] }
}[]

export interface WayConfig {
  readonly name: WayName
  readonly guarded: boolean
  readonly clientUrl: string
  readonly role: string | undefined
}

/** One way to load customers with their addresses, on a MikroORM of its own. */
export interface Way {
  readonly orm: MikroORM
  load(work: Work): Promise<Customers>
}

export function isGuarded(name: WayName): boolean {
  return name === "active" || name === "idle" || name === "leaking"
}

export async function openWay({ name, guarded, clientUrl, role }: WayConfig): Promise<Way> {
  const { Customer, Address } = shopEntities()
  const condition = (args: { tenant: number }) => ({ merchantId: args.tenant })
  const config: Options = {
    driver: PostgreSqlDriver,
    clientUrl,
    entities: [Customer, Address],
    ...(name === "filter" && { filters: { tenant: { name: "tenant", cond: condition as never } } }),
  }
  const orm = await MikroORM.init(guarded ? withFailsafe(config, { tenantProperty: "merchantId" }) : config)
  await orm.connect()
  const session = role === undefined ? {} : { session: { variables: { [tenantSetting]: tenant }, role } }

  const find = ({ shape, ownership, strategy }: Work): Promise<Customers> => {
    const em = orm.em.fork(name === "rls" ? session : {})
    if (name === "filter") em.setFilterParams("tenant", { tenant })
    return em.find(Customer, { batch: batchOf(shape, ownership) }, { populate: ["addresses"], strategy })
  }
  return { orm, load: (work) => scoped(name, () => find(work)) }
}

async function scoped(name: WayName, run: () => Promise<Customers>): Promise<Customers> {
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
