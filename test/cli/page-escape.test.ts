import { describe, expect, it } from "vitest"
import { code, markup, name, visible } from "../../src/cli/page/escape.ts"

describe("markup", () => {
  it("escapes strings, in text and in attributes", () => {
    const hostile = `<img src=x onerror="alert('1 & 2')">`

    const { source } = markup`<p title="${hostile}">${hostile}</p>`

    const escaped = "&#60;img src=x onerror=&#34;alert(&#39;1 &#38; 2&#39;)&#34;&#62;"
    expect(source).toBe(`<p title="${escaped}">${escaped}</p>`)
  })

  it("takes its own result as it is, lists one after the other, and undefined as nothing", () => {
    const { source } = markup`<ul>${[markup`<li>${1}</li>`, "<li>"]}</ul>${undefined}`

    expect(source).toBe("<ul><li>1</li>&#60;li&#62;</ul>")
  })

  it("does not take an object that looks like its result for one", () => {
    const forged = { source: "<script></script>" } as unknown as string

    expect(() => markup`${forged}`).toThrow(TypeError)
  })

  it("drops the indentation of the template, and not that of values", () => {
    const { source } = markup`<p>
      ${markup`a`}
      ${code("b\n      c")}
    </p>`

    expect(source).toBe("<p>\na\nb\n      c\n</p>")
  })
})

describe("visible", () => {
  it.each([
    ["a right-to-left override", "user\u202Egnp.ts", "user⟨U+202E⟩gnp.ts"],
    ["an isolate and its end", "\u2066a\u2069", "⟨U+2066⟩a⟨U+2069⟩"],
    ["a zero-width space", "Cus\u200Btomer", "Cus⟨U+200B⟩tomer"],
    ["a byte order mark", "\uFEFFCustomer", "⟨U+FEFF⟩Customer"],
    ["a filler that has no ink", "\u3164", "⟨U+3164⟩"],
    ["a no-break space", "a\u00A0b", "a⟨U+00A0⟩b"],
    ["control characters", "a\u0000\n\u001B[31m", "a⟨U+0000⟩⟨U+000A⟩⟨U+001B⟩[31m"],
    ["a line separator", "a\u2028b", "a⟨U+2028⟩b"],
    ["half of a surrogate pair", "\uD83Da", "⟨U+D83D⟩a"],
    ["a tag character beyond the basic plane", "\u{E0041}", "⟨U+E0041⟩"],
  ])("spells %s out", (_, text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  it("leaves everything with ink alone, and the plain space", () => {
    const text = "Kunde.größe Größe משתמש 客户 😀 a  b <&>"

    expect(visible(text)).toBe(text)
  })
})

describe("code", () => {
  it("keeps line breaks and tabs, spells out the rest, and takes CRLF for a line break", () => {
    expect(code("if (a < b)\r\n\treturn\u202E\rx").source).toBe("if (a &#60; b)\n\treturn⟨U+202E⟩⟨U+000D⟩x")
  })
})

describe("name", () => {
  it("may break at slashes, dots and humps", () => {
    const { source } = name("src/shop/orderLines.ts", "mono")

    expect(source).toBe('<bdi class="name mono">src/<wbr>shop/<wbr>order<wbr>Lines<wbr>.ts</bdi>')
  })
})
