import type { DataSource, EntitySubscriberInterface, InsertEvent, RemoveEvent, UpdateEvent } from "typeorm"
import { currentTenant } from "../../../src/index.ts"
import type { Row } from "./entities.ts"

/** What an application may write itself. Each is caught by the suite. */
export const naiveGuards: Readonly<Record<string, (dataSource: DataSource) => void>> = {
  vanilla: () => {},
  "in beforeUpdate": (dataSource) => void dataSource.subscribers.push(new BeforeUpdateGuard()),
  "by the object's tenant": (dataSource) => void dataSource.subscribers.push(new ObjectGuard()),
}

/** A guard in the hook that TypeORM calls for each entity that it updates. */
class BeforeUpdateGuard implements EntitySubscriberInterface<Row> {
  beforeUpdate({ databaseEntity }: UpdateEvent<Row>): void {
    assertOwn(databaseEntity)
  }
}

/** A guard of every save and removal that believes what the objects say. */
class ObjectGuard implements EntitySubscriberInterface<Row> {
  beforeInsert({ entity }: InsertEvent<Row>): void {
    assertOwn(entity)
  }

  beforeUpdate({ entity }: UpdateEvent<Row>): void {
    assertOwn(entity)
  }

  beforeRemove({ entity }: RemoveEvent<Row>): void {
    assertOwn(entity)
  }
}

function assertOwn(entity: Row | undefined): void {
  const tenant = entity?.["merchantId"]
  if (tenant !== undefined && tenant !== null && tenant !== currentTenant()) throw new Error("NAIVE")
}
