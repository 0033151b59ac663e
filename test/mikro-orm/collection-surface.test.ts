import { Collection } from "@mikro-orm/core"
import { expect, it } from "vitest"

type Class = "filtered" | "denied" | "harmless"

/**
 * What the failsafe does about each name of MikroORM's Collection. `filtered`: shows or works on screened rows only. `denied`:
 * refused where it would reach rows of other tenants. `harmless`: neither shows nor writes rows.
 */
const surface: Readonly<Record<string, readonly [Class, reason: string]>> = {
  $: ["harmless", "self"],
  "[Symbol(Symbol.iterator)]": ["filtered", "getItems"],
  "[Symbol(nodejs.util.inspect.custom)]": ["filtered", "screened"],
  add: ["filtered", "admits"],
  addWithoutPropagation: ["filtered", "admits"],
  cancelOrphanRemoval: ["harmless", "undo"],
  checkInitialized: ["denied", "scope"],
  compare: ["filtered", "screened"],
  contains: ["filtered", "screened"],
  count: ["filtered", "screened"],
  createCondition: ["harmless", "pure"],
  createLoadCountCondition: ["harmless", "pure"],
  createManyToManyCondition: ["harmless", "pure"],
  exists: ["filtered", "screened"],
  filter: ["filtered", "screened"],
  find: ["filtered", "screened"],
  get: ["harmless", "self"],
  getEntityManager: ["denied", "installed"],
  getIdentifiers: ["filtered", "getItems"],
  getItems: ["filtered", "screened"],
  getSnapshot: ["filtered", "screened"],
  hydrate: ["filtered", "screen"],
  incrementCount: ["harmless", "number"],
  indexBy: ["filtered", "reduce"],
  init: ["filtered", "load"],
  isDirty: ["harmless", "flag"],
  isEmpty: ["filtered", "count"],
  isInitialized: ["filtered", "scope"],
  isPartial: ["harmless", "flag"],
  length: ["filtered", "count"],
  load: ["filtered", "init"],
  loadCount: ["filtered", "where"],
  loadItems: ["filtered", "load"],
  map: ["filtered", "screened"],
  mappedByProp: ["harmless", "metadata"],
  matching: ["filtered", "where"],
  populated: ["harmless", "flag"],
  propagate: ["harmless", "dispatch"],
  propagateToInverseSide: ["filtered", "admits"],
  propagateToOwningSide: ["filtered", "admits"],
  property: ["harmless", "metadata"],
  reduce: ["filtered", "screened"],
  remove: ["filtered", "screened"],
  removeAll: ["denied", "unloaded"],
  removeWithoutPropagation: ["harmless", "single"],
  reorderItems: ["harmless", "order"],
  set: ["denied", "unloaded"],
  setDirty: ["harmless", "flag"],
  setSerializationContext: ["harmless", "hint"],
  shouldPopulate: ["harmless", "flag"],
  shouldPropagateToCollection: ["harmless", "flag"],
  slice: ["filtered", "screened"],
  takeSnapshot: ["filtered", "screened"],
  toArray: ["filtered", "map"],
  toJSON: ["filtered", "toArray"],
  validateModification: ["harmless", "check"],
  "static create": ["filtered", "screen"],
  "static isCollection": ["harmless", "check"],
}

it("classifies every member of the installed MikroORM's Collection, and none that it no longer has", () => {
  expect(Object.keys(surface).toSorted()).toEqual(membersOf(Collection).toSorted())
})

it("gives each classification one word as its reason", () => {
  const wordy = Object.entries(surface).filter(([, [, reason]]) => !/^[A-Za-z]+$/.test(reason))
  expect(wordy).toEqual([])
})

it("notices a member that a new release adds", () => {
  class NewerCollection extends Collection<object> {
    drainAll() {}
    static drain() {}
  }
  const added = membersOf(NewerCollection).filter((name) => !(name in surface))
  expect(added).toEqual(["drainAll", "static drain"])
})

/** Own and inherited names, up to the language's own classes. */
function membersOf(target: object): string[] {
  const builtIn = new Set<PropertyKey>(["length", "name", "prototype"])
  const instance = names((target as { prototype: object }).prototype, Object.prototype).filter(
    (name) => name !== "constructor",
  )
  const statics = names(target, Function.prototype).filter((name) => !builtIn.has(name))
  return [...instance, ...statics.map((name) => `static ${name}`)]
}

function names(start: object, end: object): string[] {
  const found = new Set<string>()
  for (
    let level: object | null = start;
    level !== null && level !== end;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    for (const name of Reflect.ownKeys(level)) found.add(typeof name === "symbol" ? `[${String(name)}]` : name)
  }
  return [...found]
}
