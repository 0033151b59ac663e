import type { QueryRunner } from "typeorm"
import { Failsafe } from "../failsafe.ts"
import { currentSave, runPersisting } from "../load.ts"
import { Save } from "./save.ts"
import type { SubjectExecutorPort } from "./subject-port.ts"

/** What is used of TypeORM's EntityPersistExecutor: one `save`, `remove`, `softRemove` or `recover`. Read in 0.3.31 and 1.1.1. */
export interface PersistExecutorPort {
  readonly dataSource?: object
  readonly connection?: object
  readonly queryRunner?: QueryRunner
  execute: () => Promise<void>
}

/** Everything that an EntityManager saves or removes goes through here. The prototype is shared by all DataSources. */
export function guardSaves(prototype: PersistExecutorPort): void {
  const { execute } = prototype
  prototype.execute = function (this: PersistExecutorPort) {
    const failsafe = Failsafe.of(this)
    if (failsafe === undefined) return execute.call(this)
    const save = new Save(failsafe, this.queryRunner)
    return runPersisting(failsafe, { kind: "save", save }, async () => {
      try {
        await execute.call(this)
      } catch (error) {
        save.abandon()
        throw error
      } finally {
        save.publish()
      }
    })
  }
}

const sending = [
  "executeUpdateOperations",
  "executeRemoveOperations",
  "executeSoftRemoveOperations",
  "executeRecoverOperations",
] as const

/**
 * Judges the rows that a `save` would write before the first of them is sent. TypeORM lets listeners and subscribers change entities after
 * that, so what they touched is judged once more.
 */
export function guardSubjects(prototype: SubjectExecutorPort): void {
  const { validate, execute, broadcastBeforeEventsForAll, executeInsertOperations } = prototype

  // The constructor's first call.
  prototype.validate = function (this: SubjectExecutorPort) {
    saveOf(this)?.add(this)
    return validate.call(this)
  }

  prototype.execute = async function (this: SubjectExecutorPort) {
    const save = saveOf(this)
    await save?.judge(this.queryRunner)
    await execute.call(this)
    save?.sent()
  }

  prototype.broadcastBeforeEventsForAll = function (this: SubjectExecutorPort) {
    const result = broadcastBeforeEventsForAll.call(this)
    if (result.count > 0) saveOf(this)?.listened()
    return result
  }

  prototype.executeInsertOperations = async function (this: SubjectExecutorPort) {
    await saveOf(this)?.recheck(this)
    return runJudged(this.queryRunner, () => executeInsertOperations.call(this))
  }

  for (const name of sending) {
    const send = prototype[name]
    prototype[name] = function (this: SubjectExecutorPort) {
      return runJudged(this.queryRunner, () => send.call(this))
    }
  }
}

function saveOf({ queryRunner }: SubjectExecutorPort): Save | undefined {
  const failsafe = Failsafe.of(queryRunner)
  return failsafe && currentSave(failsafe)
}

function runJudged(queryRunner: QueryRunner, send: () => Promise<void>): Promise<void> {
  const failsafe = Failsafe.of(queryRunner)
  return failsafe === undefined ? send() : runPersisting(failsafe, { kind: "judged" }, send)
}
