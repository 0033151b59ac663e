import { framesOf, siteAt, userPath } from "./stack-frames.ts"

/** A place in the user's code. */
export interface CallSite {
  /** Relative to the root of the package that the file belongs to, with `/` between folders. */
  readonly file: string
  readonly line: number
  readonly function: string | undefined
}

/** Where a load began: frames that are formatted only if somebody asks for the call site. */
export interface Origin {
  readonly stack?: unknown
}

// The ORM's own frames lie between; an `async` function that returns a promise without awaiting it is on the stack at the start only.
const originFrames = 16
// At the end of a load, ten frames, V8's default, lose the user's frame behind the ORM's own.
const detectionFrames = 60

/** Remembers the current stack, unformatted: 1.5 microseconds on Node 24, where formatting it would cost as much again. */
export function captureOrigin(): Origin {
  return capture(originFrames)
}

/**
 * The innermost frame that is the user's own code: of the stack where the load began, else of the current (async) stack. Costs
 * microseconds: for detections only.
 */
export function findCallSite(origin?: Origin): CallSite | undefined {
  return (origin === undefined ? undefined : userFrame(origin)) ?? userFrame(capture(detectionFrames))
}

function userFrame(holder: Origin): CallSite | undefined {
  for (const frame of framesOf(holder)) {
    const path = userPath(frame)
    const line = frame.getLineNumber()
    if (path !== undefined && line !== null) return siteAt(frame, path, line, frame.getColumnNumber())
  }
  return undefined
}

function capture(limit: number): Origin {
  const { stackTraceLimit } = Error
  const holder = {}
  Error.stackTraceLimit = limit
  Error.captureStackTrace(holder)
  Error.stackTraceLimit = stackTraceLimit
  return holder
}
