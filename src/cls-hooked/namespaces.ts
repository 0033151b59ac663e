import { Namespace } from "./namespace.ts"

const namespaces = sharedNamespaces()

/** Makes a namespace, in place of one that has this name already. */
export function createNamespace(name: string): Namespace {
  if (typeof name !== "string" || name === "") throw new Error("namespace must be given a name.")
  const namespace = new Namespace(name)
  namespaces.set(name, namespace)
  return namespace
}

/** The namespace of this name, or undefined. */
export function getNamespace(name: string): Namespace | undefined {
  return namespaces.get(name)
}

/** @throws {Error} when there is no namespace of this name */
export function destroyNamespace(name: string): void {
  if (!namespaces.delete(name)) throw new Error(`can't delete nonexistent namespace! "${name}"`)
}

/** Forgets all namespaces. */
export function reset(): void {
  namespaces.clear()
}

/** Shared by the copies of this package in one process, as cls-hooked's are in `process.namespaces`. */
function sharedNamespaces(): Map<string, Namespace> {
  const place = Symbol.for("tenant-failsafe/cls-hooked@1")
  const holder = globalThis as { [place]?: Map<string, Namespace> }
  return (holder[place] ??= new Map())
}
