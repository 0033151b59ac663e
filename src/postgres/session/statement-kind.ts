/** What a statement means to the transaction that it runs in. `"rows"`: surely one statement, which reads or writes rows. */
export type StatementKind = "begin" | "end" | "rollback to" | "stand-alone" | "rows" | "statement"

const words = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|;)*([a-z]+)(?:\s+(?:work\s+|transaction\s+)?([a-z]+))?/i

/**
 * Reads the kind of a statement from its first words. Of several statements in one text, the first one counts: a transaction that
 * begins later in it has no tenant.
 */
export function statementKind(text: string): StatementKind {
  const [, first = "", second = ""] = words.exec(text) ?? []
  const next = second.toLowerCase()
  switch (first.toLowerCase()) {
    case "begin":
      return "begin"
    case "start":
      return "begin"
    case "rollback":
      return next === "to" ? "rollback to" : "end"
    case "commit":
    case "end":
    case "abort":
      return "end"
    case "vacuum":
      return "stand-alone"
    case "create":
    case "drop":
    case "alter":
    case "reindex":
      return isStandAlone(text, next) ? "stand-alone" : "statement"
    case "select":
    case "insert":
    case "update":
    case "delete":
    case "merge":
    case "with":
    case "values":
      // In a text of several statements, one could begin a transaction.
      return /;\s*\S/.test(text) ? "statement" : "rows"
    default:
      return "statement"
  }
}

/** What PostgreSQL 18 refuses to run inside a transaction. */
function isStandAlone(text: string, object: string): boolean {
  return object === "database" || object === "tablespace" || object === "system" || /\bconcurrently\b/i.test(text)
}
