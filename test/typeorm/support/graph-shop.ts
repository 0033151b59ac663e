import { DataSource } from "typeorm"
import { withFailsafe } from "../../../src/typeorm/index.ts"
import { openDatabase, type DatabaseKind, type TestDatabase } from "../../support/databases.ts"
import { byId, graphEntities, tenantOptions, type Graph, type RowTenant } from "./graph.ts"
import { writeGraph } from "./graph-tables.ts"

/** Ada, who is everybody's customer, with an own, a foreign and a shared row of each kind for the tenant 1. */
export const ada: Graph = {
  customer: new Map([[1, { name: "Ada", isDeleted: false }]]),
  rows: {
    address: rows([1, 2, null]),
    note: rows([1, 2, null]),
    profile: rows([2]),
    purchase: rows([1, 2, null]),
    // Lines of the first purchase.
    line: rows([1, 2, null]),
    tag: rows([1, 2, null], null),
  },
  links: new Set(["1:1", "1:2", "1:3"]),
  products: [1, 2],
  productOf: new Map([
    [1, 1],
    [2, 2],
    [3, null],
  ]),
}

function rows(tenants: readonly RowTenant[], parent: number | null = 1) {
  return byId(
    tenants.map((tenant, index) => ({ id: index + 1, text: `text ${index + 1}`, tenant, parent, isDeleted: false })),
  )
}

/** Data sources on one database: with and without the failsafe, with plain and with lazy relations. */
export interface GraphShop {
  readonly database: TestDatabase
  open(guard: "guarded" | "vanilla", shape?: "plain" | "lazy", options?: object): Promise<DataSource>
  close(): Promise<void>
}

export async function openGraphShop(kind: DatabaseKind): Promise<GraphShop> {
  const database = await openDatabase(kind)
  const opened: DataSource[] = []
  const open: GraphShop["open"] = async (guard, shape = "plain", options = {}) => {
    const dataSource = new DataSource({
      ...database.dataSourceOptions(),
      entities: graphEntities(shape === "lazy"),
      ...options,
    })
    opened.push(dataSource)
    return (guard === "guarded" ? withFailsafe(dataSource, tenantOptions) : dataSource).initialize()
  }
  await open("vanilla", "plain", { synchronize: true })
  await writeGraph(database, ada)
  return {
    database,
    open,
    async close() {
      for (const dataSource of opened) await dataSource.destroy()
      await database.close()
    },
  }
}
