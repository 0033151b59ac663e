const segments = new Intl.Segmenter("en", { granularity: "grapheme" })
const wide =
  /^[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u

/** Breaks a text into lines of at most `columns` of a terminal, in which a wide character takes two; at spaces where that is near. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ""
  let width = 0
  for (const { segment } of segments.segment(text)) {
    if (width + widthOf(segment) > columns && line !== "") {
      const space = line.lastIndexOf(" ")
      const rest = segment === " " || space < line.length / 2 ? "" : line.slice(space + 1)
      lines.push(line.slice(0, line.length - rest.length).trimEnd())
      line = rest
      width = textWidth(rest)
      if (line === "" && segment === " ") continue
    }
    line += segment
    width += widthOf(segment)
  }
  return [...lines, line]
}

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  return [...segments.segment(text)].reduce((total, { segment }) => total + widthOf(segment), 0)
}

function widthOf(grapheme: string): number {
  return wide.test(grapheme) ? 2 : 1
}
