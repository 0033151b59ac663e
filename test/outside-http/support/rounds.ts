/**
 * A place where `size` callers wait for each other: the last one to come lets them go, in the reverse order of their arrival. Then the
 * next round begins.
 */
export function rounds(size: number): () => Promise<void> {
  let waiting: (() => void)[] = []
  return async () => {
    const gate = Promise.withResolvers<void>()
    waiting.push(gate.resolve)
    if (waiting.length === size) {
      for (const resolve of waiting.toReversed()) resolve()
      waiting = []
    }
    await gate.promise
  }
}
