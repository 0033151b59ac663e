import type { QueryRunner } from "typeorm"
import { captureOrigin } from "../../core/call-site.ts"
import type { Findings } from "../../core/findings.ts"
import { currentContext } from "../../core/scope.ts"
import type { Failsafe } from "../failsafe.ts"
import { logOf } from "../load.ts"
import { beginWriting, type Writing } from "./writing.ts"

/** What is known of a write before it is judged. */
interface Write {
  readonly failsafe: Failsafe
  /** What may not be written outside any scope. */
  readonly targets: readonly { readonly findings: Findings }[]
  readonly queryRunner: QueryRunner | undefined
}

/**
 * Judges a write, sends it and publishes what was found. To be called where the application's own frames are still on the stack. `judge` is
 * left out where anything may be written; it settles, and closes, what it judges.
 */
export async function judgedWrite<R>(
  { failsafe, targets, queryRunner }: Write,
  judge: (writing: Writing) => Promise<void>,
  send: () => Promise<R>,
): Promise<R> {
  const log = logOf(captureOrigin(), currentContext(), queryRunner)
  try {
    const writing = beginWriting(failsafe, log, targets, () => queryRunner)
    if (writing !== undefined) await judge(writing)
    return await send()
  } finally {
    log.publish(currentContext()?.observers ?? [])
  }
}
