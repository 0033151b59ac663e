import { Readable, pipeline } from "node:stream"
import { createGunzip } from "node:zlib"

/** The content of a stream: unzipped where it begins as gzip does, by as many members as it has, else as it is. */
export async function* unzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  const head = await headOf(iterator)
  const all = followed(head, iterator)
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all
    return
  }
  // What fails on the way here or in the zip fails the reading of the last stream: nothing is left for the callback.
  const content = pipeline(Readable.from(all), createGunzip({ chunkSize: 1 << 20 }), () => undefined)
  yield* content as AsyncIterable<Buffer>
}

/** Two bytes tell; a pipe may bring them one by one. */
async function headOf(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < 2) {
    const { value, done } = await iterator.next()
    if (done === true) return head
    head = head.length === 0 ? value : Buffer.concat([head, value])
  }
  return head
}

async function* followed(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (head.length > 0) yield head
    for (;;) {
      const { value, done } = await rest.next()
      if (done === true) return
      yield value
    }
  } finally {
    await rest.return?.()
  }
}
