export { withTenantSession } from "./with-tenant-session.ts"
