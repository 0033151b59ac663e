import {
  alternatives,
  is,
  isColumn,
  names,
  selectDepths,
  unwrapped,
  type Expression,
  type Token,
} from "./expression.ts"

/** The parts of a condition, joined by OR, that have nothing to do with the tenant: what they allow, they allow to everybody. */
export function unboundParts(expression: Expression, tenantColumns: readonly string[]): Expression[] {
  return alternatives(expression).filter(
    (part) => !isAboutNobody(part, tenantColumns) && !(names(part, tenantColumns) && asksTheSession(part)),
  )
}

/** Whether the condition lets rows without a tenant pass. */
export function letsSharedPass(expression: Expression, tenantColumns: readonly string[]): boolean {
  return alternatives(expression).some((part) => isAboutNobody(part, tenantColumns))
}

/** `merchant_id is null` */
function isAboutNobody(part: Expression, columns: readonly string[]): boolean {
  const [value, rest] = [unwrapped(part.slice(0, -2)), part.slice(-2)]
  return is(rest[0], "is") && is(rest[1], "null") && value.length <= 3 && names(value, columns)
}

/** A condition that calls no function and reads no table can only compare a row with itself and with constants. */
function asksTheSession(part: Expression): boolean {
  return part.some(
    (token, index) =>
      ["from", "current_user", "session_user", "current_role", "user"].some((word) => is(token, word)) ||
      isCall(part, index),
  )
}

const notFunctions = [
  "and",
  "or",
  "not",
  "in",
  "any",
  "all",
  "some",
  "exists",
  "array",
  "row",
  "select",
  "where",
  "case",
  "when",
]

function isCall(expression: Expression, index: number): boolean {
  const token = expression[index]!
  return (
    token.kind === "name" && is(expression[index + 1], "(") && (token.isQuoted || !notFunctions.includes(token.text))
  )
}

/** Whether a function with this name is called. */
export function calls(expression: Expression, name: string): boolean {
  return expression.some((token, index) => token.text === name && isCall(expression, index))
}

/** The types to which the columns are cast; PostgreSQL prints the cast of a column behind its parentheses. */
export function castsOf(expression: Expression, columns: readonly string[]): string[] {
  return expression.flatMap((token, index) => {
    if (!isColumn(expression, index) || !columns.includes(token.text)) return []
    const cast = is(expression[index + 1], ")") ? index + 2 : index + 1
    return is(expression[cast], "::") ? [typeAfter(expression, cast)] : []
  })
}

function typeAfter(expression: Expression, cast: number): string {
  const type: string[] = []
  for (const token of expression.slice(cast + 1)) {
    if (token.kind !== "name" || ["and", "or", "is", "in", "not"].some((word) => is(token, word))) break
    type.push(token.text)
  }
  return type.join(" ")
}

/** Whether a value is looked up with IN in what a sub-select returns. */
export function looksUpWithIn(expression: Expression): boolean {
  return expression.some(
    (token, index) => is(token, "in") && is(expression[index + 1], "(") && is(expression[index + 2], "select"),
  )
}

/** Calls that are the same for every row of a statement, and stand in no sub-select: PostgreSQL runs them for each row. */
export function callsPerRow(expression: Expression): { readonly from: Token; readonly to: Token }[] {
  const depths = selectDepths(expression)
  return expression.flatMap((token, index) => {
    if (depths[index] !== 0 || !isCall(expression, index)) return []
    const end = closing(expression, index + 1)
    const isOfSchema = is(expression[index - 1], ".")
    const isAlwaysSame = isOfSchema
      ? end === index + 2
      : token.text === "current_setting" || isTenantCall(token, end - index)
    return isAlwaysSame ? [{ from: expression[isOfSchema ? index - 2 : index]!, to: expression[end]! }] : []
  })
}

/** Without its schema where the search_path has it. */
function isTenantCall({ text }: Token, length: number): boolean {
  return length === 2 && (text === "tenant" || text === "tenants")
}

function closing(expression: Expression, start: number): number {
  let depth = 0
  for (let index = start; index < expression.length; index++) {
    depth += Number(is(expression[index], "(")) - Number(is(expression[index], ")"))
    if (depth === 0) return index
  }
  return expression.length - 1
}
