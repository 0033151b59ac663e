import { describe, expect, it } from "vitest"
import { recordsIn } from "../../src/cli/records-in-line.ts"
import { wrappings } from "./support/noise.ts"
import { overflow, recordOf } from "./support/records.ts"

const record = recordOf()
const json = JSON.stringify(record)

describe("a record is found", () => {
  it.each(Object.entries(wrappings))("%s", (_, wrap) => {
    expect(recordsIn(wrap(record))).toEqual({ records: [record], isUnreadable: false })
  })

  it("each time, where a line holds several", () => {
    expect(recordsIn(`${json} ${JSON.stringify(overflow)}`).records).toEqual([record, overflow])
  })

  it("each time, where a list holds equal ones", () => {
    expect(recordsIn(JSON.stringify({ lines: [json, json] })).records).toEqual([record, record])
  })

  it("with what is optional", () => {
    const full = recordOf({
      route: "/customers/:id",
      release: "7",
      trace_id: "4bf9",
      strategy: "joined",
      fix: "a\n\tb",
    })

    expect(recordsIn(JSON.stringify(full)).records).toEqual([full])
  })

  it("without what is optional and belongs to the logger", () => {
    expect(recordsIn(JSON.stringify({ ...record, route: { path: "/" }, release: 7 })).records).toEqual([record])
  })
})

const twice = (key: string, value: string): string => json.replace("{", `{"${key}":${value},`)

describe("a line is unreadable", () => {
  it.each([
    ["with half a record", json.slice(0, -20)],
    ["with half a record behind a whole one", `${json} ${json.slice(0, -20)}`],
    ["with half a record before a whole one", `${json.slice(0, -20)} ${json}`],
    ["with an escaped half of a record", JSON.stringify({ log: json }).slice(0, -40)],
    ["with a record of another version", JSON.stringify({ ...record, v: 2 })],
    ["with a record of no version", JSON.stringify({ ...record, v: undefined })],
    ["with a version as a text", JSON.stringify({ ...record, v: "1" })],
    ["with a count that is none", JSON.stringify({ ...record, events: -1 })],
    ["with a count as a text", JSON.stringify({ ...record, dropped: "4" })],
    ["with a count that is a fraction", JSON.stringify({ ...record, rows: 0.5 })],
    ["with too large a count", json.replace('"events":1', '"events":9007199254740992')],
    ["with an endless count", json.replace('"events":1', '"events":1e999')],
    ["with another fingerprint", JSON.stringify({ ...record, fingerprint: "v1:<script>" })],
    ["with a time that is none", JSON.stringify({ ...record, lastSeen: "yesterday" })],
    ["with a day that is none", JSON.stringify({ ...record, lastSeen: "2026-13-45T00:00:00.000Z" })],
    ["with a time that is a number", JSON.stringify({ ...record, lastSeen: 1 })],
    ["with another kind", JSON.stringify({ ...record, what: "__proto__" })],
    ["with a list for a name", JSON.stringify({ ...record, owner: ["Customer"] })],
    ["without an owner", JSON.stringify({ ...record, owner: undefined })],
    ["with too long a name", JSON.stringify({ ...record, owner: "x".repeat(513) })],
    ["with a field twice, of which the second counts", twice("v", "1").replace('"v":1,"kind"', '"v":3,"kind"')],
    ["with a record below a thousand levels", `${'{"a":'.repeat(1000)}${json}${"}".repeat(1000)}`],
    ["as an object is inspected", "{ event: 'tenant_leak', v: 1, kind: 'first' }"],
    ["in logfmt", "level=warn event=tenant_leak v=1 kind=first"],
  ])("%s", (_, line) => {
    expect(recordsIn(line).isUnreadable).toBe(true)
  })

  it("but what is whole in it counts", () => {
    expect(recordsIn(`${json} ${json.slice(0, -20)}`).records).toEqual([record])
  })
})

describe("a line is neither a record nor unreadable", () => {
  it.each([
    ["with the word alone", "the channel tenant_leak was opened"],
    ["with another event", JSON.stringify({ ...record, event: "tenant_leakage" })],
    ["with the word as another field", JSON.stringify({ event: "order", note: "tenant_leak" })],
    ["with what looks like a prototype", '{"__proto__":{"note":"tenant_leak"}}'],
    ["of openings that nothing closes", `${'{"'.repeat(200_000)}tenant_leak`],
    ["of backslashes", `"{${"\\".repeat(200_000)}"tenant_leak`],
    ["of spaces", `{${" ".repeat(400_000)}"tenant_leak`],
  ])("%s", (_, line) => {
    expect(recordsIn(line)).toEqual({ records: [], isUnreadable: false })
  })
})

it("reads a field that stands twice as JSON has it: the second counts", () => {
  expect(recordsIn(twice("events", "7")).records).toEqual([record])
})

it("gives no object another prototype", () => {
  recordsIn(`{"__proto__":{"polluted":true},"a":${json}}`)

  expect({}).not.toHaveProperty("polluted")
})

it("cleans names of what would rewrite a terminal's line or a reviewer's", () => {
  const hostile = recordOf({
    owner: "A\u001B[2J\u0007B",
    relation: "a\nb\tc\rd",
    child: "x\u202Ey\u2066z\u200B",
    column: "a\uD800b\u2028",
    route: "/\u0000\u009B",
    fix: "a\r\n\tb\u001Bc",
  })

  expect(recordsIn(JSON.stringify(hostile)).records).toMatchObject([
    {
      owner: "A\uFFFD[2J\uFFFDB",
      relation: "a\uFFFDb\uFFFDc\uFFFDd",
      child: "x\uFFFDy\uFFFDz\uFFFD",
      column: "a\uFFFDb\uFFFD",
      route: "/\uFFFD\uFFFD",
      fix: "a\n\tb\uFFFDc",
    },
  ])
})
