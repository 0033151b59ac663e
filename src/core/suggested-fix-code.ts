const width = 120

/** A piece of TypeScript that can be broken into lines. */
export type Code = string | Group

interface Group {
  readonly kind: "call" | "list" | "object"
  readonly open: string
  readonly items: readonly (readonly [label: string, value: Code])[]
  readonly close: string
}

/** Prints code in as many lines as it needs, the first of which starts `before` characters right of the indentation. */
export function print(code: Code, indent = "", before = 0, after = 0): string {
  const flat = flatten(code)
  if (typeof code === "string" || indent.length + before + flat.length + after <= width) return flat
  return printLastOpen(code, indent, before) ?? printOpen(code, indent)
}

/** A chain of calls on a name. */
export function printChain(before: string, name: string, calls: readonly Code[], indent = ""): string {
  const flat = `${before}${name}${calls.map((link) => `.${flatten(link)}`).join("")}`
  if (indent.length + flat.length <= width) return flat
  if (calls.length === 1) return `${before}${name}.${print(calls[0]!, indent, before.length + name.length + 1)}`
  const inner = `${indent}  `
  // A formatter takes a long string to a line of its own, but no template.
  if (calls.length === 0) return name.startsWith("`") ? flat : `${before.trimEnd()}\n${inner}${name}`
  return [`${before}${name}`, ...calls.map((link) => `${inner}.${print(link, inner, 1)}`)].join("\n")
}

export function call(name: string, ...values: readonly Code[]): Code {
  return { kind: "call", open: `${name}(`, items: values.map((value) => ["", value]), close: ")" }
}

export function list(...values: readonly Code[]): Code {
  return { kind: "list", open: "[", items: values.map((value) => ["", value]), close: "]" }
}

/** Of a property whose value is a variable of the same name, the name alone is printed. */
export function object(properties: Readonly<Record<string, Code>>): Code {
  const items = Object.entries(properties).map(([name, value]): [string, Code] =>
    name === value ? ["", value] : [`${isName(name) ? name : text(name)}: `, value],
  )
  return { kind: "object", open: "{", items, close: "}" }
}

export function text(value: string): string {
  return JSON.stringify(value)
}

function isName(value: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(value)
}

function flatten(code: Code): string {
  if (typeof code === "string") return code
  const items = code.items.map(([label, value]) => `${label}${flatten(value)}`).join(", ")
  const gap = code.kind === "object" ? " " : ""
  return `${code.open}${gap}${items}${gap}${code.close}`
}

/** The arguments of a call stay on its line where the last one is an object that can be broken instead. */
function printLastOpen({ kind, open, items, close }: Group, indent: string, before: number): string | undefined {
  const last = items.at(-1)?.[1]
  if (kind !== "call" || last === undefined || typeof last === "string" || last.kind !== "object") return undefined
  const head =
    open +
    items
      .slice(0, -1)
      .map(([, value]) => `${flatten(value)}, `)
      .join("")
  if (indent.length + before + head.length + last.open.length > width) return undefined
  return `${head}${printOpen(last, indent)}${close}`
}

function printOpen({ open, items, close }: Group, indent: string): string {
  const inner = `${indent}  `
  const lines = items.map(([label, value]) => `${inner}${label}${print(value, inner, label.length, 1)},`)
  return [open, ...lines, `${indent}${close}`].join("\n")
}
