import { describe, expect, it } from "vitest"
import { progressOn } from "../../src/cli/progress.ts"

function watched(isTTY: boolean) {
  const shown: string[] = []
  let now = 0
  const stderr = { isTTY, write: (text: string) => shown.push(text) }
  const progress = progressOn({ stderr } as never, () => now)
  const add = (megabytes: number, milliseconds: number): void => {
    now += milliseconds
    progress.add(megabytes * 1e6)
  }
  return { progress, add, shown }
}

describe("progress", () => {
  it("tells bytes, the share of all, and the speed, and goes when it is over", () => {
    const { progress, add, shown } = watched(true)

    progress.expect(400e6)
    add(100, 500)
    add(50, 100)
    add(50, 400)
    progress.end()

    expect(shown).toEqual(["\r\u001B[K100 MB, 25 %, 200 MB/s", "\r\u001B[K200 MB, 50 %, 200 MB/s", "\r\u001B[K"])
  })

  it("tells no share where the size is not known", () => {
    const { progress, add, shown } = watched(true)

    progress.expect(undefined)
    add(100, 1000)

    expect(shown).toEqual(["\r\u001B[K100 MB, 100 MB/s"])
  })

  it("says nothing of what is read at once", () => {
    const { progress, add, shown } = watched(true)

    add(1, 10)
    progress.end()

    expect(shown).toEqual([])
  })

  it("says nothing where nobody watches", () => {
    const { progress, add, shown } = watched(false)

    add(100, 1000)
    progress.end()

    expect(shown).toEqual([])
  })
})
