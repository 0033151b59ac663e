import { realpath, rename, rm, writeFile } from "node:fs/promises"
import { BadInput } from "./terminal.ts"

/**
 * Writes a file in one go: whoever reads it gets what was there or what is there now, never a part. A link stays one.
 *
 * @throws {BadInput} where it cannot be written; what was there stays
 */
export async function writeWhole(path: string, content: string): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const temporary = `${target}.${process.pid}.tmp`
  try {
    await writeFile(temporary, content, { flush: true })
    await rename(temporary, target)
  } catch (error) {
    // What cannot be taken away was not written.
    await rm(temporary, { force: true }).catch(() => undefined)
    throw new BadInput(`'${path}' cannot be written: ${(error as Error).message}`)
  }
}
