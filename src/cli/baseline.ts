import { readFile } from "node:fs/promises"
import type { LedgerEntry } from "./ledger.ts"
import { subjectOf } from "./output.ts"
import { cleanLine } from "./clean-text.ts"
import { BadInput } from "./terminal.ts"
import { writeWhole } from "./write-file.ts"

/** A leak that is known. Meant to be committed: sorted, without counts and lines, which would change with every run. */
export interface KnownLeak {
  readonly fingerprint: string
  readonly what: string
  readonly relation: string
  /** `file, function`. */
  readonly place: string | null
  /** The day when it was first seen. */
  readonly since: string
}

/**
 * The leaks in a baseline; none where it does not exist yet.
 *
 * @throws {BadInput} for a file that is no baseline, with what is wrong in it
 */
export async function readBaseline(path: string): Promise<KnownLeak[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined
    throw new BadInput(`The baseline '${path}' cannot be read: ${error.message}`)
  })
  if (text === undefined) return []
  try {
    return knownLeaksIn(JSON.parse(text) as unknown)
  } catch (error) {
    throw new BadInput(`'${path}' is no baseline: ${(error as Error).message}`)
  }
}

/** Writes a baseline that `readBaseline` reads: each leak once, in an order that keeps differences small. */
export async function writeBaseline(path: string, leaks: readonly KnownLeak[]): Promise<void> {
  const sorted = [...new Map(leaks.map((leak) => [nameOf(leak), leak])).values()].toSorted(byRelation)
  await writeWhole(path, `${JSON.stringify({ v: 1, leaks: sorted }, null, 2)}\n`)
}

/** A finding as a baseline has it. */
export function knownFrom(entry: LedgerEntry): KnownLeak {
  const { fingerprint, what, place, firstSeen } = entry
  const parts = place === undefined ? [] : [place.file, place.function].filter((part) => part !== undefined)
  return {
    fingerprint,
    what,
    relation: subjectOf(entry),
    place: parts.length === 0 ? null : parts.join(", "),
    since: firstSeen.slice(0, 10),
  }
}

/** The same for the same leak in a ledger and in a baseline. */
export function nameOf({ fingerprint, what }: { readonly fingerprint: string; readonly what: string }): string {
  return `${fingerprint} ${what}`
}

function knownLeaksIn(value: unknown): KnownLeak[] {
  const { v, leaks } = (value ?? {}) as { readonly v?: unknown; readonly leaks?: unknown }
  if (v !== 1) throw new Error('"v" is not 1.')
  if (!Array.isArray(leaks)) throw new Error('"leaks" is not a list.')
  return leaks.map(knownLeakIn)
}

const names = ["fingerprint", "what", "relation", "since"] as const

function knownLeakIn(value: unknown, index: number): KnownLeak {
  const leak = (value ?? {}) as Partial<Record<keyof KnownLeak, unknown>>
  const text = (name: keyof KnownLeak): string => {
    const found = leak[name]
    if (typeof found !== "string") throw new Error(`"leaks[${index}].${name}" is not a text.`)
    return cleanLine(found)
  }
  const [fingerprint, what, relation, since] = names.map(text) as [string, string, string, string]
  if (!/^v1:[0-9a-f]{16}$/.test(fingerprint)) {
    throw new Error(`"leaks[${index}].fingerprint" is not v1: and 16 hex digits.`)
  }
  return { fingerprint, what, relation, place: leak.place == null ? null : text("place"), since }
}

function byRelation(one: KnownLeak, other: KnownLeak): number {
  const [first, second] = [one, other].map((leak) => [leak.relation, leak.what, leak.fingerprint])
  const index = first!.findIndex((part, position) => part !== second![position])
  if (index === -1) return 0
  return first![index]! < second![index]! ? -1 : 1
}
