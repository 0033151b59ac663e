import Table from "cli-table3"
import { styleText } from "node:util"
import type { DemoResult } from "./demo.ts"
import type { CustomerView } from "./shop.ts"

export function printDemo({ orm, merchant, plain, guarded, leaks, checksums }: DemoResult): void {
  heading(`Signed in: ${merchant}. The code forgot its tenant filter.`)
  const customers = table(["customer", `plain ${orm} shows`, "with the failsafe"])
  for (const [index, customer] of plain.entries()) {
    customers.push([customer.name, lines(customer, merchant), lines(guarded[index]!, merchant)])
  }
  console.log(customers.toString())

  heading("What the production log holds: one record per load and relation")
  for (const leak of leaks) {
    const place = `${leak["code.file.path"]}:${leak["code.line.number"]}`
    const caller = leak["code.function.name"] ?? "a function without a name"
    const relation = styleText("bold", `${leak.owner}.${leak.relation}`)
    console.log(`  ${relation} dropped ${leak.dropped} of ${leak.loaded} rows, judged by ${leak.child}.${leak.column}`)
    console.log(`    ${styleText("cyan", place)}  in ${caller}   ${styleText("dim", leak.fingerprint)}`)
    console.log(styleText("dim", `    ${JSON.stringify(leak)}`))
  }

  heading("The database, with xmin: a dropped row is not a written row")
  const [before] = checksums
  const sums = table(["table", "rows", ...checksums.map(({ moment }) => moment)])
  for (const [index, { table: name, rows }] of before!.tables.entries()) {
    const digests = checksums.map(({ tables }) => tables[index]!.digest)
    sums.push([name, rows, ...digests.map((digest) => changed(digest, digests[0]!))])
  }
  const foreign = checksums.map((moment) => moment.foreign)
  sums.push([`address, not ${merchant}'s`, "", ...foreign.map((digest) => changed(digest, foreign[0]!))])
  console.log(sums.toString())
}

function heading(text: string): void {
  console.log(`\n${styleText(["bold", "underline"], text)}\n`)
}

function table(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [] } })
}

function lines({ addresses, tags }: CustomerView, merchant: string): string {
  const own = (text: string): boolean => text.toLowerCase().startsWith(merchant.toLowerCase()) || text === "everyone"
  const paint = (text: string): string => (own(text) ? text : styleText("red", `${text}  <- not ${merchant}'s`))
  return [...addresses, ...tags.map((tag) => `#${tag}`)]
    .map((text) => (text.startsWith("#") ? paint(text.slice(1)).replace(text.slice(1), text) : paint(text)))
    .join("\n")
}

function changed(digest: string, first: string): string {
  return digest === first ? digest : styleText("yellow", `${digest}  changed`)
}
