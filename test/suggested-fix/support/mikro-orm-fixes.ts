import { join } from "node:path"
import { suggestedFix, type FixInput } from "../../../src/core/suggested-fix.ts"
import type { Snippet } from "./modules.ts"
import { shapes, type Shape } from "./shapes.ts"

/** The forms that a fix for MikroORM can have, by what was found. */
const forms = {
  find: { what: "dropped", strategy: "joined", call: "find" },
  collection: { what: "dropped", strategy: "select-in", call: "collection" },
  "query builder": { what: "dropped", strategy: "joined", call: "query builder" },
  "no tenant": { what: "no-tenant", strategy: "joined" },
} as const satisfies Readonly<Record<string, Partial<FixInput>>>

export type Form = keyof typeof forms

export function fixOf(
  { owner, relation, child, column, tenant }: Shape,
  found: Partial<FixInput> & Pick<FixInput, "what">,
): string {
  return suggestedFix({ orm: "mikro-orm", owner, relation, child, column, tenant, ...found })!
}

export function rootFixOf({ child, column, tenant }: Shape): string {
  return suggestedFix({ what: "root", orm: "mikro-orm", owner: child, relation: null, child, column, tenant })!
}

/** Every fix in every form, by shape and form. */
export function suggestedSnippets(): Record<string, Snippet> {
  const entries = Object.entries(shapes).flatMap(([name, shape]): [string, Snippet][] => [
    ...Object.entries(forms).map(([form, found]): [string, Snippet] => [
      `${name}: ${form}`,
      snippetOf(shape.owner, fixOf(shape, found)),
    ]),
    [`${name}: root`, snippetOf(shape.child, rootFixOf(shape))],
  ])
  return Object.fromEntries(entries)
}

/** Code around which everything is there that a fix names. */
export function snippetOf(entity: string, code: string): Snippet {
  const key = entity === "Line" ? "number" : "id"
  return {
    code,
    head: [
      'import type { InferEntity, SqlEntityManager } from "@mikro-orm/sql"',
      'import { requireTenant, withTenant } from "tenant-failsafe"',
      `import * as domain from ${JSON.stringify(join(import.meta.dirname, "mikro-orm-domain.ts"))}`,
      `const { ${[...new Set(["Customer", entity])].join(", ")} } = domain`,
    ].join("\n"),
    given: [
      "{ em, where, customer, partner, student, tenant }: {",
      `  em: SqlEntityManager, where: { ${key}: { $lte: number } }, tenant: number,`,
      "  customer: InferEntity<typeof domain.Customer>, partner: InferEntity<typeof domain.Partner>,",
      "  student: InferEntity<typeof domain.Student>,",
      "}",
    ].join("\n"),
  }
}
