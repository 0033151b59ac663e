import { describe, expect, it } from "vitest"
import { isAlwaysTrue } from "../../../src/postgres/audit/always-true.ts"
import { expressionOf } from "../../../src/postgres/audit/expression.ts"
import { callsPerRow, castsOf, looksUpWithIn, unboundParts } from "../../../src/postgres/audit/tenant-terms.ts"

// As PostgreSQL 18.4 prints them.
describe("isAlwaysTrue", () => {
  const judge = (text: string) => isAlwaysTrue(expressionOf(text), new Set(["tenant_id", "Tenant id"]))

  it.each([
    "true",
    "(true)",
    "(1 = 1)",
    "('a'::text = 'a'::text)",
    "(1 < 2)",
    "(2 >= 2)",
    "('a'::text <> 'b'::text)",
    "(tenant_id IS NOT NULL)",
    '("Tenant id" IS NOT NULL)',
    "((tenant_id)::text IS NOT NULL)",
    "(t.tenant_id IS NOT NULL)",
    "(tenant_id = tenant_id)",
    "(NOT false)",
    "(NOT (1 = 2))",
    "( SELECT true)",
    "( SELECT (1 = 1) AS yes)",
    "((tenant_id = ( SELECT app.tenant())) OR true)",
    "((tenant_id IS NOT NULL) AND (1 = 1))",
  ])("sees that %s is", (text) => {
    expect(judge(text)).toBe(true)
  })

  it.each([
    "false",
    "(1 = 2)",
    "(2 < 1)",
    "('a'::text < 'b'::text)",
    "(tenant_id = ( SELECT (app.tenant())::integer AS tenant))",
    "(note IS NOT NULL)",
    "(note = note)",
    "(tenant_id IS NULL)",
    "(tenant_id <> tenant_id)",
    "(NOT true)",
    "(NOT (tenant_id = 1))",
    "((tenant_id = 1) AND true)",
    "( SELECT true FROM app.switch)",
    "('true'::text = note)",
    '("true" = 1)',
    "((note)::text = 'x OR true'::text)",
    "(EXISTS ( SELECT 1 FROM school s WHERE (true OR (s.id = school_id))))",
  ])("does not say so of %s", (text) => {
    expect(judge(text)).toBe(false)
  })
})

describe("unboundParts", () => {
  const judge = (text: string) =>
    unboundParts(expressionOf(text), ["tenant_id"]).map((part) => text.slice(part[0]!.start, part.at(-1)!.end))

  it.each<[string, string[]]>([
    ["(tenant_id = ( SELECT (app.tenant())::integer AS tenant))", []],
    ["((tenant_id IS NULL) OR (tenant_id = ANY (( SELECT app.tenants() AS tenants)::integer[])))", []],
    ["((t.tenant_id IS NULL) OR ((tenant_id)::name = CURRENT_USER))", []],
    ["(tenant_id IN ( SELECT m.tenant_id FROM membership m WHERE (m.who = CURRENT_USER)))", []],
    [
      "((tenant_id = app.tenant()) OR (current_setting('app.all'::text, true) = 'on'::text))",
      ["current_setting('app.all'::text, true) = 'on'::text"],
    ],
    ["(tenant_id = 5)", ["tenant_id = 5"]],
    ["((id > 4) OR ((tenant_id = app.tenant()) AND ((id = 1) OR (id = 2))))", ["id > 4"]],
    ["((note = 'tenant_id'::text) AND (id = app.me()))", ["(note = 'tenant_id'::text) AND (id = app.me())"]],
    ["(tenant_id.x = app.me())", ["tenant_id.x = app.me()"]],
  ])("of %s are %j", (text, parts) => {
    expect(judge(text)).toEqual(parts)
  })
})

describe("castsOf", () => {
  it.each<[string, string[]]>([
    ["((tenant_id)::text = ( SELECT app.tenant() AS tenant))", ["text"]],
    ["(tenant_id = ( SELECT (app.tenant())::integer AS tenant))", []],
    ["((t.tenant_id)::character varying)", ["character varying"]],
    ["((note)::text = 'tenant_id'::text)", []],
  ])("of %s are %j", (text, casts) => {
    expect(castsOf(expressionOf(text), ["tenant_id"])).toEqual(casts)
  })
})

describe("looksUpWithIn", () => {
  it.each([
    ["(a IN ( SELECT school.id FROM school))", true],
    ["(NOT (a IN ( SELECT 4)))", true],
    ["(a = ANY (ARRAY[1, 2]))", false],
    ["(a = 'x IN ( SELECT 1)'::text)", false],
    ["(a = ANY (ARRAY( SELECT 1)))", false],
  ])("is, of %s, %j", (text, expected) => {
    expect(looksUpWithIn(expressionOf(text))).toBe(expected)
  })
})

describe("callsPerRow", () => {
  const judge = (text: string) => callsPerRow(expressionOf(text)).map(({ from, to }) => text.slice(from.start, to.end))

  it.each<[string, string[]]>([
    ["(a = (app.tenant())::integer)", ["app.tenant()"]],
    ["(a = (tenant())::integer)", ["tenant()"]],
    [
      "(a = (NULLIF(current_setting('app.t'::text, true), ''::text))::integer)",
      ["current_setting('app.t'::text, true)"],
    ],
    ["(a = ( SELECT (app.tenant())::integer AS tenant))", []],
    ["(app.may_read(a) AND (b < now()))", []],
    ['(a = "My app"."tenant id"())', ['"My app"."tenant id"()']],
  ])("in %s are %j", (text, calls) => {
    expect(judge(text)).toEqual(calls)
  })
})
