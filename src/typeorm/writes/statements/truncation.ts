import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral, QueryRunner } from "typeorm"
import { Failsafe } from "../../failsafe.ts"
import { judgedWrite } from "../judged-write.ts"

/** What is used of TypeORM's EntityManager. Read in the sources of 0.3.31 and 1.1.1. */
export interface ClearingPort {
  readonly dataSource?: DataSource
  readonly connection?: DataSource
  readonly queryRunner?: QueryRunner
  clear: (target: EntityTarget<ObjectLiteral>, ...rest: readonly unknown[]) => Promise<void>
}

/** An emptied table has no condition that could spare other tenants' rows. */
export function guardClearing(prototype: ClearingPort): void {
  const { clear } = prototype
  prototype.clear = function (this: ClearingPort, target, ...rest) {
    const failsafe = Failsafe.of(this)
    const send = (): Promise<void> => clear.call(this, target, ...rest)
    if (failsafe === undefined || !failsafe.dataSource.hasMetadata(target)) return send()
    const metadata = failsafe.dataSource.getMetadata(target)
    const guard = failsafe.entityGuard(metadata)
    if (guard === null && !mayReach(failsafe, metadata)) return send()
    return judgedWrite(
      { failsafe, targets: guard === null ? [] : [guard], queryRunner: this.queryRunner },
      async (writing) => {
        writing.fault(writing.targetOf(metadata), "truncate", "foreign")
        writing.close()
      },
      send,
    )
  }
}

/** Links go with what they lead to, and SQLite deletes row by row, with all that hangs on them. */
function mayReach({ model }: Failsafe, metadata: EntityMetadata): boolean {
  return metadata.isJunction ? model.ends(metadata).length > 0 : model.hangings(metadata).length > 0
}
