import { existsSync } from "node:fs"
import { findSourceMap } from "node:module"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

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
const ownFolder = dirname(dirname(fileURLToPath(import.meta.url))) + sep
const roots = new Map<string, string>()

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
    const path = filePath(frame.getFileName())
    if (path === undefined || path.startsWith(ownFolder) || path.includes(`${sep}node_modules${sep}`)) continue
    const line = frame.getLineNumber()
    if (line === null) continue
    return { ...relativePlace(original(path, line, frame.getColumnNumber() ?? 1)), function: functionName(frame) }
  }
  return undefined
}

interface Place {
  readonly path: string
  readonly line: number
}

/** The place in the source that a compiled file was made from, where Node keeps its source map (`--enable-source-maps`). */
function original(path: string, line: number, column: number): Place {
  const entry = findSourceMap(path)?.findEntry(line - 1, column - 1)
  if (entry === undefined || !("originalSource" in entry)) return { path, line }
  const source = filePath(entry.originalSource)
  return source === undefined ? { path, line } : { path: source, line: entry.originalLine + 1 }
}

function relativePlace({ path, line }: Place): { file: string; line: number } {
  return {
    file: relative(packageRoot(dirname(path)), path)
      .split(sep)
      .join("/"),
    line,
  }
}

function capture(limit: number): Origin {
  const { stackTraceLimit } = Error
  const holder = {}
  Error.stackTraceLimit = limit
  Error.captureStackTrace(holder)
  Error.stackTraceLimit = stackTraceLimit
  return holder
}

/** V8 formats a stack when it is first read: the formatter that is set then sees the frames themselves. */
function framesOf(holder: Origin): readonly NodeJS.CallSite[] {
  const formatter = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace")
  Error.prepareStackTrace = (_, frames) => frames
  try {
    return Array.isArray(holder.stack) ? holder.stack : []
  } finally {
    if (formatter === undefined) delete (Error as Partial<typeof Error>).prepareStackTrace
    else Object.defineProperty(Error, "prepareStackTrace", formatter)
  }
}

function filePath(name: string | null | undefined): string | undefined {
  if (name == null) return undefined
  if (name.startsWith("file://")) return fileURLToPath(name)
  return name.startsWith(sep) || /^[A-Za-z]:[\\/]/.test(name) ? name : undefined
}

function functionName(frame: NodeJS.CallSite): string | undefined {
  const name = frame.getFunctionName()
  if (name === null || name === "") return undefined
  const type = frame.isToplevel() || frame.isConstructor() || name.includes(".") ? null : frame.getTypeName()
  return type === null || type === "Object" ? name : `${type}.${name}`
}

function packageRoot(folder: string): string {
  const known = roots.get(folder)
  if (known !== undefined) return known
  const parent = dirname(folder)
  const root = existsSync(join(folder, "package.json")) || parent === folder ? folder : packageRoot(parent)
  roots.set(folder, root)
  return root
}
