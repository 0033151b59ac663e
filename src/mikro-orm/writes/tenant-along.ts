import type { RowValues } from "../tenant-column.ts"
import type { TenantLink } from "../tenant-of.ts"
import { placeAlong, targetIn } from "./row-tenants.ts"
import type { Writing } from "./writing.ts"

/** A tenant that is told by a linked row; or that the linked row is new and judged itself, or hidden. */
export type Along =
  | { readonly isJudged: true; readonly isHidden: boolean }
  | { readonly isJudged: false; readonly value: unknown }

/** Asks for the row by whose tenant a row without a column of its own is judged. */
export function askAlong(writing: Writing, link: TenantLink, row: RowValues, schema: string | undefined): void {
  const target = targetIn(writing, link.property, row, schema)
  if (target.kind === "row") writing.stored.ask(placeAlong(link, target), target.key)
}

/** The tenant of a row by its first link; undefined where its values do not tell it. */
export function tenantAlong(
  writing: Writing,
  link: TenantLink,
  row: RowValues,
  schema: string | undefined,
): Along | undefined {
  const target = targetIn(writing, link.property, row, schema)
  switch (target.kind) {
    case "none":
      return undefined
    case "null":
      return { isJudged: false, value: null }
    case "unknown":
      return { isJudged: false, value: undefined }
    case "new":
      return { isJudged: true, isHidden: false }
    case "row": {
      const found = writing.stored.rowAt(placeAlong(link, target), target.key)
      // The database refuses a key that leads nowhere.
      return found === undefined
        ? { isJudged: true, isHidden: writing.isBlind }
        : { isJudged: false, value: found.tenant }
    }
  }
}
