// A package that keeps its scope in its own module.
import { AsyncLocalStorage } from "node:async_hooks"

const storage = new AsyncLocalStorage()

export const withTenant = (tenant, run) => storage.run(tenant, run)
export const currentTenant = () => storage.getStore()
export const tenantScope =
  ({ resolve }) =>
  (listener) =>
  async (request, response) =>
    withTenant(await resolve(request), () => listener(request, response))
