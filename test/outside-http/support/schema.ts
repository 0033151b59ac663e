import { buildSchema, execute, parse, subscribe, type ExecutionResult } from "graphql"

const schema = buildSchema(`
  type Query { who(step: Int = 0): String, fails: String }
  type Subscription { who: String }
`)

export type Results = AsyncGenerator<ExecutionResult, void, void>

/** Executes a query; the resolvers are functions of their arguments. */
export async function ask(
  query: string,
  rootValue: Readonly<Record<string, (args: never) => unknown>>,
): Promise<ExecutionResult> {
  return execute({ schema, document: parse(query), rootValue })
}

/** Opens a subscription to `who`, whose events come from `source`. */
export async function listen(source: () => AsyncIterable<unknown>, abortSignal?: AbortSignal): Promise<Results> {
  const document = parse("subscription { who }")
  const aborting = abortSignal === undefined ? {} : { abortSignal }
  return (await subscribe({ schema, document, rootValue: { who: source }, ...aborting })) as Results
}
