import { publishLeak } from "./node_modules/tenant-failsafe/dist/core/leak-channel.js"
import { currentContext } from "./node_modules/tenant-failsafe/dist/core/scope.js"

/** Stands for a load that leaks: publishes its record as an ORM entry does. */
export function detect(relation) {
  const report = {
    event: "tenant_leak",
    what: "dropped",
    owner: "Customer",
    relation,
    child: "Address",
    column: "merchantId",
  }
  publishLeak(
    { ...report, fingerprint: `v1:${relation}`, loaded: 2, rows: 1, dropped: 1 },
    currentContext()?.observers ?? [],
  )
}
