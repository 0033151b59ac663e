import { MemoryCacheAdapter, type CacheAdapter } from "@mikro-orm/core"
import { currentContext } from "../core/scope.ts"

type AdapterClass = new (options: { expiration: number }) => CacheAdapter

/**
 * Derives a result cache whose entries belong to the scope that stored them. Without it, the second tenant is served the
 * first one's rows, which are then dropped: wanted rows would be missing.
 */
export function tenantResultCache(Base: AdapterClass = MemoryCacheAdapter): AdapterClass {
  return class TenantResultCache implements CacheAdapter {
    readonly #base: CacheAdapter
    /** The scopes that stored an entry under a name of the application's own, so that clearing the name clears them all. */
    readonly #scopes = new Map<string, Set<string>>()

    constructor(options: { expiration: number }) {
      this.#base = new Base(options)
    }

    get<T>(name: string): T | Promise<T | undefined> | undefined {
      return this.#base.get<T>(scoped(name))
    }

    set(name: string, data: unknown, origin: string, expiration?: number): void | Promise<void> {
      const key = scoped(name)
      if (!isAutomatic(name)) {
        const scopes = this.#scopes.get(name) ?? new Set()
        this.#scopes.set(name, scopes.add(key))
      }
      return this.#base.set(key, data, origin, expiration)
    }

    async remove(name: string): Promise<void> {
      const keys = new Set(this.#scopes.get(name)).add(scoped(name))
      this.#scopes.delete(name)
      for (const key of keys) await this.#base.remove(key)
    }

    clear(): void | Promise<void> {
      this.#scopes.clear()
      return this.#base.clear()
    }

    close(): void | Promise<void> {
      return this.#base.close?.()
    }
  }
}

function scoped(name: string): string {
  return `${currentContext()?.key ?? "none"}|${name}`
}

/** MikroORM 7.2 derives automatic keys as JSON arrays; nobody can name them to clear them. */
function isAutomatic(name: string): boolean {
  return name.startsWith("[")
}
