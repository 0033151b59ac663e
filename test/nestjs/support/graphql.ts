import { Controller, Inject, Module, Post, Req, type OnModuleInit, type Type } from "@nestjs/common"
import { ExternalContextCreator, HttpAdapterHost } from "@nestjs/core"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { assertObjectType, buildSchema, execute, parse, type GraphQLSchema } from "graphql"

const typeDefs = `
  type Query { a: String, b: String, c: String, health: String, order: Order, openOrder: Order }
  type Order { scope: String }
  type Subscription { ticks: String, boundTicks: String }
`

/** How resolvers are made of methods: as `@nestjs/graphql` 13 does, whose peer is an older TypeScript. */
export function schemaOf(creator: ExternalContextCreator, resolvers: object): GraphQLSchema {
  const schema = buildSchema(typeDefs)
  const methods = resolvers as Record<string, (...args: unknown[]) => unknown>
  const wrap = (name: string, isEnhanced: boolean) => {
    const options = { guards: isEnhanced, interceptors: isEnhanced, filters: isEnhanced }
    return creator.create(
      resolvers,
      methods[name]!,
      name,
      undefined,
      undefined,
      undefined,
      undefined,
      options,
      "graphql",
    ) as (...args: unknown[]) => unknown
  }
  for (const field of Object.values(schema.getQueryType()!.getFields())) field.resolve = wrap(field.name, true)
  for (const field of Object.values(schema.getSubscriptionType()!.getFields())) {
    field.subscribe = wrap(field.name, true)
    field.resolve = (value) => value
  }
  // Fields of objects have no enhancers, unless fieldResolverEnhancers names them.
  assertObjectType(schema.getType("Order")).getFields()["scope"]!.resolve = wrap("scope", false)
  return schema
}

interface Body {
  readonly query: string
}

interface ExpressResponse {
  json(body: object): void
}

/** What the GraphQL server makes the context of an operation of. */
export type ContextOf = (request: object, reply?: object) => object

/** Answers `POST /graphql` by a route of its own, as the servers do that `@nestjs/graphql` mounts. */
export function mountedGraphql(resolvers: object, contextOf: ContextOf): Type {
  @Module({})
  class GraphqlModule implements OnModuleInit {
    readonly #host: HttpAdapterHost
    readonly #creator: ExternalContextCreator

    constructor(
      @Inject(HttpAdapterHost) host: HttpAdapterHost,
      @Inject(ExternalContextCreator) creator: ExternalContextCreator,
    ) {
      this.#host = host
      this.#creator = creator
    }

    onModuleInit(): void {
      const schema = schemaOf(this.#creator, resolvers)
      const { httpAdapter } = this.#host
      if (httpAdapter.getType() === "fastify") {
        const fastify = httpAdapter.getInstance() as FastifyInstance
        fastify.post("/graphql", async (request: FastifyRequest, reply: FastifyReply) =>
          answer(schema, request.body as Body, contextOf(request, reply)),
        )
        return
      }
      httpAdapter.use("/graphql", async (request: { body: Body }, response: ExpressResponse) => {
        response.json(await answer(schema, request.body, contextOf(request)))
      })
    }
  }
  return GraphqlModule
}

/** Answers `POST /graphql` by a controller. */
export function controlledGraphql(resolvers: object, contextOf: ContextOf): Type {
  @Controller("graphql")
  class GraphqlController implements OnModuleInit {
    readonly #creator: ExternalContextCreator
    #schema: GraphQLSchema | undefined

    constructor(@Inject(ExternalContextCreator) creator: ExternalContextCreator) {
      this.#creator = creator
    }

    // Not before: Nest 12 knows the guards of its modules only then.
    onModuleInit(): void {
      this.#schema = schemaOf(this.#creator, resolvers)
    }

    @Post()
    post(@Req() request: { body: Body }): Promise<object> {
      return answer(this.#schema!, request.body, contextOf(request))
    }
  }

  @Module({ controllers: [GraphqlController] })
  class GraphqlModule {}
  return GraphqlModule
}

async function answer(schema: GraphQLSchema, { query }: Body, contextValue: object): Promise<object> {
  const { data, errors } = await execute({ schema, document: parse(query), contextValue })
  return { data, ...(errors === undefined ? {} : { errors: errors.map(({ message }) => message) }) }
}

/** The answer to a query. */
export async function query(
  url: string,
  text: string,
  { headers = {} }: { readonly headers?: object } = {},
): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    body: JSON.stringify({ query: text }),
    headers: { "content-type": "application/json", ...headers },
  })
  return response.json()
}
