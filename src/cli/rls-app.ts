import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { RowSecurityOptions, TenantModel } from "../postgres/index.ts"
import { withoutSecrets } from "./rls-secrets.ts"
import { BadInput } from "./terminal.ts"

/** What an application says about its entities. */
export interface TenantApp {
  readonly model: TenantModel
  readonly options?: RowSecurityOptions
  /** Called at the end, for what keeps the process alive. */
  close?(): unknown
}

/**
 * Loads the module that default-exports an application's model, or a promise of it, or a function that returns it.
 *
 * @throws {BadInput} where there is no such module, where it fails, and where it exports something else
 */
export async function loadApp(path: string): Promise<TenantApp> {
  const app = await exported(path)
  if (isApp(app)) return app
  throw new BadInput(
    `${path} must default-export { model, options }, a promise of it, or a function that returns it; model comes from ` +
      "tenantModel of tenant-failsafe/mikro-orm or tenant-failsafe/typeorm.",
  )
}

async function exported(path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as { readonly default?: unknown }
    const value: unknown = await module.default
    return typeof value === "function" ? await (value as () => unknown)() : value
  } catch (error) {
    // An application's errors may name the address of its database.
    throw new BadInput(
      `${path} could not be loaded: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`,
    )
  }
}

function isApp(value: unknown): value is TenantApp {
  const model = (value as Partial<TenantApp> | null | undefined)?.model
  return typeof model === "object" && model !== null && Array.isArray((model as Partial<TenantModel>).tables)
}
