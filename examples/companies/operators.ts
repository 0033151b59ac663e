// Who may make companies? Operators, by a token of the environment.
import { createHash, timingSafeEqual } from "node:crypto"
import { Router } from "@koa/router"
import type { Middleware } from "koa"
import { TenantFailsafeError } from "tenant-failsafe"
import { tenantless } from "tenant-failsafe/koa"
import { setting, type Environment } from "./environment.ts"
import type { Pools } from "./pools.ts"
import { migrateCompanies, provisionCompany, type NewCompany } from "./provisioning.ts"

export function operators({ provisioner }: Pools, env: Environment): Router {
  const router = new Router()
  const isAllowed = operatorsOnly(setting(env, "OPERATOR_TOKEN"))
  router.post("/companies", isAllowed, tenantless("an operator makes a company"), async (context) => {
    const { name, login, password } = context.request.body as Partial<NewCompany>
    try {
      const company = { name: String(name), login: String(login), password: String(password) }
      context.body = { id: await provisionCompany(provisioner, env, company) }
      context.status = 201
    } catch (error) {
      context.status = statusOf(error)
      context.body = { detail: "There is such a company or login already, or the name is no schema's." }
    }
  })
  router.post("/migrations", isAllowed, tenantless("an operator migrates all companies"), async (context) => {
    context.body = await migrateCompanies(provisioner, env)
  })
  return router
}

function statusOf(error: unknown): number {
  if (error instanceof TenantFailsafeError && error.code === "OPTION_INVALID") return 400
  if ((error as { code?: unknown }).code === "23505") return 409
  throw error
}

function operatorsOnly(token: string): Middleware {
  const expected = digest(`Bearer ${token}`)
  return async (context, next) => {
    if (timingSafeEqual(digest(context.get("authorization")), expected)) return next()
    context.status = 401
    context.body = { detail: "Operators only." }
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest()
}
