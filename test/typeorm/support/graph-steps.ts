import fc from "fast-check"
import { currentScope, switchTenant, withoutTenant, withTenant, withTenants } from "../../../src/index.ts"
import { relations, type Relation, type RowTenant } from "./graph.ts"

export type ScopeStep = readonly [kind: "tenant" | "switch" | "set" | "bypass" | "none", tenants: readonly number[]]

export const ways = ["find", "builder", "partial", "loadMany", "lazy", "transaction", "ids", "mapped", "roots"] as const

/** One load. Numbers named `pick` choose among what there is when the step runs. */
export interface LoadStep {
  readonly do: "load"
  readonly way: (typeof ways)[number]
  readonly strategy: "join" | "query"
  readonly relations: readonly Relation[]
  readonly withProfile: boolean
  readonly withDeleted: boolean
  /** For `find`: a page of the customers. */
  readonly page: { readonly skip: number; readonly take: number } | null
  /** A single customer, where there is one with this id. */
  readonly pick: number
}

export type EditKind =
  | "name"
  | "rename"
  | "add"
  | "remove"
  | "clear"
  | "null"
  | "replace"
  | "link"
  | "profile text"
  | "profile null"

export interface EditStep {
  readonly do: "edit"
  readonly edit: EditKind
  readonly relation: Relation
  readonly picks: readonly number[]
}

export type Step =
  | { readonly do: "scope"; readonly scope: ScopeStep }
  | LoadStep
  | EditStep
  | { readonly do: "copy"; readonly how: "json" | "spread" | "create" }
  | { readonly do: "save"; readonly how: "each" | "all" | "chunks" | "transaction" | "rollback" | "softRemove" }

export const anyScope: fc.Arbitrary<ScopeStep> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(3).map((tenant): ScopeStep => ["tenant", [tenant]]) },
  { weight: 2, arbitrary: fc.nat(2).map((tenant): ScopeStep => ["switch", [tenant]]) },
  {
    weight: 3,
    arbitrary: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }).map((tenants): ScopeStep => ["set", tenants]),
  },
  { weight: 2, arbitrary: fc.constant<ScopeStep>(["bypass", []]) },
  { weight: 1, arbitrary: fc.constant<ScopeStep>(["none", []]) },
)

const load: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("load" as const),
  way: fc.constantFrom(...ways),
  strategy: fc.constantFrom("join", "query"),
  relations: fc.subarray([...relations], { minLength: 1 }),
  withProfile: fc.boolean(),
  withDeleted: fc.nat(5).map((chance) => chance === 0),
  page: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.record({ skip: fc.nat(1), take: fc.integer({ min: 1, max: 2 }) }) },
  ),
  pick: fc.nat(6),
})

const edit: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("edit" as const),
  edit: fc.constantFrom<EditKind[]>(
    "name",
    "rename",
    "rename",
    "add",
    "add",
    "remove",
    "remove",
    "clear",
    "null",
    "replace",
    "link",
    "profile text",
    "profile null",
  ),
  relation: fc.constantFrom(...relations),
  picks: fc.array(fc.nat(11), { minLength: 3, maxLength: 3 }),
})

const save: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("save" as const),
  how: fc.constantFrom("each", "each", "all", "chunks", "transaction", "rollback", "softRemove"),
})

const copy: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("copy" as const),
  how: fc.constantFrom("json", "spread", "create"),
})

export const anySteps: fc.Arbitrary<Step[]> = fc
  .tuple(
    load,
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: load },
        { weight: 7, arbitrary: edit },
        { weight: 5, arbitrary: save },
        { weight: 2, arbitrary: anyScope.map((scope): Step => ({ do: "scope", scope })) },
        { weight: 1, arbitrary: copy },
      ),
      { minLength: 1, maxLength: 14 },
    ),
  )
  .map(([first, rest]) => [first, ...rest])

export function inScope<R>([kind, tenants]: ScopeStep, run: () => R): R {
  switch (kind) {
    case "tenant":
      return withTenant(tenants[0]!, run)
    case "switch":
      return withTenant("somebody else", () => switchTenant(tenants[0]!, "property test", run))
    case "set":
      return withTenants(tenants, "property test", run)
    case "bypass":
      return withoutTenant("property test", run)
    case "none":
      return run()
  }
}

/** Whether a row is own or shared in a scope, told without the code under test. */
export function isVisible([kind, tenants]: ScopeStep, tenant: RowTenant): boolean {
  return kind === "bypass" || tenant === null || tenants.includes(tenant)
}

/** Guards the harness itself: the steps must really run in the scope that the oracle assumes. */
export function assertInScope([kind]: ScopeStep): void {
  const found = currentScope()?.kind
  const meant = { tenant: "tenant", switch: "tenant", set: "tenants", bypass: "bypass", none: undefined }[kind]
  if (found !== meant) throw new Error(`The harness runs in ${found}, not in ${kind}.`)
}
