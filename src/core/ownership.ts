import { didYouMean } from "./closest-name.ts"
import { invalid, type Settings } from "./options.ts"

/** An entity as ownership needs to see it; each ORM adapter describes its metadata this way. */
export interface EntityShape {
  readonly name: string
  /** Base entities, nearest first: an `entities` entry for a base holds for the entities derived from it. */
  readonly bases: readonly string[]
  readonly properties: ReadonlyMap<string, PropertyShape>
}

/** One property of an entity; `targets` are looked up only while options are resolved. */
export type PropertyShape =
  | { readonly kind: "column" }
  | { readonly kind: "embedded"; readonly properties: ReadonlyMap<string, PropertyShape> }
  | { readonly kind: "to-one"; readonly target: string; readonly columns: number }
  | { readonly kind: "to-many"; readonly targets: readonly string[] }
  /** No tenant can be read from it; a relation still leads to `targets`. */
  | { readonly kind: "unusable"; readonly why: string; readonly targets?: readonly string[] }

/** The answer to "which property names this entity's tenant?", resolved once at start-up. */
export interface Ownership {
  /** The property path of an entity's tenant, or undefined when the entity is not tenant-owned. */
  pathOf(entity: string): string | undefined
  /** The reason why a relation is left alone on purpose, or undefined when it is guarded. */
  unfilteredReason(entity: string, relation: string): string | undefined
  /** Whether a tenant may make shared rows of an entity its own. */
  isClaimable(entity: string): boolean
}

/**
 * Resolves the options against the entities.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` with the name that is wrong and the closest right one
 */
export function resolveOwnership(settings: Settings, shapes: readonly EntityShape[]): Ownership {
  const byName = new Map(shapes.map((shape) => [shape.name, shape]))
  const paths = new Map<string, string>()
  for (const entity of Object.keys(settings.entities)) {
    if (!byName.has(entity)) {
      throw invalid(`entities names '${entity}', which is no entity.${didYouMean(entity, byName.keys())}`, {
        option: "entities",
        entity,
      })
    }
  }
  for (const shape of shapes) {
    const path = pathFor(shape, settings)
    if (path === undefined) continue
    assertUsable(shape, path, byName)
    paths.set(shape.name, path)
  }
  assertEveryPropertyIsUsed(settings, shapes)
  assertUnfiltered(settings, byName, paths)
  assertClaimable(settings, byName, paths)
  return Object.freeze({
    pathOf: (entity: string) => paths.get(entity),
    unfilteredReason: (entity: string, relation: string) =>
      [entity, ...(byName.get(entity)?.bases ?? [])]
        .map((name) => settings.unfiltered[`${name}.${relation}`])
        .find((reason) => reason !== undefined),
    isClaimable: (entity: string) =>
      [entity, ...(byName.get(entity)?.bases ?? [])].some((name) => settings.claimable.includes(name)),
  })
}

function pathFor(shape: EntityShape, settings: Settings): string | undefined {
  for (const name of [shape.name, ...shape.bases]) {
    const override = Object.hasOwn(settings.entities, name) ? settings.entities[name] : undefined
    if (override === false) return undefined
    if (override !== undefined) return override
  }
  return settings.tenantProperties.find((path) => isPathOf(path, shape))
}

function isPathOf(path: string, shape: EntityShape): boolean {
  const [first, ...rest] = path.split(".")
  const property = shape.properties.get(first!)
  if (property === undefined) return false
  // A nested default such as "scope.merchantId" belongs to the entities that embed it; the rest must match too.
  return rest.length === 0 || property.kind !== "embedded" || property.properties.has(rest[0]!)
}

function assertUsable(shape: EntityShape, path: string, byName: ReadonlyMap<string, EntityShape>): void {
  const steps = path.split(".")
  let properties = shape.properties
  let place = shape.name
  for (const [index, step] of steps.entries()) {
    const property = properties.get(step)
    const where = `${shape.name} cannot be judged by '${path}'`
    const details = { option: "tenantProperty", entity: shape.name, path }
    if (property === undefined) {
      throw invalid(`${where}: ${place} has no property '${step}'.${didYouMean(step, properties.keys())}`, details)
    }
    if (property.kind === "unusable") throw invalid(`${where}: ${place}.${step} ${property.why}.`, details)
    if (property.kind === "to-many") {
      throw invalid(`${where}: ${place}.${step} is a to-many relation; a tenant is one value.`, details)
    }
    const isLast = index === steps.length - 1
    if (property.kind === "column" && !isLast) {
      throw invalid(`${where}: ${place}.${step} is a column and leads nowhere; end the path there.`, details)
    }
    if (property.kind === "embedded") {
      if (isLast) {
        throw invalid(`${where}: ${place}.${step} is embedded; name the column inside it, as in '${path}.id'.`, details)
      }
      properties = property.properties
      place = `${place}.${step}`
    }
    if (property.kind === "to-one") {
      if (isLast && property.columns !== 1) {
        throw invalid(
          `${where}: ${place}.${step} has a key of ${property.columns} columns; a tenant id is one value. Name one of them.`,
          details,
        )
      }
      properties = byName.get(property.target)?.properties ?? new Map()
      place = property.target
    }
  }
}

function assertEveryPropertyIsUsed(settings: Settings, shapes: readonly EntityShape[]): void {
  for (const path of settings.tenantProperties) {
    if (shapes.some((shape) => isPathOf(path, shape))) continue
    const names = new Set(shapes.flatMap((shape) => [...shape.properties.keys()]))
    throw invalid(
      `tenantProperty names '${path}', which no entity has.${didYouMean(path, names)} ` +
        `Entities: ${shapes.map((shape) => shape.name).join(", ") || "none"}.`,
      { option: "tenantProperty", path },
    )
  }
}

function assertUnfiltered(
  settings: Settings,
  byName: ReadonlyMap<string, EntityShape>,
  paths: ReadonlyMap<string, string>,
): void {
  for (const key of Object.keys(settings.unfiltered)) {
    const [entity = "", relation = ""] = key.split(".")
    const details = { option: "unfiltered", relation: key }
    const shape = byName.get(entity)
    if (shape === undefined) {
      throw invalid(
        `unfiltered names '${key}', but '${entity}' is no entity.${didYouMean(entity, byName.keys())}`,
        details,
      )
    }
    const property = shape.properties.get(relation)
    const targets = property === undefined ? [] : targetsOf(property)
    if (targets.length === 0) {
      const relations = [...shape.properties].filter(([, value]) => targetsOf(value).length > 0).map(([name]) => name)
      throw invalid(
        `unfiltered names '${key}', but ${entity} has no relation '${relation}'.${didYouMean(relation, relations)}`,
        details,
      )
    }
    if (!targets.some((target) => paths.has(target))) {
      throw invalid(
        `unfiltered names '${key}', which is not guarded anyway: ${targets.join(", ")} is not tenant-owned. Remove the entry.`,
        details,
      )
    }
  }
}

function assertClaimable(
  settings: Settings,
  byName: ReadonlyMap<string, EntityShape>,
  paths: ReadonlyMap<string, string>,
): void {
  for (const entity of settings.claimable) {
    const details = { option: "claimable", entity }
    if (!byName.has(entity)) {
      throw invalid(`claimable names '${entity}', which is no entity.${didYouMean(entity, byName.keys())}`, details)
    }
    const owned = [...byName.values()].some(({ name, bases }) => paths.has(name) && [name, ...bases].includes(entity))
    if (!owned) throw invalid(`claimable names '${entity}', which is not tenant-owned. Remove the entry.`, details)
  }
}

function targetsOf(property: PropertyShape): readonly string[] {
  if (property.kind === "to-one") return [property.target]
  return property.kind === "to-many" || property.kind === "unusable" ? (property.targets ?? []) : []
}
