import { readFileSync } from "node:fs"
import { findSourceMap, SourceMap } from "node:module"
import { fileURLToPath, pathToFileURL } from "node:url"

/** A place in a file. */
export interface Place {
  readonly path: string
  readonly line: number
}

/** By generated file; a large map is kept as long as memory lasts, and read again if need be. */
const maps = new Map<string, WeakRef<LoadedMap> | null>()

interface LoadedMap {
  readonly map: SourceMap
  /** What its sources are relative to. */
  readonly url: URL
}

/**
 * The place in the source that a compiled file was made from, by the source map that the file names, in it or beside it. Reads files when
 * a place is first asked for: for detections only. Node's own registry (`--enable-source-maps`) comes first.
 */
export function originalPlace(path: string, line: number, column: number): Place {
  const generated = { path, line }
  try {
    const registered = findSourceMap(path)
    const loaded = registered === undefined ? load(path) : { map: registered, url: pathToFileURL(path) }
    const entry = loaded?.map.findEntry(line - 1, column - 1)
    if (loaded === undefined || entry === undefined || !("originalSource" in entry)) return generated
    const source = new URL(entry.originalSource, loaded.url)
    return source.protocol === "file:" ? { path: fileURLToPath(source), line: entry.originalLine + 1 } : generated
  } catch {
    // A map that is missing or damaged: the place in the compiled file is better than none.
    return generated
  }
}

function load(path: string): LoadedMap | undefined {
  const known = maps.get(path)
  if (known === null) return undefined
  const kept = known?.deref()
  if (kept !== undefined) return kept
  // Remembered before it is read: what cannot be read is not tried again.
  maps.set(path, null)
  const loaded = read(path)
  if (loaded !== undefined) maps.set(path, new WeakRef(loaded))
  return loaded
}

function read(path: string): LoadedMap | undefined {
  const code = readFileSync(path, "utf8")
  // The last one counts: a bundle may hold those of its parts.
  const start = code.lastIndexOf("//# sourceMappingURL=")
  if (start === -1) return undefined
  const [reference] = code.slice(start + "//# sourceMappingURL=".length).split(/\s/, 1) as [string]
  const url = new URL(reference, pathToFileURL(path))
  const text = url.protocol === "data:" ? inlined(reference) : readFileSync(url, "utf8")
  const payload = JSON.parse(text) as ConstructorParameters<typeof SourceMap>[0]
  const place = url.protocol === "data:" ? pathToFileURL(path) : url
  // Node's SourceMap leaves the root out.
  const root = payload.sourceRoot ? `${payload.sourceRoot.replace(/\/$/, "")}/` : "."
  return { map: new SourceMap(payload), url: new URL(root, place) }
}

function inlined(reference: string): string {
  const comma = reference.indexOf(",")
  const body = reference.slice(comma + 1)
  return reference.slice(0, comma).endsWith(";base64")
    ? Buffer.from(body, "base64").toString()
    : decodeURIComponent(body)
}
