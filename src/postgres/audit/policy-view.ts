import { storedName } from "../sql-text.ts"
import { isAlwaysTrue } from "./always-true.ts"
import { expressionOf, type Expression } from "./expression.ts"
import { unboundParts } from "./tenant-terms.ts"
import type { RelationPolicy } from "./snapshot.ts"
import type { Subject } from "./subjects.ts"

/** What a policy may be for. */
export type Command = "select" | "insert" | "update" | "delete"
/** In the order in which they are told. */
export const allCommands: readonly Command[] = ["select", "insert", "update", "delete"]

/** The commands for which a policy says something. One for INSERT without WITH CHECK allows nothing (measured on PostgreSQL 18.4). */
export function commandsOf({ command, withCheck }: RelationPolicy): readonly Command[] {
  if (command === "all") return allCommands
  return command === "insert" && withCheck === null ? [] : [command]
}

/** Those of which a row needs one. */
export function permissive({ policies }: Subject): RelationPolicy[] {
  return policies.filter(({ type }) => type === "permissive")
}

/** The columns that tell, directly or at the end of a path, whose a row is. */
export function tenantColumns({ owned: { column, source } }: Subject): string[] {
  const names = [...(column === undefined ? [] : [column.name]), ...(source?.through[0]?.columns ?? [])]
  return [...new Set(names.map(storedName))]
}

/** Columns that every row of a tenant has a value in. */
function neverNull(subject: Subject): Set<string> {
  const present = subject.live.columns.filter(({ isNullable }) => !isNullable).map(({ name }) => name)
  return new Set([...present, ...tenantColumns(subject)])
}

/** Whether a condition, as PostgreSQL prints it, holds for every row of a tenant. */
export function alwaysTrue(expression: string, subject: Subject): boolean {
  return isAlwaysTrue(expressionOf(expression), neverNull(subject))
}

/** Whether every row that a condition lets pass has to do with the tenant. */
function isBound(expression: string, subject: Subject): boolean {
  return unbound(expression, subject).length === 0 && !alwaysTrue(expression, subject)
}

/** The parts of a condition that have nothing to do with the tenant. */
export function unbound(expression: string, subject: Subject): Expression[] {
  return unboundParts(expressionOf(expression), tenantColumns(subject))
}

/**
 * Whether restrictive policies hold a permissive one to the tenant, whatever it allows itself: a policy that lets everything pass, with
 * one that takes away what is foreign, is a sound pair.
 */
export function isConfined(policy: RelationPolicy, part: "using" | "withCheck", subject: Subject): boolean {
  const relevant: readonly Command[] = part === "using" ? ["select", "update", "delete"] : ["insert", "update"]
  const commands = commandsOf(policy).filter((command) => relevant.includes(command))
  const nets = subject.policies.filter(({ type }) => type === "restrictive")
  return commands.every((command) =>
    nets.some((net) => {
      const condition = part === "using" ? net.using : (net.withCheck ?? net.using)
      return commandsOf(net).includes(command) && condition !== null && isBound(condition, subject)
    }),
  )
}
