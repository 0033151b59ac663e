import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { textWidth, wrapped } from "../../src/cli/text-width.ts"
import { printedSeed } from "./support/seed.ts"

describe("textWidth", () => {
  it.each([
    ["", 0],
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["顧客", 4],
    ["ｶﾅ", 2],
    ["Ａ", 2],
    ["한글", 4],
    ["👩‍👩‍👧", 2],
    ["\uFFFD", 1],
  ])("of %j is %d", (text, width) => {
    expect(textWidth(text)).toBe(width)
  })
})

describe("wrapped", () => {
  it.each([
    ["one two three", 8, ["one two", "three"]],
    ["one two three", 7, ["one two", "three"]],
    ["averylongword", 5, ["avery", "longw", "ord"]],
    ["a averylongword", 6, ["a aver", "ylongw", "ord"]],
    ["顧客データ", 5, ["顧客", "デー", "タ"]],
    ["", 5, [""]],
  ])("breaks %j at %d into %j", (text, columns, lines) => {
    expect(wrapped(text, columns)).toEqual(lines)
  })

  it("loses nothing but spaces, and keeps within the width", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b.", " ", "客", "👩‍👩‍👧", "/") })
    const property = fc.property(text, fc.integer({ min: 2, max: 20 }), (given, columns) => {
      const lines = wrapped(given, columns)

      expect(lines.join("").replaceAll(" ", "")).toBe(given.replaceAll(" ", ""))
      expect(lines.filter((line) => textWidth(line) > columns)).toEqual([])
    })
    fc.assert(property, { seed: printedSeed("text-width.test.ts"), numRuns: 1000 })
  })
})
