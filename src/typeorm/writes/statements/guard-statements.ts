import type { EntityMetadata } from "typeorm"
import type { Findings } from "../../../core/findings.ts"
import { Failsafe } from "../../failsafe.ts"
import { currentPersisting, runPersisting } from "../../load.ts"
import { judgedWrite } from "../judged-write.ts"
import type { Writing } from "../writing.ts"
import { judgeDelete, judgeSoftDelete } from "./deletions.ts"
import { judgeInsert } from "./inserts.ts"
import { Statement } from "./statement.ts"
import type { BroadcasterPort, BroadcastPort, StatementPort } from "./statement-port.ts"
import { judgeUpdate } from "./updates.ts"

/** The prototypes of the query builders that write. */
export interface StatementPrototypes {
  readonly insert: StatementPort
  readonly update: StatementPort
  readonly delete: StatementPort
  readonly softDelete: StatementPort
}

/**
 * Every statement that names an entity ends in one of four query builders: those of repositories, of `relation().of()`, and of the
 * application. What `save` sends was judged before.
 */
export function guardStatements(prototypes: StatementPrototypes): void {
  guardStatement(prototypes.insert, judgeInsert)
  guardStatement(prototypes.update, judgeUpdate)
  guardStatement(prototypes.delete, judgeDelete)
  guardStatement(prototypes.softDelete, judgeSoftDelete)
}

function guardStatement(prototype: StatementPort, judge: (statement: Statement) => Promise<void>): void {
  const { execute, getQueryAndParameters } = prototype

  prototype.execute = function (this: StatementPort) {
    const failsafe = Failsafe.of(this)
    if (failsafe === undefined) return execute.call(this)
    const persisting = currentPersisting(failsafe)
    // TypeORM 0.3 and 1 let listeners see what they send for a tree.
    if (persisting?.kind === "judged" && !this.expressionMap.callListeners) return execute.call(this)
    const metadata = metadataOf(this)
    if (metadata === undefined || !isGuarded(failsafe, metadata)) return execute.call(this)
    let statement: Statement | undefined
    const judgeIt = (writing: Writing): Promise<void> => {
      statement = new Statement(this, metadata, writing, persisting?.kind === "judged rows")
      return judge(statement)
    }
    const send = (): Promise<unknown> => {
      const run = (): Promise<unknown> => execute.call(this)
      return statement === undefined ? run() : runPersisting(failsafe, { kind: "statement", statement }, run)
    }
    const write = { failsafe, targets: ownersOf(failsafe, metadata), queryRunner: this.queryRunner }
    return judgedWrite(write, judgeIt, send).finally(() => statement?.stamps.undo())
  }

  prototype.getQueryAndParameters = function (this: StatementPort) {
    const statement = statementOf(this)
    return statement === undefined
      ? getQueryAndParameters.call(this)
      : statement.build(() => getQueryAndParameters.call(this))
  }
}

/** Listeners may change the values of a statement before it is sent: what they leave is judged as well. */
export function guardBroadcasts(prototype: BroadcasterPort): void {
  for (const name of ["broadcastBeforeInsertEvent", "broadcastBeforeUpdateEvent"] as const) {
    const broadcast = prototype[name]
    prototype[name] = function (this: BroadcasterPort, result: BroadcastPort, ...rest: readonly unknown[]) {
      const before = result.count
      broadcast.call(this, result, ...rest)
      if (result.count === before) return
      const failsafe = Failsafe.of(this.queryRunner)
      const persisting = failsafe && currentPersisting(failsafe)
      if (persisting?.kind !== "statement") return
      result.promises.push(persisting.statement.settleListeners([...result.promises]))
    }
  }
}

/** A table that is no entity's cannot be judged. */
function metadataOf({ expressionMap: { mainAlias } }: StatementPort): EntityMetadata | undefined {
  return mainAlias?.hasMetadata === true ? mainAlias.metadata : undefined
}

function isGuarded(failsafe: Failsafe, metadata: EntityMetadata): boolean {
  return failsafe.tenantOf(metadata) !== null || failsafe.model.isConcerned(metadata)
}

function statementOf(builder: StatementPort): Statement | undefined {
  const failsafe = Failsafe.of(builder)
  const persisting = failsafe && currentPersisting(failsafe)
  return persisting?.kind === "statement" && persisting.statement.builder === builder ? persisting.statement : undefined
}

/** What may not be written outside any scope. */
function ownersOf(failsafe: Failsafe, metadata: EntityMetadata): readonly { readonly findings: Findings }[] {
  if (metadata.isJunction) return failsafe.model.ends(metadata)
  const guard = failsafe.entityGuard(metadata)
  return guard === null ? [] : [guard]
}
