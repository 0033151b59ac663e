import { IncomingMessage } from "node:http"
import type { ExecutionContext } from "@nestjs/common"
import { fastifyPort, type FastifyRequest } from "../http/fastify-port.ts"
import { expressPort } from "../http/node-port.ts"
import type { RequestPort } from "../http/request-port.ts"

/** What GraphQL servers put into the context of their operations. */
interface GraphqlContext {
  readonly req?: object
  readonly request?: object
  readonly reply?: { readonly request?: object }
}

/** The HTTP request that a handler is called for, if there is one. */
export function requestOf(context: ExecutionContext): object | undefined {
  if (context.getType() === "http") return context.switchToHttp().getRequest<object>()
  if (context.getType<string>() !== "graphql") return undefined
  const operation = context.getArgByIndex<GraphqlContext | undefined>(2)
  return operation?.req ?? operation?.request ?? operation?.reply?.request
}

/** Reads a request of Nest's platform, express or fastify. */
export function portOf(request: object): RequestPort {
  return isFastifyRequest(request) ? fastifyPort(request) : expressPort(request as IncomingMessage)
}

/** An application on express may have put anything of that name on its request. */
export function isFastifyRequest(request: object): request is FastifyRequest {
  return !(request instanceof IncomingMessage) && "raw" in request
}
