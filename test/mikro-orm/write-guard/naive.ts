import type { ChangeSet, EventSubscriber, FlushEventArgs, EventArgs } from "@mikro-orm/core"
import type { Options } from "@mikro-orm/sql"
import { currentTenant } from "../../../src/index.ts"
import type { Row } from "./entities.ts"

/** What an application may write itself. Each is caught by the suite. */
export const naiveGuards: Readonly<Record<string, Partial<Options>>> = {
  vanilla: {},
  "in beforeUpdate": { subscribers: [beforeUpdateGuard()] },
  "by the object's tenant": { subscribers: [objectGuard()] },
}

/** A guard in the hook that MikroORM calls for each entity that it updates. */
function beforeUpdateGuard(): EventSubscriber {
  return {
    beforeUpdate({ entity }: EventArgs<Row>) {
      assertOwn(entity)
    },
  }
}

/** A guard of the whole flush that believes what the objects say. */
function objectGuard(): EventSubscriber {
  return {
    onFlush({ uow }: FlushEventArgs) {
      for (const { entity } of uow.getChangeSets() as ChangeSet<Row>[]) assertOwn(entity)
    },
  }
}

function assertOwn(entity: Row): void {
  const { merchantId } = entity
  if (merchantId !== undefined && merchantId !== null && merchantId !== currentTenant()) throw new Error("NAIVE")
}
