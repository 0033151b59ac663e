import type { GuardHarness } from "../../conformance/write-guard/harness.ts"
import { adoptions, joins, links, moves, parts } from "./relations.ts"
import * as rows from "./rows.ts"
import { openShop, type Desk, type Shop } from "./shop.ts"
import { bulkDeletes, bulkUpdates, parcelUpdates, truncate, upserts } from "./statements.ts"

/** TypeORM in the suite of the write guard. */
export const typeOrmHarness: GuardHarness<Shop, Desk> = {
  orm: "typeorm",
  open: openShop,
  close: ({ dataSource }) => dataSource.destroy(),
  manager: ({ dataSource, entities }) => ({ manager: dataSource.manager, entities }),
  transaction: ({ dataSource, entities }, run) => dataSource.transaction((manager) => run({ manager, entities })),
  // A save that was refused leaves nothing behind.
  forget: () => {},
  statements: ({ statements }) => statements,
  updates: rows.updates,
  deletes: rows.deletes,
  inserts: rows.inserts,
  insertNested: rows.insertNested,
  bulkUpdates,
  bulkDeletes,
  parcelUpdates,
  upserts,
  moves,
  links,
  joins,
  parts,
  adoptions,
  cascade: rows.cascade,
  truncate,
  mixed: rows.mixed,
  updateUnowned: rows.updateUnowned,
  updateSeveral: rows.updateSeveral,
}
