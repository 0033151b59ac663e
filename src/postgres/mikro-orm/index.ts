export { withRowSecurity, type NativeRowSecurityOptions } from "./with-row-security.ts"
export { withTenantSession } from "./with-tenant-session.ts"
export type { OrmSessionOptions } from "../session/orm-session.ts"
