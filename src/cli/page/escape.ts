/** Text that is HTML already. Only the functions of this file make it, so a plain string cannot be taken for it. */
export class Html {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

/** What can stand in an `markup` template: strings are escaped, `undefined` is nothing. */
export type Part = Html | string | number | undefined | readonly Part[]

/**
 * A template whose values are escaped, in text and in double-quoted attributes alike. Characters that cannot be seen stand
 * as `⟨U+202E⟩`.
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => unindented(text) + sourceOf(parts[index])).join(""))
}

/** Lines of code as they are, escaped: line breaks and tabs stay, everything else is as in `markup`. */
export function code(text: string): Html {
  const lines = text.replaceAll("\r\n", "\n").split("\n")
  return new Html(lines.map((line) => line.split("\t").map(escape).join("\t")).join("\n"))
}

/** A name or path of code, escaped, in an element of its own: it may break at its joints, and no writing direction gets out of it. */
export function name(text: string, style = ""): Html {
  const joints = visible(text).split(/(?<=\/)|(?=\.)|(?<=[a-z])(?=[A-Z])/)
  return new Html(`<bdi class="name ${style}">${joints.map(escape).join("<wbr>")}</bdi>`)
}

/** Takes text for HTML as it is: for constants of this package, never for anything that was read. */
export function trusted(source: string): Html {
  return new Html(source)
}

/**
 * The text with what cannot be seen spelt out: bidi controls, zero-width and control characters, spaces other than the plain one,
 * halves of surrogate pairs. Two names that differ never look the same for want of ink.
 */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    const point = character.codePointAt(0) ?? 0
    return `⟨U+${point.toString(16).toUpperCase().padStart(4, "0")}⟩`
  })
}

const invisible =
  /[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}\p{Default_Ignorable_Code_Point}]|(?! )\p{Space_Separator}/gu

// A thousand findings would be indented a thousand times.
function unindented(template: string): string {
  return template.replace(/\n +/g, "\n")
}

function sourceOf(part: Part): string {
  if (part === undefined) return ""
  if (part instanceof Html) return part.source
  if (typeof part === "string") return escape(part)
  if (typeof part === "number") return String(part)
  return part.map(sourceOf).join("")
}

function escape(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
