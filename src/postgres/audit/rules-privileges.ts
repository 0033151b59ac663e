import { identifier } from "../sql-text.ts"
import { finding, type Finding } from "./finding.ts"
import { may, revoke } from "./reach.ts"
import { textOf } from "./wording.ts"
import type { Definer } from "./snapshot.ts"
import type { Audited, Subject } from "./subjects.ts"

/** An owner has the privilege until it is taken away. */
export function truncate({ live }: Subject, { reach, snapshot }: Audited): Finding[] {
  if (!may(reach, live.grants, "truncate")) return []
  const owns = reach.oids.has(live.owner)
    ? " As its owner, it may also switch row security off: give the table to another role."
    : ""
  const message = `${reach.role.name} may TRUNCATE ${textOf(live)}, which deletes the rows of every tenant, past every policy.${owns}`
  return [finding("truncate-granted", { table: textOf(live) }, message, [revoke(reach, live, snapshot, "truncate")])]
}

/**
 * Functions that look up names, with the rights of their owner, in a `search_path` that the caller chooses, or in which temporary
 * tables come first. An empty one is taken to mean that every name in the function has its schema.
 */
export function definers(audited: Audited): Finding[] {
  const { snapshot, reach } = audited
  return snapshot.definers.flatMap((definer) => {
    const { schema, name, arguments: parameters, searchPath, isTrigger } = definer
    if (!isTrigger && !may(reach, definer.grants, "execute")) return []
    const fault = faultOf(definer, may(reach, snapshot.temporary, "temporary"))
    if (fault === undefined) return []
    const path = searchPath === null ? defaultPath(definer, audited) : `${searchPath}, pg_temp`
    const text = `${schema}.${name}(${parameters})`
    const message = `${text} runs with the rights of its owner, and ${fault}: a table of the caller's can stand in for one that it names.`
    const alter = `alter routine ${identifier(schema)}.${identifier(name)}(${parameters}) set search_path = ${path}`
    return [finding("definer-search-path", { object: text }, message, [alter])]
  })
}

function faultOf({ searchPath }: Definer, createsTemporary: boolean): string | undefined {
  if (searchPath === null) return "takes the search_path of its caller"
  const schemas = searchPath.split(",").map((schema) => schema.trim())
  const isClosed = schemas.every((schema) => schema === "" || schema === '""' || schema === "pg_catalog")
  if (isClosed || schemas.at(-1) === "pg_temp" || !createsTemporary) return undefined
  return schemas.includes("pg_temp") ? "looks into temporary tables before others" : "looks into temporary tables first"
}

/** As far as can be told: names of other schemas must be added. */
function defaultPath({ schema }: Definer, { subjects }: Audited): string {
  const schemas = new Set([schema, ...subjects.map(({ live }) => live.schema)])
  return ["pg_catalog", ...[...schemas].map(identifier), "pg_temp"].join(", ")
}
