/** Why tenant-failsafe refused. The codes are stable: branch on them, never on the text of the message. */
export type FailsafeErrorCode =
  | "TENANT_MISSING"
  | "TENANT_INVALID"
  | "TENANT_SWITCH"
  | "TENANT_AMBIGUOUS"
  | "REASON_MISSING"
  | "LEAK_DETECTED"
  | "REFERENCE_FOREIGN"
  | "ROOT_FOREIGN"
  | "TENANT_UNKNOWN"
  | "UNLOADED_WRITE"
  | "WRITE_FOREIGN"
  | "TENANT_IMMUTABLE"
  | "OPTION_INVALID"
  | "NOT_INSTALLED"
  | "UNSUPPORTED_ORM"

const brand = Symbol.for("tenant-failsafe/error@1")

/**
 * The one error that tenant-failsafe throws: a stable `code`, frozen `details` and a message that names the fix.
 * Neither message nor details hold raw tenant ids. `instanceof` also holds for an error of another copy of the package.
 *
 * @example
 * try {
 *   requireTenant()
 * } catch (error) {
 *   if (error instanceof TenantFailsafeError && error.code === "TENANT_MISSING") return reply.code(400).send()
 *   throw error
 * }
 */
export class TenantFailsafeError extends Error {
  readonly code: FailsafeErrorCode
  readonly details: Readonly<Record<string, unknown>>

  static {
    // On the prototype, as the built-in errors have it: an own `name` would show up in every log that spreads the error.
    Object.defineProperty(this.prototype, "name", { value: "TenantFailsafeError", writable: true, configurable: true })
    Object.defineProperty(this.prototype, brand, { value: true })
  }

  constructor(
    code: FailsafeErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options)
    this.code = code
    this.details = Object.freeze({ ...details })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass inherits this method, and must not claim every error of its parent.
    if (this !== TenantFailsafeError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === "object" && value !== null && brand in value
  }
}
