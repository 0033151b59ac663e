import { identifier, storedName } from "./sql-text.ts"
import { castType } from "./sql-types.ts"

/**
 * Whether a condition is, as PostgreSQL prints it, one that this package wrote: without the parentheses, the names of schemas and the casts to
 * text that it adds. What differs in nothing else is taken for the same: not a proof against somebody who rewrites a policy by hand, which
 * is what the audit is for.
 */
export function isSameExpression(printed: string, written: string): boolean {
  return canonical(printed) === canonical(written)
}

const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"(?:\[\])?|[\p{L}_][\p{L}\p{N}_$]*(?:\[\])?|\d+|::|<=|>=|<>|!=|[^\s]/gu
const multiword = /\b(character varying|double precision)\b/gi

function canonical(expression: string): string {
  const words = [...expression.replace(multiword, (type) => `"${type.toLowerCase()}"`).matchAll(tokens)]
    .map(([token]) => token)
    .filter((token) => token !== "(" && token !== ")")
    .map(plain)
  return withoutSchemas(withoutAliases(withoutCasts(words))).join(" ")
}

/** Quotes that a name does not need, the case of what has none, and what PostgreSQL cuts off. */
function plain(token: string): string {
  if (token.startsWith("'")) return token
  if (!token.startsWith('"')) return token.toLowerCase()
  const list = token.endsWith("[]") ? "[]" : ""
  const name = storedName(token.slice(1, token.length - 1 - list.length).replaceAll('""', '"'))
  const needsQuotes = !/^[a-z_][a-z0-9_$]*$/.test(name) || name === "as" || name === "from"
  return `${needsQuotes ? identifier(name) : name}${list}`
}

/** A cast to text says nothing where the value is a text; other types go by several names. */
function withoutCasts(words: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    if (word !== "::") {
      kept.push(word)
      continue
    }
    const type = words[++index]!
    const name = castType(type.replace(/^"|"$|\[\]$/g, ""))
    if (name !== undefined) kept.push("::", type.endsWith("[]") ? `${name}[]` : name)
  }
  return kept
}

/** PostgreSQL names what a sub-select returns. */
function withoutAliases(words: readonly string[]): string[] {
  return words.filter((word, index) => word !== "as" && words[index - 1] !== "as")
}

/** A schema is printed only where the `search_path` does not have it; what stands before a column is never left out. */
function withoutSchemas(words: readonly string[]): string[] {
  return words.filter((_, index) => !isSchema(words, index) && !(words[index] === "." && isSchema(words, index - 1)))
}

function isSchema(words: readonly string[], index: number): boolean {
  if (words[index + 1] !== ".") return false
  const call = words[index + 2]
  return words[index] === "pg_catalog" || words[index - 1] === "from" || call === "tenant" || call === "tenants"
}
