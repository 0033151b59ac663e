/**
 * The text as the page is to show it: characters without ink as `⟨U+202E⟩`. The oracle of the page's own way to tell them apart: a table
 * of code points out of the Unicode character database instead of properties in a regular expression.
 */
export function spelledOut(text: string): string {
  return Array.from(text, (character) => (hasNoInk(character.codePointAt(0)!) ? spelling(character) : character)).join(
    "",
  )
}

function hasNoInk(point: number): boolean {
  return unseen.some(([from, to]) => from <= point && point <= to)
}

function spelling(character: string): string {
  return `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`
}

const unseen: readonly (readonly [from: number, to: number])[] = [
  // Control characters and the soft hyphen
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0x00ad, 0x00ad],
  // Spaces other than the plain one
  [0x00a0, 0x00a0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  // Joiners, fillers, marks of scripts
  [0x034f, 0x034f],
  [0x0600, 0x0605],
  [0x061c, 0x061c],
  [0x06dd, 0x06dd],
  [0x070f, 0x070f],
  [0x0890, 0x0891],
  [0x08e2, 0x08e2],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x3164, 0x3164],
  [0xffa0, 0xffa0],
  // Zero-width characters, separators, bidi controls
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xfff0, 0xfffb],
  // Halves of surrogate pairs
  [0xd800, 0xdfff],
  // Beyond the basic plane
  [0x110bd, 0x110bd],
  [0x110cd, 0x110cd],
  [0x13430, 0x1343f],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
]
