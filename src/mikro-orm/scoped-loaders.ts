import type { EntityManager } from "@mikro-orm/core"
import type { DataloaderUtils } from "@mikro-orm/core/dataloader"

/** The data loaders of MikroORM 7.2. */
export type LoaderKind = "ref" | "1:m" | "m:n" | "count"

/**
 * Data loaders, one per kind and scope. A loader runs its batch in the context of the first caller: shared between scopes, the
 * second tenant would be served the first one's rows.
 */
export class ScopedLoaders {
  readonly #loaders = new Map<string, object>()

  async get(em: EntityManager, kind: LoaderKind, scopeKey: string): Promise<object> {
    const key = `${kind} ${scopeKey}`
    const known = this.#loaders.get(key)
    if (known !== undefined) return known
    const { DataloaderUtils: utils } = await import("@mikro-orm/core/dataloader")
    const DataLoader = (await utils.getDataLoader()) as unknown as new (batch: unknown) => object
    // Another caller may have created it while the modules were loading; batches work only when all callers share one.
    const created = this.#loaders.get(key) ?? new DataLoader(batchOf(utils, kind, em))
    this.#loaders.set(key, created)
    return created
  }
}

function batchOf(utils: typeof DataloaderUtils, kind: LoaderKind, em: EntityManager): unknown {
  switch (kind) {
    case "ref":
      return utils.getRefBatchLoadFn(em)
    case "1:m":
      return utils.getColBatchLoadFn(em)
    case "m:n":
      return utils.getManyToManyColBatchLoadFn(em)
    case "count":
      return utils.getCountBatchLoadFn(em)
  }
}
