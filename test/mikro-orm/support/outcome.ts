import { TenantFailsafeError } from "../../../src/index.ts"
import { collectLeaks } from "../../../src/testing/index.ts"

/** What became of a write: `"done"`, the failsafe's code, or another error's text; with the records of writes, as `relation operation rows`. */
export async function outcomeOf(write: () => unknown): Promise<readonly [outcome: string, ...records: string[]]> {
  const { result, leaks } = await collectLeaks(() => codeOf(write))
  const records = leaks.filter(({ what }) => what === "write")
  return [
    result,
    ...records.map(({ owner, relation, strategy, rows }) => `${place(owner, relation)} ${strategy} ${rows}`),
  ]
}

async function codeOf(write: () => unknown): Promise<string> {
  try {
    await write()
    return "done"
  } catch (error) {
    return error instanceof TenantFailsafeError ? error.code : String(error)
  }
}

function place(owner: string, relation: string | null): string {
  return relation === null ? owner : `${owner}.${relation}`
}
