import { is, isColumn, splitAt, unwrapped, type Expression } from "./expression.ts"

/**
 * Whether a condition holds for every row that has a tenant: `true`, `1 = 1`, `merchant_id = merchant_id`, `merchant_id is not null`, and
 * these joined by AND, OR and NOT, or in a sub-select of their own. What a function returns, and arithmetic, is not seen.
 */
export function isAlwaysTrue(expression: Expression, neverNull: ReadonlySet<string>): boolean {
  return truth(expression, neverNull) === true
}

type Truth = boolean | undefined

function truth(expression: Expression, neverNull: ReadonlySet<string>): Truth {
  const of = (part: Expression) => truth(part, neverNull)
  const either = splitAt(expression, "or")
  if (either.length > 1) return joined(either.map(of), true)
  const both = splitAt(expression, "and")
  if (both.length > 1) return joined(both.map(of), false)
  const leaf = selected(unwrapped(expression))
  if (is(leaf[0], "not")) return negated(of(leaf.slice(1)))
  if (leaf.length === 1 && (is(leaf[0], "true") || is(leaf[0], "false"))) return is(leaf[0], "true")
  return isPresent(leaf, neverNull) ? true : compared(leaf, neverNull)
}

/** One of them decides. */
function joined(truths: readonly Truth[], decisive: boolean): Truth {
  if (truths.includes(decisive)) return decisive
  return truths.includes(undefined) ? undefined : !decisive
}

function negated(value: Truth): Truth {
  return value === undefined ? undefined : !value
}

/** `(select true)` is `true`; PostgreSQL adds a name to what is no constant. */
function selected(expression: Expression): Expression {
  if (!is(expression[0], "select") || expression.some((token) => is(token, "from"))) return expression
  const [value] = splitAt(expression.slice(1), "as")
  return value!
}

function isPresent(leaf: Expression, neverNull: ReadonlySet<string>): boolean {
  const [value, rest] = [leaf.slice(0, -3), leaf.slice(-3)]
  return ["is", "not", "null"].every((word, index) => is(rest[index], word)) && isNeverNull(plain(value), neverNull)
}

const comparators = ["=", "<", ">", "<=", ">=", "<>", "!="]

function compared(leaf: Expression, neverNull: ReadonlySet<string>): Truth {
  let depth = 0
  const place = leaf.findIndex((token) => {
    depth += Number(is(token, "(")) - Number(is(token, ")"))
    return depth === 0 && comparators.some((sign) => is(token, sign))
  })
  if (place === -1) return undefined
  const [left, right] = [plain(leaf.slice(0, place)), plain(leaf.slice(place + 1))]
  const sign = leaf[place]!.text
  const [one, other] = [constant(left), constant(right)]
  if (one !== undefined && other !== undefined) return holds(one, sign, other)
  const isSame = left.length > 0 && text(left) === text(right) && isNeverNull(left, neverNull)
  return isSame ? ["=", "<=", ">="].includes(sign) : undefined
}

/** Without parentheses and casts. */
function plain(expression: Expression): Expression {
  const inner = unwrapped(expression)
  const cast = inner.findLastIndex((token) => is(token, "::"))
  const isLast = cast > 0 && inner.slice(cast + 1).every(({ kind }) => kind === "name")
  return isLast ? plain(inner.slice(0, cast)) : inner
}

function constant([token, ...rest]: Expression): number | string | undefined {
  if (token === undefined || rest.length > 0) return undefined
  if (token.kind === "number") return Number(token.text)
  return token.kind === "string" ? token.text : undefined
}

function holds(left: number | string, sign: string, right: number | string): Truth {
  if (sign === "=") return left === right
  if (sign === "<>" || sign === "!=") return left !== right
  // The order of texts is the database's.
  if (typeof left === "string" || typeof right === "string") return undefined
  if (sign === "<" || sign === ">") return sign === "<" ? left < right : left > right
  return sign === "<=" ? left <= right : left >= right
}

function isNeverNull(value: Expression, neverNull: ReadonlySet<string>): boolean {
  const last = value.at(-1)
  const isReference = value.length === 1 || (value.length === 3 && is(value[1], "."))
  return last !== undefined && isReference && isColumn(value, value.length - 1) && neverNull.has(last.text)
}

function text(expression: Expression): string {
  return JSON.stringify(expression.map((token) => [token.kind, token.text]))
}
