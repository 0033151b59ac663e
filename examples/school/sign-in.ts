// Who is it, and for which schools may they act?
import type { MikroORM } from "@mikro-orm/postgresql"
import { Router, type Request } from "express"
import type { TenantId } from "tenant-failsafe"
import { fromBody, tenantSwitch } from "tenant-failsafe/express"
import { answering } from "./answering.ts"
import { Account, Membership } from "./entities.ts"
import { isPassword } from "./password.ts"

declare module "express-session" {
  interface SessionData {
    accountId: number
    schoolId: string | number
  }
}

interface SignedIn {
  readonly session: { readonly accountId?: number }
}

/** `POST /login` opens a session, in the only school of an account that has one; `POST /session/school` moves it to another. */
export function signIn(orm: MikroORM): Router {
  const router = Router()
  router.post(
    "/login",
    answering(async (request, response) => {
      const { login, password } = request.body as Partial<Record<"login" | "password", unknown>>
      const account = await orm.em.fork().findOne(Account, { login: String(login) })
      if (!(await isPassword(String(password), account?.password)) || account === null) {
        response.status(401)
        return { detail: "Unknown login or wrong password." }
      }
      const schools = await schoolsOf(orm, account.id)
      const fresh = await renewedSession(request)
      fresh.accountId = account.id
      if (schools.length === 1) fresh.schoolId = schools[0]!
      return { schools }
    }),
  )
  router.post(
    "/session/school",
    tenantSwitch({ resolve: fromBody("school"), authorize: mayActFor(orm), session: "schoolId" }),
  )
  return router
}

/** Asked with each request, so that a membership that was taken back ends at once, whatever the session remembers. */
export function mayActFor(orm: MikroORM): (request: object, school: TenantId) => Promise<boolean> {
  return async (request, school) => {
    const { accountId } = (request as SignedIn).session
    if (accountId === undefined || !Number.isSafeInteger(Number(school))) return false
    return (await orm.em.fork().count(Membership, { account: accountId, school: Number(school) })) === 1
  }
}

export async function schoolsOf(orm: MikroORM, accountId: number): Promise<number[]> {
  const memberships = await orm.em.fork().find(Membership, { account: accountId }, { orderBy: { school: "asc" } })
  return memberships.map(({ school }) => school.id)
}

/** A session that somebody had before signing in must not become theirs. */
function renewedSession(request: Request): Promise<Request["session"]> {
  return new Promise((resolve, reject) => {
    request.session.regenerate((error: unknown) => (error == null ? resolve(request.session) : reject(error)))
  })
}
