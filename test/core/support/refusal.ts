import { TenantFailsafeError, type FailsafeErrorCode } from "../../../src/index.ts"

export interface Refusal {
  code: FailsafeErrorCode
  message: string
  details: Readonly<Record<string, unknown>>
}

/** The refusal that `run` throws synchronously; fails when it returns. */
export function refusalOf(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    return refusal(error)
  }
  throw new Error("nothing was refused")
}

/** The refusal that `promise` rejects with; fails when it fulfils. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<Refusal> {
  try {
    await promise
  } catch (error) {
    return refusal(error)
  }
  throw new Error("nothing was refused")
}

function refusal(error: unknown): Refusal {
  if (!(error instanceof TenantFailsafeError)) throw error
  return { code: error.code, message: error.message, details: error.details }
}
