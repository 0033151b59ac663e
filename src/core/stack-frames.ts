import { existsSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import type { CallSite, Origin } from "./call-site.ts"
import { originalPlace, type Place } from "./source-maps.ts"

const ownFolder = dirname(dirname(fileURLToPath(import.meta.url))) + sep
const modulesFolder = `${sep}node_modules${sep}`
const roots = new Map<string, string>()

/** The frames of a stack. V8 formats it when it is first read: the formatter that is set then sees the frames themselves. */
export function framesOf(holder: Origin): readonly NodeJS.CallSite[] {
  const formatter = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace")
  Error.prepareStackTrace = (_, frames) => frames
  try {
    return Array.isArray(holder.stack) ? holder.stack : []
  } finally {
    if (formatter === undefined) delete (Error as Partial<typeof Error>).prepareStackTrace
    else Object.defineProperty(Error, "prepareStackTrace", formatter)
  }
}

/** The file of a frame that is the user's own code. */
export function userPath(frame: NodeJS.CallSite): string | undefined {
  const path = filePath(frame.getFileName())
  return path === undefined || path.startsWith(ownFolder) || path.includes(modulesFolder) ? undefined : path
}

/** Which package, or module of Node, a frame belongs to that is neither the user's code nor this package. */
export function libraryOf(frame: NodeJS.CallSite): string | undefined {
  const name = frame.getFileName()
  // AsyncLocalStorage.run() stands between a function and whoever called it in a scope.
  if (name?.startsWith("node:") === true) return name.includes("async_local_storage") ? undefined : name
  const path = filePath(name)
  if (path === undefined || path.startsWith(ownFolder) || !path.includes(modulesFolder)) return undefined
  const [scope, unscoped] = path.slice(path.lastIndexOf(modulesFolder) + modulesFolder.length).split(sep)
  return scope!.startsWith("@") ? `${scope}/${unscoped}` : scope
}

/** A place in the user's code, in its source where the file has a source map. */
export function siteAt(
  frame: NodeJS.CallSite,
  path: string,
  line: number,
  column: number | null | undefined,
): CallSite {
  return { ...relativePlace(originalPlace(path, line, column ?? 1)), function: functionName(frame) }
}

function relativePlace({ path, line }: Place): { file: string; line: number } {
  return {
    file: relative(packageRoot(dirname(path)), path)
      .split(sep)
      .join("/"),
    line,
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
