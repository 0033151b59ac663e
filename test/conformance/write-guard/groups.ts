import type { GuardCase } from "./cases.ts"
import type { GuardHarness } from "./harness.ts"
import { adoptionCases, joinCases, linkCases, moveCases } from "./relation-cases.ts"
import { removalCases } from "./removal-cases.ts"
import { deleteCases, insertCases, setScopeCases, softlyDeletedCases, updateCases } from "./row-cases.ts"
import { bulkDeleteCases, bulkUpdateCases, truncateCases, upsertCases } from "./statement-cases.ts"

type Group<Manager> = readonly [group: string, cases: readonly GuardCase<Manager>[]]

/** Every case, by what is written. */
export function groupsOf<Session, Manager>(harness: GuardHarness<Session, Manager>): readonly Group<Manager>[] {
  return [
    ["updates of rows", updateCases(harness)],
    ["deletions of rows", deleteCases(harness)],
    ["rows that were deleted softly", softlyDeletedCases(harness)],
    ["inserts", insertCases(harness)],
    ["writes in withTenants", setScopeCases(harness)],
    ["updates by statements", bulkUpdateCases(harness)],
    ["deletions by statements", bulkDeleteCases(harness)],
    ["upserts", upsertCases(harness)],
    ["emptied tables", truncateCases(harness)],
    ["changes of the tenant", moveCases(harness)],
    ["links", linkCases(harness)],
    ["children", adoptionCases(harness)],
    ["links of many to many", joinCases(harness)],
    ["removals with others hanging on", removalCases(harness)],
  ]
}
