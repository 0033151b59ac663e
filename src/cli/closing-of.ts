const quote = 0x22
const backslash = 0x5c
const openingBrace = 0x7b
const closingBrace = 0x7d

/** Where the JSON object or text that begins at `start` is over; undefined where nothing closes it. */
export function closingOf(text: string, start: number): number | undefined {
  return text.charCodeAt(start) === quote ? closingOfText(text, start) : closingOfObject(text, start)
}

function closingOfObject(text: string, start: number): number | undefined {
  let depth = 0
  for (let index = start; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (character === quote) {
      const end = closingOfText(text, index)
      if (end === undefined) return undefined
      index = end - 1
    } else if (character === openingBrace) depth++
    else if (character === closingBrace && --depth === 0) return index + 1
  }
  return undefined
}

function closingOfText(text: string, start: number): number | undefined {
  for (let index = start + 1; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (character === backslash) index++
    else if (character === quote) return index + 1
  }
  return undefined
}
