import type { CallSite, Origin } from "./call-site.ts"
import { framesOf, libraryOf, siteAt, userPath } from "./stack-frames.ts"

/** How the user's code came to run, as far as a stack tells. */
export interface EntryPoint {
  /** Where the innermost function is created that a library or Node called: a callback, a listener, a handler, a script. */
  readonly site: CallSite
  /** The package or Node's module that called it; undefined for what a promise or nobody called. */
  readonly caller: string | undefined
  /** Where the outermost function of the user's is created, if that is another one: who emitted the event. */
  readonly outermost: CallSite | undefined
}

/** The callback within which a load began. */
export function findEntryPoint(origin: Origin): EntryPoint | undefined {
  // What neither side wrote lies between: frames without a file (`Array.map`), and this package's own.
  const frames = framesOf(origin).filter((frame) => isUsers(frame) || libraryOf(frame) !== undefined)
  const isEntry = (frame: NodeJS.CallSite, index: number) => isUsers(frame) && !isUsers(frames[index + 1])
  const inner = frames.findIndex(isEntry)
  const outer = frames.findLastIndex(isEntry)
  if (inner === -1) return undefined
  const caller = frames[inner + 1]
  return {
    site: creationOf(frames[inner]!),
    caller: caller && callerName(caller),
    outermost: inner === outer ? undefined : creationOf(frames[outer]!),
  }
}

function isUsers(frame: NodeJS.CallSite | undefined): boolean {
  return frame !== undefined && userPath(frame) !== undefined
}

// V8 14 in Node 24 tells where the function of a frame begins; Node's types do not know of it.
interface Enclosed {
  getEnclosingLineNumber?(): number | null
  getEnclosingColumnNumber?(): number | null
}

/** Where the function of a frame is created; where its call is, on a Node whose V8 does not tell, and in a module's own code. */
function creationOf(frame: NodeJS.CallSite & Enclosed): CallSite {
  const start = frame.getEnclosingLineNumber?.() ?? 0
  const isKnown = start > 1 || (start === 1 && frame.getFunctionName() !== null)
  const line = isKnown ? start : (frame.getLineNumber() ?? 1)
  const column = isKnown ? frame.getEnclosingColumnNumber?.() : frame.getColumnNumber()
  return siteAt(frame, userPath(frame)!, line, column)
}

/** How the caller is known to its users: Node's internals only where they stand for a public module. */
function callerName(frame: NodeJS.CallSite): string | undefined {
  const library = libraryOf(frame)
  if (library === "node:internal/timers") return "node:timers"
  return library?.startsWith("node:internal/") === true ? undefined : library
}
