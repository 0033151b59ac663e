import type { Terminal } from "./terminal.ts"

/** Tells people how far a long reading is; says nothing where nobody watches. */
export interface Progress {
  expect(total: number | undefined): void
  add(bytes: number): void
  end(): void
}

const everyMilliseconds = 250

/** Progress on the standard error, if that is a terminal: bytes, the share of all where that is known, and the speed. */
export function progressOn(
  { stderr }: Pick<Terminal, "stderr">,
  clock: () => number = performance.now.bind(performance),
): Progress {
  if (stderr.isTTY !== true) return { expect: () => undefined, add: () => undefined, end: () => undefined }
  const start = clock()
  let shown = start
  let bytes = 0
  let total: number | undefined
  return {
    expect(expected) {
      total = expected
    },
    add(more) {
      bytes += more
      const now = clock()
      if (now - shown < everyMilliseconds) return
      shown = now
      const rate = bytes / 1e6 / ((now - start) / 1000)
      const share = total === undefined || total === 0 ? "" : `, ${Math.floor((bytes / total) * 100)} %`
      stderr.write(`\r\u001B[K${(bytes / 1e6).toFixed(0)} MB${share}, ${rate.toFixed(0)} MB/s`)
    },
    end() {
      if (shown !== start) stderr.write("\r\u001B[K")
    },
  }
}
