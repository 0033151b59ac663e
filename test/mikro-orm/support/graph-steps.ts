import fc from "fast-check"
import { currentScope, withoutTenant, withTenant, withTenants } from "../../../src/index.ts"
import { relations, type Relation, type RowTenant } from "./graph.ts"

export type ScopeStep = readonly [kind: "tenant" | "set" | "bypass", tenants: readonly number[]]

export type EditKind = "rename" | "add" | "remove" | "move" | "clear" | "link"

/** One thing that happens. Numbers named `pick` choose among what there is when the step runs. */
export type Step =
  | { readonly do: "scope"; readonly scope: ScopeStep }
  | { readonly do: "fork" }
  | {
      readonly do: "load"
      readonly how: "find" | "findOne" | "populate" | "init" | "qb"
      readonly strategy: "joined" | "select-in" | "balanced"
      readonly relations: readonly Relation[]
      /**
       * Never partial and refreshed at once: MikroORM 7.2 then forgets what it knew of the other columns, and the flush after
       * the next full load writes them again, with the same values, guarded or not.
       */
      readonly fields: "all" | "partial" | "refreshed"
      readonly pick: number
    }
  | { readonly do: "edit"; readonly edit: EditKind; readonly relation: Relation; readonly picks: readonly number[] }
  | { readonly do: "flush" }
  | { readonly do: "count" }

export const anyScope: fc.Arbitrary<ScopeStep> = fc.oneof(
  { weight: 5, arbitrary: fc.nat(3).map((tenant): ScopeStep => ["tenant", [tenant]]) },
  {
    weight: 2,
    arbitrary: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }).map((tenants): ScopeStep => ["set", tenants]),
  },
  { weight: 1, arbitrary: fc.constant<ScopeStep>(["bypass", []]) },
)

const load = fc.record({
  do: fc.constant("load" as const),
  how: fc.constantFrom("find", "findOne", "populate", "init", "qb"),
  strategy: fc.constantFrom("joined", "select-in", "balanced"),
  relations: fc.subarray([...relations], { minLength: 1 }),
  fields: fc.constantFrom("all", "partial", "refreshed"),
  pick: fc.nat(7),
})

const edit = fc.record({
  do: fc.constant("edit" as const),
  edit: fc.constantFrom<EditKind[]>("rename", "add", "remove", "move", "clear", "link"),
  relation: fc.constantFrom(...relations),
  picks: fc.array(fc.nat(11), { minLength: 3, maxLength: 3 }),
})

export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: load },
    { weight: 7, arbitrary: edit },
    { weight: 3, arbitrary: fc.constant<Step>({ do: "flush" }) },
    { weight: 2, arbitrary: anyScope.map((scope): Step => ({ do: "scope", scope })) },
    { weight: 1, arbitrary: fc.constant<Step>({ do: "fork" }) },
    { weight: 1, arbitrary: fc.constant<Step>({ do: "count" }) },
  ),
  { minLength: 1, maxLength: 14 },
)

export function inScope<R>([kind, tenants]: ScopeStep, run: () => R): R {
  if (kind === "tenant") return withTenant(tenants[0]!, run)
  return kind === "set" ? withTenants(tenants, "property test", run) : withoutTenant("property test", run)
}

/** Whether a row is own or shared in a scope, told without the code under test. */
export function isVisible([kind, tenants]: ScopeStep, tenant: RowTenant): boolean {
  return kind === "bypass" || tenant === null || tenants.includes(tenant)
}

export function isSameScope(a: ScopeStep, b: ScopeStep): boolean {
  return a[0] === b[0] && a[1].length === b[1].length && a[1].every((tenant) => b[1].includes(tenant))
}

/** Guards the harness itself: the steps must really run in the scope that the oracle assumes. */
export function assertInScope([kind]: ScopeStep): void {
  const found = currentScope()?.kind
  if (found !== (kind === "set" ? "tenants" : kind)) throw new Error(`The harness runs in ${found}, not in ${kind}.`)
}
