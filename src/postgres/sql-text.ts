import { createHash } from "node:crypto"
import { invalid } from "../core/options.ts"
import type { TableName } from "../core/tenant-model.ts"

/** The one place where names become SQL. */
export function identifier(name: string): string {
  assertText(name, "name")
  if (name === "") throw invalid("A table, column, schema or role has an empty name.", {})
  return `"${name.replaceAll('"', '""')}"`
}

/** The one place where values become SQL. */
export function literal(text: string): string {
  assertText(text, "value")
  const quoted = text.replaceAll("'", "''")
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`
}

/** A text in dollar quotes that it cannot end. */
export function dollarQuoted(body: string): string {
  assertText(body, "text")
  let tag = "$tenant_failsafe$"
  for (let number = 1; body.includes(tag.slice(0, -1)); number++) tag = `$tenant_failsafe_${number}$`
  return `${tag}\n${body}\n${tag}`
}

/** A table as statements name it; left to the `search_path` where the model knows no schema. */
export function tableText({ schema, name }: TableName): string {
  return schema === undefined ? identifier(name) : `${identifier(schema)}.${identifier(name)}`
}

export function listText(names: readonly string[]): string {
  return names.map(identifier).join(", ")
}

const longest = 63

/** A name as PostgreSQL keeps it: cut off after 63 bytes, between two characters. */
export function storedName(name: string): string {
  return cut(name, longest)
}

/** A name for what this package creates: the same at each run, recognisable, unique in its schema, and not too long. */
export function ownName(...parts: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 8)
  return `${cut(`tenant_failsafe_${parts.join("_")}`, longest - hash.length - 1)}_${hash}`
}

/** Whether a name was made by `ownName`. */
export function isOwnName(name: string): boolean {
  return /^tenant_failsafe_.*_[0-9a-f]{8}$/su.test(name)
}

function cut(text: string, bytes: number): string {
  let length = 0
  let end = 0
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > bytes) break
    end += character.length
  }
  return text.slice(0, end)
}

function assertText(text: string, what: string): void {
  if (text.includes("\0")) throw invalid(`A ${what} for the database contains a NUL character.`, {})
}
