import fc from "fast-check"
import type { LeakRecord } from "../../../src/core/leak-report.ts"

const json = (value: unknown): string => JSON.stringify(value)
type Wrapping = (record: LeakRecord) => string

/** How a record may stand in a line of a log. */
export const wrappings: Readonly<Record<string, Wrapping>> = {
  "on a line of its own": json,
  "with spaces": (record) => JSON.stringify(record, null, 1).replaceAll("\n", " "),
  "behind a byte order mark": (record) => `\uFEFF${json(record)}`,
  "behind the name of a container": (record) => `web-1  | ${json(record)}`,
  "behind the prefix of a container runtime": (record) => `2026-11-20T10:15:00.000000000Z stderr F ${json(record)}`,
  "behind a host and a process": (record) => `Nov 20 10:15:00 shop-1 node[312]: ${json(record)}`,
  "behind a pod and a container": (record) => `[pod/shop-6f7c/web] ${json(record)}`,
  "behind other braces": (record) => `{not json} {"a":1} {"open ${json(record)}`,
  "before other text": (record) => `${json(record)} {"took":3} done`,
  "in colours": (record) => `\u001B[33mWARN\u001B[39m \u001B[2m${json(record)}\u001B[22m`,
  "coloured token by token": (record) => json(record).replaceAll('"', '\u001B[1;32m"\u001B[0m'),
  "in a message": (record) => json({ level: "warn", message: json(record) }),
  "in a message behind a prefix": (record) => json({ log: `web-1 | ${json(record)}\n`, stream: "stderr" }),
  "in a body": (record) => json({ name: "shop", hostname: "h", pid: 1, level: 40, body: record, msg: "leak", v: 0 }),
  "in a payload": (record) => json({ severity: "WARNING", jsonPayload: record }),
  "in a text payload": (record) => json({ severity: "WARNING", textPayload: json(record) }),
  "in a text in a text in a text": (record) => json({ log: json({ body: json({ msg: json(record) }) }) }),
  "in logfmt": (record) => `level=warn msg=${json(json(record))} pid=3`,
  "in a text whose end is cut off": (record) => json({ log: json(record), stream: "stderr" }).slice(0, -9),
  "in a list": (record) => json({ logEvents: [{ id: 1 }, { message: json(record) }] }),
  "in OpenTelemetry's lists": (record) =>
    json({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: json(record) } }] }] }] }),
  "beside the text it was taken from": (record) =>
    json({ message: json(record), parsed: record, event: { original: json(record) } }),
  "among a logger's own fields": (record) =>
    json({ level: 40, time: 1, pid: 2, hostname: "h", ...record, msg: "tenant leak" }),
  "before a carriage return": (record) => `${json(record)}\r`,
}

/** Lines without a record; some of them have its word in them. */
export const noise: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a))),
    fc.string({ unit: "binary", maxLength: 100 }).map((text) => Buffer.from(text.replaceAll("\n", ""))),
    fc.json().map((text) => Buffer.from(text.replaceAll("\n", ""))),
    fc
      .constantFrom(
        "GET /search?q=tenant_leak 200",
        '{"msg":"tenant_leak","level":30}',
        '{"event":"tenant_leaks_flushed","count":3}',
        '{"event":"order","note":"tenant_leak"}',
        '{"__proto__":{"toString":"tenant_leak"}}',
        '{"{"{"{"{"tenant_leak',
        `{"tenant_leak":${"[".repeat(500)}`,
        '"tenant_leak\\',
        "",
      )
      .map((text) => Buffer.from(text)),
  )
  .filter((line) => line.indexOf(0x0a) === -1)

/** Lines that name a record and are none. */
export function broken(record: LeakRecord): fc.Arbitrary<string> {
  const text = JSON.stringify(record)
  return fc.oneof(
    fc
      .integer({ min: '{"event":"tenant_leak_overflow"'.length, max: text.length - 1 })
      .map((end) => text.slice(0, end)),
    fc
      .constantFrom(
        { v: 2 },
        { v: undefined },
        { events: -1 },
        { rows: "3" },
        { dropped: 1.5 },
        { lastSeen: "yesterday" },
      )
      .map((change) => JSON.stringify({ ...record, ...change })),
  )
}
