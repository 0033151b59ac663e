export { withTenantSession } from "./with-tenant-session.ts"
export type { OrmSessionOptions } from "../session/orm-session.ts"
