/** A word of an expression as PostgreSQL prints it. */
export interface Token {
  readonly kind: "name" | "string" | "number" | "sign"
  /** Names without their quotes; those without any in lower case. */
  readonly text: string
  /** Where it stands in the expression. */
  readonly start: number
  readonly end: number
  /** Whether a name was in quotes, so that it is no word of the language. */
  readonly isQuoted: boolean
}

/** The words of a condition, or of a part of one. */
export type Expression = readonly Token[]

const words =
  /(?<string>e?'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*")|(?<name>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\d+(?:\.\d+)?)|(?<sign>::|<=|>=|<>|!=|[^\s])/giu

/** The words of a condition. */
export function expressionOf(text: string): Expression {
  return [...text.matchAll(words)].map(({ 0: found, index, groups }) => {
    const { string, quoted, name, number } = groups!
    const place = { start: index, end: index + found.length, isQuoted: quoted !== undefined }
    if (string !== undefined) return { kind: "string", text: found, ...place }
    if (quoted !== undefined) return { kind: "name", text: quoted.slice(1, -1).replaceAll('""', '"'), ...place }
    if (name !== undefined) return { kind: "name", text: found.toLowerCase(), ...place }
    return { kind: number === undefined ? "sign" : "number", text: found, ...place }
  })
}

/** Whether it is this word of the language, or this sign. */
export function is(token: Token | undefined, text: string): boolean {
  return token !== undefined && !token.isQuoted && token.kind !== "string" && token.text === text
}

/** The parts that are joined by a word where nothing surrounds it; the whole where there is none. */
export function splitAt(expression: Expression, word: string): Expression[] {
  const inner = unwrapped(expression)
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of inner) {
    depth += opens(token) - closes(token)
    if (depth === 0 && is(token, word)) parts.push([])
    else parts.at(-1)!.push(token)
  }
  return parts.map(unwrapped)
}

/** What the condition holds for where one of these does: its operands of OR, however deep. */
export function alternatives(expression: Expression): Expression[] {
  const parts = splitAt(expression, "or")
  return parts.length === 1 ? parts : parts.flatMap(alternatives)
}

/** Without the parentheses around all of it. */
export function unwrapped(expression: Expression): Expression {
  if (!is(expression[0], "(")) return expression
  let depth = 0
  for (const [index, token] of expression.entries()) {
    depth += opens(token) - closes(token)
    if (depth === 0) return index === expression.length - 1 ? unwrapped(expression.slice(1, -1)) : expression
  }
  return expression
}

/** Whether a column is named; not a function or a schema of that name. */
export function names(expression: Expression, columns: readonly string[]): boolean {
  return expression.some((token, index) => isColumn(expression, index) && columns.includes(token.text))
}

/** Whether a word is the last part of a column's name. */
export function isColumn(expression: Expression, index: number): boolean {
  return expression[index]!.kind === "name" && !is(expression[index + 1], "(") && !is(expression[index + 1], ".")
}

/** For each word, how many sub-selects it stands in. */
export function selectDepths(expression: Expression): number[] {
  const open: boolean[] = []
  return expression.map((token, index) => {
    if (is(token, "(")) open.push(is(expression[index + 1], "select"))
    if (is(token, ")")) open.pop()
    return open.filter(Boolean).length
  })
}

function opens(token: Token): number {
  return Number(["(", "[", "case"].some((text) => is(token, text)))
}

function closes(token: Token): number {
  return Number([")", "]", "end"].some((text) => is(token, text)))
}
