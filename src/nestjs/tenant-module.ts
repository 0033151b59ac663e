import {
  Inject,
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type NestModule,
  type Provider,
} from "@nestjs/common"
import { APP_GUARD, APP_INTERCEPTOR, HttpAdapterHost } from "@nestjs/core"
import { assertKnown } from "../http/options.ts"
import { MessageScopeInterceptor } from "./message-scope-interceptor.ts"
import {
  isGuardGlobal,
  readModuleOptions,
  settingsToken,
  type TenantModuleOptions,
  type TenantModulePlacement,
} from "./options.ts"
import { openPending } from "./pending-requests.ts"
import { TenantGuard } from "./tenant-guard.ts"

/** Options that are made by other providers, such as a configuration service. */
export interface TenantModuleAsyncOptions<
  Request = never,
  Dependencies extends readonly unknown[] = readonly never[],
> extends TenantModulePlacement {
  readonly imports?: ModuleMetadata["imports"]
  readonly inject?: readonly InjectionToken[]
  readonly useFactory: (
    ...dependencies: Dependencies
  ) => TenantModuleOptions<Request> | Promise<TenantModuleOptions<Request>>
}

/**
 * Opens the scope of the request's tenant in a Nest application, on express or fastify: each request begins in a scope that is decided
 * by `TenantGuard`, once it is known who the caller is. Import it into the root module after the modules whose guards authenticate.
 *
 * @example
 * const tenants = TenantModule.forRoot({ resolve: fromClaim("merchantId") }) // for imports: [AuthModule, tenants]
 */
export class TenantModule implements NestModule {
  readonly #host: HttpAdapterHost

  constructor(host: HttpAdapterHost) {
    this.#host = host
  }

  /** @throws {TenantFailsafeError} `OPTION_INVALID`, `REASON_MISSING` */
  static forRoot<Request = never>(options: TenantModuleOptions<Request> & TenantModulePlacement): DynamicModule {
    return assemble({ provide: settingsToken, useValue: readModuleOptions(options) }, isGuardGlobal(options))
  }

  /** The same with options that other providers make; `guard` is not among what the factory returns. */
  static forRootAsync<Request = never, Dependencies extends readonly unknown[] = readonly never[]>(
    options: TenantModuleAsyncOptions<Request, Dependencies>,
  ): DynamicModule {
    assertKnown("TenantModule.forRootAsync", options, ["imports", "inject", "useFactory", "guard"])
    const { imports = [], inject = [], useFactory } = options
    const settings: Provider = {
      provide: settingsToken,
      inject: [...inject],
      useFactory: async (...dependencies: unknown[]) =>
        readModuleOptions(await useFactory(...(dependencies as unknown as Dependencies)), []),
    }
    return { ...assemble(settings, isGuardGlobal(options)), imports }
  }

  configure(): void {
    const { httpAdapter } = this.#host
    if (httpAdapter.getType() === "fastify") {
      // After the hooks of other plugins, which may go on from an event and lose the scope; fastify 5.12 itself keeps it.
      const app = httpAdapter.getInstance<FastifyInstance>()
      app.addHook("preHandler", (request, _reply, done) => openPending(request, done))
      return
    }
    httpAdapter.use((request: object, _response: unknown, next: () => void) => openPending(request, next))
  }
}

Module({})(TenantModule)
Inject(HttpAdapterHost)(TenantModule, undefined, 0)

/** What is used of fastify's instance. */
interface FastifyInstance {
  addHook(name: "preHandler", hook: (request: object, reply: unknown, done: () => void) => void): unknown
}

function assemble(settings: Provider, isGlobal: boolean): DynamicModule {
  return {
    module: TenantModule,
    global: true,
    providers: [
      settings,
      TenantGuard,
      { provide: APP_INTERCEPTOR, useClass: MessageScopeInterceptor },
      ...(isGlobal ? [{ provide: APP_GUARD, useExisting: TenantGuard }] : []),
    ],
    exports: [settingsToken, TenantGuard],
  }
}
