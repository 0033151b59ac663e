import { invalid } from "../core/options.ts"

/** A migration to be written: for whom, under which name. */
export interface MigrationOptions {
  readonly orm: "mikro-orm" | "typeorm"
  /** When it was made: both ORMs run migrations in this order. */
  readonly at: Date
  /** What the class's name says. `"RowSecurity"` by default. */
  readonly name?: string
}

/** A migration as a file of its own. */
export interface Migration {
  readonly className: string
  /** What the ORM expects the file to be called. */
  readonly fileName: string
  /** TypeScript. */
  readonly text: string
}

/**
 * A plan as a migration class of MikroORM 7 or TypeORM. Both run it in a transaction, unless they were told otherwise: leave it so.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID` for a name that no class can have
 */
export function rowSecurityMigration(
  { up, down }: { readonly up: readonly string[]; readonly down: readonly string[] },
  { orm, at, name = "RowSecurity" }: MigrationOptions,
): Migration {
  if (!/^[A-Za-z_$][\w$]*$/.test(name))
    throw invalid("The name of a migration must be one of a class.", { option: "name" })
  if (orm === "mikro-orm") {
    const stamp = at.toISOString().replace(/\D/g, "").slice(0, 14)
    const className = `Migration${stamp}_${name}`
    return { className, fileName: `${className}.ts`, text: mikroOrmText(className, up, down) }
  }
  if (orm !== "typeorm") throw invalid("orm must be 'mikro-orm' or 'typeorm'.", { option: "orm" })
  const className = `${name}${at.getTime()}`
  return { className, fileName: `${at.getTime()}-${name}.ts`, text: typeormText(className, up, down) }
}

function mikroOrmText(className: string, up: readonly string[], down: readonly string[]): string {
  return lines(
    'import { Migration } from "@mikro-orm/migrations"',
    "",
    `export class ${className} extends Migration {`,
    "  override async up(): Promise<void> {",
    ...calls("this.addSql", up),
    "  }",
    "",
    "  override async down(): Promise<void> {",
    ...calls("this.addSql", down),
    "  }",
    "}",
  )
}

function typeormText(className: string, up: readonly string[], down: readonly string[]): string {
  return lines(
    'import type { MigrationInterface, QueryRunner } from "typeorm"',
    "",
    `export class ${className} implements MigrationInterface {`,
    `  readonly name = ${JSON.stringify(className)}`,
    "",
    "  async up(queryRunner: QueryRunner): Promise<void> {",
    ...calls("await queryRunner.query", up),
    "  }",
    "",
    "  async down(queryRunner: QueryRunner): Promise<void> {",
    ...calls("await queryRunner.query", down),
    "  }",
    "}",
  )
}

function calls(call: string, statements: readonly string[]): string[] {
  return statements.map((text) => `    ${call}(${template(text)})`)
}

/** Statements of several lines stay readable; what a template would interpret is escaped. */
function template(text: string): string {
  const escaped = text.replace(/[\\`]|\$\{/g, (found) => `\\${found}`)
  // A template turns these into a plain line feed.
  return `\`${escaped.replaceAll("\r", "\\r")}\``
}

function lines(...texts: readonly string[]): string {
  return `${texts.join("\n")}\n`
}
