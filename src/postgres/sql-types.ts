import { identifier } from "./sql-text.ts"

const aliases: Readonly<Record<string, string>> = {
  int: "integer",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  serial: "integer",
  serial2: "smallint",
  serial4: "integer",
  serial8: "bigint",
  smallserial: "smallint",
  bigserial: "bigint",
  decimal: "numeric",
  varchar: "character varying",
  char: "character",
  bool: "boolean",
}
const numbers = ["smallint", "integer", "bigint", "numeric", "real", "double precision", "oid"]
const texts = ["text", "character varying", "character", "bpchar", "citext", "name"]
const known = new Set([...numbers, ...texts, "uuid", "boolean", "date", "inet", "bytea"])

interface SqlType {
  /** As PostgreSQL spells it, without length. */
  readonly name: string
  readonly length: string
}

/** The type of a column that is to hold the same values: never one that counts. */
export function columnType(type: string): string {
  const { name, length } = parse(type)
  return `${name}${length}`
}

/** The type to which a text is cast before it is compared with a column; undefined for a text. */
export function castType(type: string): string | undefined {
  const { name } = parse(type)
  if (name === "text" || name === "character varying") return undefined
  // `character` alone means one character.
  return name === "character" ? "bpchar" : name
}

/** What is no type of PostgreSQL's own is the name of an enum or a domain, and is quoted. */
function parse(type: string): SqlType {
  const [, word = "", length = ""] =
    /^([a-z0-9_]+(?: [a-z]+)*)\s*(\(\s*\d+\s*(?:,\s*\d+\s*)?\))?$/.exec(type.trim().toLowerCase()) ?? []
  const name = aliases[word] ?? word
  if (known.has(name)) return { name, length: length.replace(/\s+/g, "") }
  return { name: type.split(".").map(identifier).join("."), length: "" }
}
