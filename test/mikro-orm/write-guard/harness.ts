import type { GuardHarness } from "../../conformance/write-guard/harness.ts"
import { adoptions, joins, links, moves, parts } from "./relations.ts"
import * as rows from "./rows.ts"
import { openShop, type Desk, type Shop } from "./shop.ts"
import { bulkDeletes, bulkUpdates, truncate, upserts } from "./statements.ts"

/** MikroORM in the suite of the write guard. */
export const mikroOrmHarness: GuardHarness<Shop, Desk> = {
  orm: "mikro-orm",
  open: openShop,
  close: ({ orm }) => orm.close(),
  manager: ({ orm, entities }) => ({ em: orm.em.fork(), entities }),
  transaction: ({ orm, entities }, run) => rows.transactional(orm.em.fork(), (em) => run({ em, entities })),
  forget: ({ em }) => em.clear(),
  statements: ({ statements }) => statements,
  updates: rows.updates,
  deletes: rows.deletes,
  inserts: rows.inserts,
  insertNested: rows.insertNested,
  bulkUpdates,
  bulkDeletes,
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
