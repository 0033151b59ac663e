const newline = 10
/** Longer than any record; what is longer is skipped without being kept. */
const maxLength = 1 << 20

/** What was seen on the way. */
export interface LineCounts {
  bytes: number
  lines: number
  /** Lines that hold the needle and are too long. */
  tooLong: number
}

/**
 * Finds the lines that hold a needle in a stream of chunks. Other lines are neither decoded nor copied; a line that goes over the end of
 * a chunk is kept until its end, up to 1 MB.
 */
export class LineFinder {
  readonly counts: LineCounts = { bytes: 0, lines: 0, tooLong: 0 }
  readonly #needle: Buffer
  readonly #onLine: (line: Buffer) => void
  #kept: Buffer[] = []
  #keptLength = 0
  /** Set within a line that is too long: whether the needle was in it so far. */
  #skipped: { hasNeedle: boolean; tail: Buffer } | undefined

  constructor(needle: string, onLine: (line: Buffer) => void) {
    this.#needle = Buffer.from(needle)
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    this.counts.bytes += chunk.length
    const first = chunk.indexOf(newline)
    if (first === -1) {
      this.#keep(chunk)
      return
    }
    this.#keep(chunk.subarray(0, first))
    this.#endLine()
    const last = chunk.lastIndexOf(newline)
    this.counts.lines += 1 + countNewlines(chunk, first + 1, last + 1)
    this.#search(chunk.subarray(first + 1, last + 1))
    // A copy: the rest of the chunk need not stay in memory for it.
    if (last + 1 < chunk.length) this.#keep(Buffer.from(chunk.subarray(last + 1)))
  }

  end(): void {
    const isCutOff = this.#keptLength > 0 || this.#skipped !== undefined
    if (isCutOff) this.counts.lines++
    this.#endLine()
  }

  /** Whole lines only. */
  #search(lines: Buffer): void {
    let from = 0
    for (;;) {
      const hit = lines.indexOf(this.#needle, from)
      if (hit === -1) return
      const start = lines.lastIndexOf(newline, hit) + 1
      const end = lines.indexOf(newline, hit)
      this.#found(lines.subarray(start, end))
      from = end + 1
    }
  }

  #found(line: Buffer): void {
    if (line.length > maxLength) this.counts.tooLong++
    else this.#onLine(line)
  }

  #keep(part: Buffer): void {
    if (this.#skipped !== undefined) {
      this.#skip(part)
      return
    }
    this.#kept.push(part)
    this.#keptLength += part.length
    if (this.#keptLength <= maxLength) return
    this.#skipped = { hasNeedle: false, tail: Buffer.alloc(0) }
    this.#skip(Buffer.concat(this.#kept))
    this.#kept = []
    this.#keptLength = 0
  }

  #skip(part: Buffer): void {
    const skipped = this.#skipped!
    const seen = Buffer.concat([skipped.tail, part])
    skipped.hasNeedle ||= seen.includes(this.#needle)
    skipped.tail = Buffer.from(seen.subarray(Math.max(0, seen.length - this.#needle.length + 1)))
  }

  #endLine(): void {
    if (this.#skipped?.hasNeedle === true) this.counts.tooLong++
    this.#skipped = undefined
    if (this.#keptLength === 0) return
    const line = this.#kept.length === 1 ? this.#kept[0]! : Buffer.concat(this.#kept)
    this.#kept = []
    this.#keptLength = 0
    if (line.includes(this.#needle)) this.#found(line)
  }
}

function countNewlines(chunk: Buffer, from: number, to: number): number {
  let count = 0
  for (let index = from; index < to; index++) if (chunk[index] === newline) count++
  return count
}
