import { checkHanging } from "../removals.ts"
import { confinementOfLinks } from "./confinement.ts"
import type { Statement } from "./statement.ts"

/** Confines a DELETE to rows within reach, and looks what hangs on them. */
export async function judgeDelete(statement: Statement): Promise<void> {
  const { writing, metadata, guard, builder } = statement
  const { model, dataSource, policy } = writing.failsafe
  const reach = { tenants: writing.tenants, withShared: true }
  if (metadata.isJunction) {
    if (policy.writes === "throw")
      statement.restrict(confinementOfLinks(dataSource, builder, model.ends(metadata), reach))
    return
  }
  if (guard !== null) await statement.confine(guard, reach, "delete")
  if (model.hangings(metadata).length > 0) {
    await checkHanging(writing, metadata, await statement.keys(), builder.queryRunner)
  }
  writing.close()
}

/** Confines a soft deletion, or its recovery, to rows within reach. */
export async function judgeSoftDelete(statement: Statement): Promise<void> {
  const { writing, guard } = statement
  if (guard !== null) await statement.confine(guard, { tenants: writing.tenants, withShared: true }, "update")
  writing.close()
}
