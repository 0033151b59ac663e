import { describe, expect, it } from "vitest"
import { closestName, didYouMean } from "../../src/core/closest-name.ts"

describe("closestName", () => {
  it.each([
    ["onleak", ["onLeak", "onUnknown"], "onLeak"],
    ["Adress", ["Customer", "Address"], "Address"],
    ["mercantId", ["id", "merchantId"], "merchantId"],
    ["adresses", ["address", "addresses"], "addresses"],
    ["ab", ["ba", "abc"], "abc"],
    ["TENANT", ["tenant"], "tenant"],
  ])("finds for %j among %j the candidate %j", (name, candidates, expected) => {
    expect(closestName(name, candidates)).toBe(expected)
  })

  it("is undefined when none is near", () => {
    expect(closestName("colour", ["onLeak", "roots"])).toBeUndefined()
  })

  it("is undefined without candidates", () => {
    expect(closestName("onLeak", [])).toBeUndefined()
  })

  it("takes the first of two that are equally near", () => {
    expect(closestName("ac", ["ab", "ad"])).toBe("ab")
  })

  it("allows a third of a long name to differ, and two letters of a short one", () => {
    expect(closestName("abcdefghi", ["abcdefxyz"])).toBe("abcdefxyz")
    expect(closestName("abcdefghi", ["abcdewxyz"])).toBeUndefined()
    expect(closestName("abc", ["axy"])).toBe("axy")
    expect(closestName("abc", ["wxy"])).toBeUndefined()
  })
})

describe("didYouMean", () => {
  it("is a sentence that starts with a blank", () => {
    expect(didYouMean("onleak", ["onLeak"])).toBe(" Did you mean 'onLeak'?")
  })

  it("is empty when no candidate is near", () => {
    expect(didYouMean("colour", ["onLeak"])).toBe("")
  })
})
