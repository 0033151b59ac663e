import type { TableName } from "../../core/tenant-model.ts"

/** A table as findings name it. */
export function textOf({ schema, name }: TableName): string {
  return schema === undefined ? name : `${schema}.${name}`
}
