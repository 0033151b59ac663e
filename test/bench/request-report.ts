import Table from "cli-table3"
import type { AwaitRow } from "./await-cases.ts"
import { awaitsPerRequest, contextNames } from "./await-ways.ts"
import { fixed, mark, withInterval } from "./cells.ts"
import type { RequestRow } from "./request-cases.ts"

/** What `tenantScope` costs a request, with what the numbers include. */
export function requestText(rows: readonly RequestRow[], machine: Readonly<Record<string, string | number>>): string {
  const versions = ["express", "fastify", "koa", "hono"].map((name) => `${name} ${machine[name]}`)
  return [
    `Requests: microseconds of CPU per request that tenantScope adds, ${versions.join(", ")}; median of pairs, [middle half], ± half of the`,
    "median's 95 % interval. The control is a second server without tenantScope. Both identify the caller by a header.",
    "own: real requests by keep-alive connections; all that the server's process does. \"in memory\": calls of the framework's listener with",
    "a request and a response of node:http, one after the other; the main thread, garbage collection included, no parser and no socket.",
    'claim: fromClaim("merchantId"). header: fromHeader and an asynchronous authorize that says yes without waiting.',
    requestTable(rows),
  ].join("\n")
}

export function awaitText(rows: readonly AwaitRow[]): string {
  const table = new Table({
    head: ["case", ...contextNames],
    style: { head: [], border: [], compact: true },
    colAligns: ["left", ...contextNames.map(() => "right" as const)],
  })
  for (const { label, unit, contexts } of rows) {
    table.push([
      label,
      ...contextNames.map((name) => {
        const { time, ratio } = contexts[name]
        return `${time.median.toFixed(1)} ${unit} ${name === "bare" ? "" : `×${fixed(ratio.median)}`}`.trim()
      }),
    ])
  }
  return [
    "Contexts: CPU time per await inside a run, and per real request of a node:http server in whose process a namespace was made and no",
    `run is entered, with ${awaitsPerRequest} awaits each. × is the median of the ratios to bare.`,
    table.toString(),
  ].join("\n")
}

function requestTable(rows: readonly RequestRow[]): string {
  const table = new Table({
    head: ["case", "vanilla", "added", "control", "target", ""],
    style: { head: [], border: [], compact: true },
    colAligns: ["left", "right", "right", "right", "right", "left"],
  })
  for (const { label, vanilla, added, control, target } of rows) {
    table.push([
      label,
      `${vanilla.toFixed(1)} µs`,
      `${withInterval(added, 2)} [${added.quartiles.map(fixed).join(" ")}]`,
      withInterval(control, 2),
      `<= ${target} µs`,
      mark(added.median <= target),
    ])
  }
  return table.toString()
}
