import { registerHooks } from "node:module"

/**
 * For plain Node, in a thread that vitest does not load: resolves the package's name to its sources, as vitest's alias does, so that
 * nothing has to be built first.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const entry = /^tenant-failsafe(?<path>(?:\/[a-z-]+)*)$/.exec(specifier)
    if (entry === null) return nextResolve(specifier, context)
    return nextResolve(new URL(`../../../src${entry.groups?.["path"] ?? ""}/index.ts`, import.meta.url).href, context)
  },
})
