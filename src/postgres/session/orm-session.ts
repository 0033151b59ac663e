import { declareRowSecurity } from "../../core/row-security-watch.ts"
import type { TableName, TenantModel } from "../../core/tenant-model.ts"
import { diagnoseOn } from "../disagreement/diagnose-on.ts"
import { readRowSecurityOptions, type RowSecurityOptions, type RowSecuritySettings } from "../options.ts"
import type { PgPool, TenantSessionOptions } from "./tenant-session.ts"

/** How the tenant of a scope reaches an ORM's database, and what is expected of it. */
export interface OrmSessionOptions extends TenantSessionOptions {
  /**
   * The options of the row security in the database. It is taken to be active, `{}`: a foreign row that reaches the ORM all the same is a
   * record `"rls-not-held"` with the likely cause, and a row that is linked to must be there for the tenant. `"none"` where there is none, or
   * not yet; the default with `schemas`.
   */
  readonly rowSecurity?: RowSecurityOptions | "none"
}

/** What is known of an ORM once it is initialised. */
export interface OrmDescription {
  /** What declarations on its entities say, which count where the session's options say nothing. */
  readonly settings?: RowSecuritySettings | undefined
  readonly model: TenantModel
  /** Where an entity's rows are; undefined for rows that a query of its own yields. */
  readonly placeOf: (entity: string) => TableName | undefined
}

/**
 * The settings of the row security that is declared active; undefined where there is none.
 *
 * @throws {TenantFailsafeError} `OPTION_INVALID`
 */
export function declaredRowSecurity({
  functions,
  schemas,
  rowSecurity = schemas === undefined ? {} : "none",
}: OrmSessionOptions): RowSecuritySettings | undefined {
  if (rowSecurity === "none") return undefined
  // What is no object is told as such.
  const given = typeof rowSecurity === "object" ? { functions: functions ?? {}, ...rowSecurity } : rowSecurity
  return readRowSecurityOptions(given)
}

/** Lets a guarded ORM tell where row security does not hold; `pools` are those that it made so far. */
export function expectRowSecurity(
  installation: object,
  options: OrmSessionOptions,
  pools: ReadonlySet<PgPool>,
  describe: () => OrmDescription,
): void {
  const declared = declaredRowSecurity(options)
  if (declared === undefined) return
  declareRowSecurity(installation, (entity, context) => {
    const { settings = declared, model, placeOf } = describe()
    const meant = options.rowSecurity === undefined ? settings : declared
    return diagnoseOn(pools, { settings: meant, model, place: placeOf(entity), context })
  })
}
