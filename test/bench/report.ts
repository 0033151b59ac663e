import { cpus, totalmem } from "node:os"
import { Utils } from "@mikro-orm/core"
import typeorm from "typeorm/package.json" with { type: "json" }
import Table from "cli-table3"
import manifest from "../../package.json" with { type: "json" }
import type { AwaitRow } from "./await-cases.ts"
import type { MemoryRow, TimeRow } from "./cases.ts"
import { fixed, mark, ratio } from "./cells.ts"
import { manyTablesText, rowSecurityText, sessionText } from "./database-report.ts"
import type { ManyTablesRow } from "./many-tables-cases.ts"
import type { Stats } from "./measure.ts"
import type { RatioRow } from "./ratio-row.ts"
import type { RequestRow } from "./request-cases.ts"
import { awaitText, requestText } from "./request-report.ts"

export interface Report {
  readonly machine: Readonly<Record<string, string | number>>
  readonly against: "guarded" | "vanilla"
  readonly samples: number
  readonly times: readonly TimeRow[]
  readonly memory: readonly MemoryRow[]
  readonly requests: readonly RequestRow[]
  readonly awaits: readonly AwaitRow[]
  readonly rowSecurity: readonly RatioRow[]
  readonly sessions: readonly RatioRow[]
  readonly manyTables: readonly ManyTablesRow[]
}

export function describeMachine(postgresql: string | undefined): Record<string, string | number> {
  const { express, fastify, koa, hono } = manifest.devDependencies
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    mikroOrm: Utils.getORMVersion(),
    typeorm: typeorm.version,
    ...(postgresql !== undefined && { postgresql }),
    express,
    fastify,
    koa,
    hono,
  }
}

export function asText(report: Report): string {
  const { machine, samples, against, times, memory, requests, awaits, rowSecurity, sessions, manyTables } = report
  const lines = [
    `${machine["cpu"]}, ${machine["cores"]} cores, ${machine["memoryGiB"]} GiB; Node ${machine["node"]}; ${samples} samples where there is a target`,
  ]
  if (against === "vanilla")
    lines.push("--against vanilla: nothing is guarded here; every ratio should be 1.00, every difference 0.")
  if (machine["postgresql"] !== undefined) {
    lines.push(`MikroORM ${machine["mikroOrm"]}, TypeORM ${machine["typeorm"]}, PostgreSQL ${machine["postgresql"]}`)
  }
  if (times.length > 0) {
    lines.push(
      "hydration, save, flush: the rows come from memory; main thread time, garbage collection included. end-to-end: PostgreSQL; wall time.",
      "Ratios to the vanilla ORM in the same interleaved run: median of pairs, [middle half], ± half of the median's 95 % interval.",
      "The control is the vanilla ORM once more: how much of a ratio is noise.",
      timeTable(times),
    )
  }
  if (memory.length > 0) {
    lines.push(
      "Heap beyond vanilla, median; target: nothing beyond noise. Held: while the application holds the result.",
      memoryTable(memory),
    )
  }
  if (rowSecurity.length > 0) lines.push(rowSecurityText(rowSecurity))
  if (sessions.length > 0) lines.push(sessionText(sessions))
  if (manyTables.length > 0) lines.push(manyTablesText(manyTables))
  if (requests.length > 0) lines.push(requestText(requests, machine))
  if (awaits.length > 0) lines.push(awaitText(awaits))
  return lines.join("\n")
}

/** A difference within the control's noise, or under a byte per child, is none. */
export function retainsNothing(row: MemoryRow): boolean {
  const noise = (control: Stats): number => Math.max(...control.interval.map(Math.abs))
  return (
    row.held.median <= Math.max(row.children, noise(row.heldControl)) &&
    row.released.median <= Math.max(row.children, noise(row.releasedControl))
  )
}

function timeTable(rows: readonly TimeRow[]): string {
  const table = new Table({
    head: ["case", "vanilla", "guarded / vanilla", "control", "filter", "RLS", "target", ""],
    style: { head: [], border: [], compact: true },
    colAligns: ["left", "right", "right", "right", "right", "right", "right", "left"],
  })
  for (const row of rows) {
    const { label, vanillaMs, guarded, control, filter, rls, target } = row
    table.push([
      label,
      `${vanillaMs.toFixed(1)} ms`,
      `${ratio(guarded)} [${guarded.quartiles.map(fixed).join(" ")}]`,
      ratio(control),
      filter === undefined ? "" : ratio(filter),
      rls === undefined ? "" : ratio(rls),
      target === undefined ? "" : `<= ${fixed(target)}`,
      target === undefined ? "" : mark(guarded.median <= target),
    ])
  }
  return table.toString()
}

function memoryTable(rows: readonly MemoryRow[]): string {
  const table = new Table({
    head: ["case", "vanilla", "guarded, held", "control", "guarded, released", "control", ""],
    style: { head: [], border: [], compact: true },
    colAligns: ["left", "right", "right", "right", "right", "right", "left"],
  })
  for (const row of rows) {
    table.push([
      row.label,
      `${(row.vanilla / row.children).toFixed(0)} B/child`,
      `${(row.held.median / row.children).toFixed(2)} B/child`,
      (row.heldControl.median / row.children).toFixed(2),
      `${(row.released.median / 1024).toFixed(1)} KiB`,
      (row.releasedControl.median / 1024).toFixed(1),
      mark(retainsNothing(row)),
    ])
  }
  return table.toString()
}
