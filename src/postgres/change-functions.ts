import type { LiveFunction, LiveFunctions } from "./catalog.ts"
import type { Change } from "./change.ts"
import { isSameExpression } from "./same-expression.ts"
import { identifier } from "./sql-text.ts"
import { dropSchemaIfEmpty, functionTexts, type FunctionText, type TenantFunctions } from "./tenant-functions.ts"

/** The schema of the functions, open to everybody, and the functions, each only where it is not there as it should be. */
export function functionChanges(functions: TenantFunctions, live: LiveFunctions | undefined): Change[] {
  const schema = identifier(functions.schema)
  const changes: Change[] = []
  if (live?.hasSchema !== true) {
    changes.push({ up: [`create schema if not exists ${schema}`], down: [dropSchemaIfEmpty(functions.schema)] })
  }
  if (live?.isOpen !== true) {
    // Where the schema is taken back as well, so is what was granted on it.
    const down = live?.hasSchema === true ? [`revoke usage on schema ${schema} from public`] : []
    changes.push({ up: [`grant usage on schema ${schema} to public`], down })
  }
  // The functions that verify a signature answer the same questions, and are not to be weakened.
  if (live?.byName.has("signed_tenants") === true) return changes
  return [...changes, ...functionTexts(functions).flatMap((text) => functionChange(text, functions, live))]
}

function functionChange(
  { name, body, create }: FunctionText,
  { schema }: TenantFunctions,
  live: LiveFunctions | undefined,
): Change[] {
  const existing = live?.byName.get(name)
  if (existing === undefined)
    return [{ up: [create], down: [`drop function if exists ${identifier(schema)}.${name}()`] }]
  if (isOwnFunction(existing, body)) return []
  return [{ up: [create], down: [existing.definition] }]
}

/** Whether a function of the database is the one that a plan creates. */
export function isOwnFunction(existing: LiveFunction, body: string): boolean {
  return existing.body !== null && isSameExpression(existing.body, `return ${body}`)
}
