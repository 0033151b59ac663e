import { channel } from "node:diagnostics_channel"

/** One deliberate way around the tenant scope. Names the reason and never a tenant. */
export interface BypassRecord {
  readonly event: "tenant_bypass"
  readonly v: 1
  readonly kind: "bypass" | "tenants" | "switch" | "unfiltered"
  readonly reason: string
  /** How many tenants a `tenants` scope owns. */
  readonly count?: number
  /** The relation that an `unfiltered` option leaves alone, as `Entity.property`. */
  readonly relation?: string
  /** When the scope opened, as ISO 8601. */
  readonly time: string
}

const bypasses = channel("tenant-failsafe:bypass")

/** Publishes the record, frozen, on `node:diagnostics_channel` `"tenant-failsafe:bypass"`. */
export function publishBypass(record: BypassRecord): void {
  bypasses.publish(Object.freeze(record))
}

/** Publishes a record for each relation that the options leave alone on purpose. */
export function publishUnfiltered(unfiltered: Readonly<Record<string, string>>): void {
  const time = new Date().toISOString()
  for (const [relation, reason] of Object.entries(unfiltered)) {
    publishBypass({ event: "tenant_bypass", v: 1, kind: "unfiltered", relation, reason, time })
  }
}
