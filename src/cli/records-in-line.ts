import { stripVTControlCharacters } from "node:util"
import type { LeakRecord } from "../core/leak-report.ts"
import { closingOf } from "./closing-of.ts"
import { isOfTheEvent, parseRecord } from "./parse-record.ts"

/** What each line that holds a record contains. */
export const recordNeedle = "tenant_leak"

/** What a line of a log holds. */
export interface LineContent {
  readonly records: readonly LeakRecord[]
  /** Whether it names the event where no record could be read: it was cut off, or another version wrote it. */
  readonly isUnreadable: boolean
}

// Collectors wrap loggers: OTLP has ten levels around the text that a logger wrote.
const maxDepth = 16
// How the event is named in JSON, escaped or not, in logfmt and in what `util.inspect` prints. The word alone may be anything.
const naming = /event\\*["']?\s*[:=]\s*\\*["']?tenant_leak(?:_overflow)?(?!\w)/

/** The records in a line of a log: on its own, behind a prefix, or wrapped in JSON as objects or as texts. */
export function recordsIn(line: string): LineContent {
  const reading: Reading = { isUnreadable: false, budget: 8 * line.length + 65_536 }
  const records = recordsOfText(stripVTControlCharacters(line), reading, 0)
  return { records, isUnreadable: reading.isUnreadable }
}

interface Reading {
  isUnreadable: boolean
  /** Characters that may still be looked at: each opening that nothing closes makes the rest of the line be read again. */
  budget: number
}

function recordsOfText(text: string, reading: Reading, depth: number): LeakRecord[] {
  if (!text.includes(recordNeedle)) return []
  const records: LeakRecord[] = []
  // An object, or a text that has one in it.
  const opening = /\{\s*"|"\s*\{\s*\\+"/g
  let behind = 0
  while (reading.budget > 0) {
    const start = depth < maxDepth ? opening.exec(text)?.index : undefined
    if (start === undefined) break
    const end = closingOf(text, start)
    reading.budget -= (end ?? text.length) - start
    const value = end === undefined ? undefined : parsed(text.slice(start, end))
    opening.lastIndex = start + 1
    if (end === undefined || value === undefined) continue
    const found = recordsOf(value, reading, depth + 1)
    records.push(...found)
    if (naming.test(text.slice(behind, found.length > 0 ? start : end))) reading.isUnreadable = true
    behind = end
    opening.lastIndex = end
  }
  if (naming.test(text.slice(behind))) reading.isUnreadable = true
  return records
}

function recordsOf(value: unknown, reading: Reading, depth: number): LeakRecord[] {
  if (typeof value === "string") return recordsOfText(value, reading, depth)
  if (typeof value !== "object" || value === null || depth >= maxDepth) return []
  if (Array.isArray(value)) return value.flatMap((item) => recordsOf(item, reading, depth + 1))
  if (!isOfTheEvent(value)) return recordsOfWrapper(value, reading, depth)
  const record = parseRecord(value)
  if (record === undefined) reading.isUnreadable = true
  return record === undefined ? [] : [record]
}

/** Collectors keep the text that they took apart beside its parts: the same records in two fields are one time. */
function recordsOfWrapper(wrapper: object, reading: Reading, depth: number): LeakRecord[] {
  const copies = new Set<string>()
  return Object.values(wrapper).flatMap((inner) => {
    const records = recordsOf(inner, reading, depth + 1)
    const copy = JSON.stringify(records)
    if (copies.has(copy)) return []
    copies.add(copy)
    return records
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
