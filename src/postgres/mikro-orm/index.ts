export { withRowSecurity, type NativeRowSecurityOptions } from "./with-row-security.ts"
export { withTenantSession } from "./with-tenant-session.ts"
