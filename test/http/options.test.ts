import { describe, expect, it } from "vitest"
import { tenantScope } from "../../src/express/index.ts"
import {
  firstOf,
  fromClaim,
  fromHeader,
  fromPath,
  fromQuery,
  fromSession,
  fromSubdomain,
  lookup,
} from "../../src/http/index.ts"

const one = (): number => 1

function refusalOf(options: unknown): { code: string; message: string } {
  try {
    tenantScope(options as never)
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error("The options were accepted.")
}

describe("tenantScope refuses to start", () => {
  it.each([
    ['fromHeader("x-merchant")', fromHeader("x-merchant")],
    ['fromQuery("merchant")', fromQuery("merchant")],
    ['fromPath("merchant")', fromPath("merchant")],
    ['fromSubdomain({ of: "shop.example" })', fromSubdomain({ of: "shop.example" })],
    ['lookup(fromHeader("x-merchant"))', lookup(fromHeader("x-merchant"), () => 1)],
    ['firstOf(fromClaim("merchant"), fromQuery("merchant"))', firstOf(fromClaim("merchant"), fromQuery("merchant"))],
  ])("with %s alone, which the client controls", (label, resolve) => {
    expect(refusalOf({ resolve })).toMatchObject({
      code: "OPTION_INVALID",
      message:
        `${label} lets the client choose its tenant. Pass authorize: (request, tenant) => isMember(request.user, tenant), or ` +
        "trustClient: 'reason' if something in front of this server has verified it.",
    })
  })

  it.each([
    [
      "no options",
      undefined,
      "OPTION_INVALID",
      "tenantScope needs options. Pass at least { resolve: fromClaim('tenant') }.",
    ],
    [
      "no resolve",
      {},
      "OPTION_INVALID",
      "resolve must be a function of the request, or a resolver such as fromClaim('tenant').",
    ],
    [
      "an unknown option",
      { resolve: one, authorise: () => true },
      "OPTION_INVALID",
      "'authorise' is no option of tenantScope. Did you mean 'authorize'?",
    ],
    [
      "an authorize that is no function",
      { resolve: one, authorize: true },
      "OPTION_INVALID",
      "authorize must be a function.",
    ],
    [
      "a timeout of nothing",
      { resolve: one, timeout: 0 },
      "OPTION_INVALID",
      "timeout must be a whole number of milliseconds, at least 1.",
    ],
    [
      "a blank reason",
      { resolve: fromHeader("x"), trustClient: " " },
      "REASON_MISSING",
      "trustClient needs a reason: a sentence that tells a reader why clients are trusted.",
    ],
  ])("with %s", (_, options, code, message) => {
    expect(refusalOf(options)).toMatchObject({ code, message })
  })

  it.each([
    ["fromHeader", () => fromHeader("")],
    ["fromSession", () => fromSession(undefined as never)],
    ["firstOf", () => firstOf()],
  ])("with %s of nothing", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }) as Error)
  })
})

describe("tenantScope starts", () => {
  it.each([
    ["with a resolver that the server vouches for", { resolve: fromClaim("merchant") }],
    ["with a session", { resolve: fromSession("merchant") }],
    ["with a function", { resolve: one }],
    ["with authorize", { resolve: fromHeader("x"), authorize: () => true }],
    ["with a reason to trust", { resolve: fromHeader("x"), trustClient: "a gateway sets it" }],
  ])("%s", (_, options) => {
    expect(() => tenantScope(options)).not.toThrow()
  })
})
