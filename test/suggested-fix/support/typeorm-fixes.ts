import { join } from "node:path"
import { suggestedFix, type FixInput } from "../../../src/core/suggested-fix.ts"
import type { Snippet } from "./modules.ts"
import { shapes as common, type Shape } from "./shapes.ts"

const bigint = common["a bigint"]!

/** The shapes of tenants; TypeORM reads a bigint as text. */
export const shapes: Readonly<Record<string, Shape>> = {
  ...common,
  "a bigint, as text": { ...bigint, tenant: { ...bigint.tenant, type: "string" } },
}

/** The forms that a fix for TypeORM can have, by what was found. */
const forms = {
  join: { what: "dropped", strategy: "join" },
  "no tenant": { what: "no-tenant", strategy: "join" },
} as const satisfies Readonly<Record<string, Partial<FixInput>>>

function fixOf(
  { owner, relation, child, column, tenant }: Shape,
  found: Partial<FixInput> & Pick<FixInput, "what">,
): string {
  return suggestedFix({ orm: "typeorm", owner, relation, child, column, tenant, ...found })!
}

function rootFixOf({ child, column, tenant }: Shape): string {
  return suggestedFix({ what: "root", orm: "typeorm", owner: child, relation: null, child, column, tenant })!
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
  return {
    code,
    head: [
      'import type { DataSource, FindOptionsWhere } from "typeorm"',
      'import { requireTenant, withTenant } from "tenant-failsafe"',
      `import * as domain from ${JSON.stringify(join(import.meta.dirname, "typeorm-domain.ts"))}`,
      `import type * as rows from ${JSON.stringify(join(import.meta.dirname, "typeorm-rows.ts"))}`,
      `const { ${[...new Set([entity, "Student", "Pupil", "Enrolment"])].join(", ")} } = domain`,
    ].join("\n"),
    given: [
      "{ dataSource, where, tenant }: {",
      `  dataSource: DataSource, where: FindOptionsWhere<rows.${entity}>, tenant: number`,
      "}",
    ].join("\n"),
  }
}
