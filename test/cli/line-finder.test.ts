import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LineFinder } from "../../src/cli/line-finder.ts"
import { printedSeed } from "./support/seed.ts"

function found(chunks: readonly Buffer[]) {
  const hits: string[] = []
  const finder = new LineFinder("needle", (line) => hits.push(line.toString()))
  for (const chunk of chunks) finder.push(chunk)
  finder.end()
  return { hits, ...finder.counts }
}

const megabyte = 1 << 20

describe("LineFinder", () => {
  it("finds the lines with the needle, however the stream is cut", () => {
    const seed = printedSeed("line-finder.test.ts")
    const piece = fc.constantFrom("needle", "need", "le", "\n", "\n\n", "\r\n", "x", "{}", "é")
    const property = fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
      const text = Buffer.from(pieces.join(""))
      const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length]
      const chunks = edges.slice(1).map((edge, index) => text.subarray(edges[index], edge))
      const expected = text
        .toString()
        .split("\n")
        .filter((line) => line.includes("needle"))

      expect(found(chunks)).toMatchObject({ hits: expected, bytes: text.length, tooLong: 0 })
    })
    fc.assert(property, { seed, numRuns: 1000 })
  })

  it("counts all lines, the last one without an end as well", () => {
    const count = (text: string): number => {
      const finder = new LineFinder("needle", () => undefined)
      finder.push(Buffer.from(text))
      finder.end()
      return finder.counts.lines
    }

    expect(["", "a", "a\n", "a\nb", "\n\n"].map(count)).toEqual([0, 1, 1, 2, 2])
  })

  it.each([
    ["with the needle, in pieces", ["x".repeat(megabyte), "nee", "dle", "y".repeat(megabyte), "\nneedle\n"], 1],
    ["with the needle, at once", [`${"x".repeat(megabyte)}needle\nneedle\n`], 1],
    ["with the needle, within whole lines", [`\n${"x".repeat(megabyte)}needle\nneedle\n`], 1],
    ["without it", ["x".repeat(2 * megabyte), "\nneedle\n"], 0],
    ["that never ends", ["needle\n", "x".repeat(megabyte), "needle"], 1],
  ])("skips a line of more than a megabyte %s", (_, chunks, tooLong) => {
    expect(found(chunks.map((chunk) => Buffer.from(chunk)))).toMatchObject({ hits: ["needle"], tooLong })
  })
})
