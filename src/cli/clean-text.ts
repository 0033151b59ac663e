/**
 * A text that fits into one line and says what it shows: control, bidirectional, invisible and unpaired characters become `U+FFFD`. They
 * could rewrite a terminal's line, or a reviewer's.
 */
export function cleanLine(text: string): string {
  // Nearly all names, and much faster than to look for properties of characters.
  if (/^[ -~]*$/.test(text)) return text
  return text.toWellFormed().replace(/[\p{C}\u2028\u2029]/gu, "\uFFFD")
}

/** The same for code, which may have lines and tabs. */
export function cleanCode(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("\r\n", "\n")
    .replace(/[^\P{C}\n\t]|[\u2028\u2029]/gu, "\uFFFD")
}
