import type { ExecutionContext, INestApplication } from "@nestjs/common"
import { ExternalContextCreator } from "@nestjs/core"
import { execute, parse, subscribe, type ExecutionResult } from "graphql"
import { afterEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { fromClaim, TenantModule, type TenantModuleOptions } from "../../src/nestjs/index.ts"
import { moduleWith } from "../http/support/nest.ts"
import { schemaOf } from "./support/graphql.ts"
import { resolvers } from "./support/resolvers.ts"
import { platforms } from "./support/serving.ts"

const resolveMessage = (context: ExecutionContext): string | undefined =>
  context.getArgByIndex<{ readonly merchant?: string }>(2).merchant

let app: INestApplication | undefined

afterEach(async () => app?.close())

async function schemaWith(options: Partial<TenantModuleOptions> = { resolveMessage }) {
  app = await platforms[0]!.create(
    moduleWith([], [TenantModule.forRoot({ resolve: fromClaim("merchant"), ...options })]),
  )
  await app.init()
  return schemaOf(app.get(ExternalContextCreator), resolvers)
}

/** What a GraphQL server on a socket does with a message, here in the scope of somebody else. */
async function ask(
  text: string,
  contextValue: object,
  options?: Partial<TenantModuleOptions>,
): Promise<ExecutionResult> {
  const schema = await schemaWith(options)
  return withTenant("somebody else", async () => execute({ schema, document: parse(text), contextValue }))
}

describe("an operation that came by no HTTP request", () => {
  it("runs in the scope of the tenant that resolveMessage returns", async () => {
    const { data } = await ask("{ a b }", { merchant: "acme" })

    expect(data).toEqual({ a: "acme", b: "acme" })
  })

  it("is refused where resolveMessage gives undefined", async () => {
    const { data, errors } = await ask("{ a }", {})

    expect(data).toEqual({ a: null })
    expect(errors?.map(({ message }) => message)).toEqual(["Forbidden resource"])
  })

  it("runs outside any scope without resolveMessage", async () => {
    const { data } = await ask("{ a }", { merchant: "acme" }, {})

    expect(data).toEqual({ a: "none" })
  })
})

it.each([
  ["that is bound makes each event in the scope that resolveMessage returned", "boundTicks", ["acme", "acme"]],
  ["that is not bound makes them in the scope of its consumer", "ticks", ["globex", "globex"]],
])("a subscription %s", async (_, field, expected) => {
  const document = parse(`subscription { ${field} }`)
  const contextValue = { merchant: "acme" }
  const events = (await subscribe({
    schema: await schemaWith(),
    document,
    contextValue,
  })) as AsyncGenerator<ExecutionResult>
  const next = async () => ((await events.next()).value as ExecutionResult).data?.[field]

  expect(await withTenant("globex", async () => [await next(), await next()])).toEqual(expected)
})
