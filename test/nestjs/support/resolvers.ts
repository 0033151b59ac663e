import { bindTenantIterable } from "../../../src/index.ts"
import { Tenantless } from "../../../src/nestjs/index.ts"
import { scopeName } from "../../http/support/frameworks.ts"

/** The resolvers of the schema of `graphql.ts`: each answers the scope that it sees. */
class Resolvers {
  a(): string {
    return scopeName()
  }

  async b(): Promise<string> {
    await Promise.resolve()
    return scopeName()
  }

  c(): string {
    return scopeName()
  }

  @Tenantless("health check")
  health(): string {
    return scopeName()
  }

  order(): object {
    return {}
  }

  @Tenantless("an order without its fields")
  openOrder(): object {
    return {}
  }

  scope(): string {
    return scopeName()
  }

  async *ticks(): AsyncGenerator<string> {
    for (;;) yield scopeName()
  }

  boundTicks(): AsyncIterable<string> {
    return bindTenantIterable(this.ticks())
  }
}

export const resolvers: object = new Resolvers()
