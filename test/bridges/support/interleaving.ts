import { answerTo } from "./client.ts"

const merchants = Array.from({ length: 50 }, (_, index) => `merchant ${index}`)

/** What interleaved requests see where each has its own tenant. */
export const eachItsOwn: readonly object[] = merchants.map((merchant) => ({ before: merchant, after: merchant }))

/** Work for a handler: nobody answers before every merchant's request is there, and who came last goes on first. */
export function meeting(tenant: () => unknown): () => Promise<object> {
  const waiting: (() => void)[] = []
  return async () => {
    const before = tenant()
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      if (waiting.length === merchants.length) for (const goOn of waiting.toReversed()) goOn()
    })
    return { before, after: tenant() }
  }
}

/** Sends a request of every merchant at once. */
export function answersToAll(url: string, init: RequestInit = {}): Promise<unknown[]> {
  return Promise.all(merchants.map((merchant) => answerTo(url, merchant, init)))
}
