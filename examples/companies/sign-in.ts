// Who is it? Sessions are rows that all companies share; the cookie holds a random name of one.
import { createHash, randomBytes } from "node:crypto"
import type { Context, Middleware } from "koa"
import type { Pool } from "pg"
import { isPassword } from "./password.ts"

const cookie = "session"
const cookieOptions = { httpOnly: true, sameSite: "strict" } as const

/** Leaves the company of the caller's session on the context, where `fromSession("companyId")` finds it. */
export function readSession(shared: Pool): Middleware {
  return async (context, next) => {
    const token = context.cookies.get(cookie)
    if (token !== undefined) {
      const { rows } = await shared.query<{ companyId: number }>(
        'select company_id as "companyId" from session where hash = $1 and expires_at > now()',
        [hashOf(token)],
      )
      context["session"] = rows[0]
    }
    await next()
  }
}

export function login(shared: Pool): (context: Context) => Promise<void> {
  return async (context) => {
    const given = context.request.body as Partial<Record<"login" | "password", unknown>>
    const { rows } = await shared.query<{ password: string; companyId: number }>(
      'select password, company_id as "companyId" from account where login = $1',
      [String(given.login)],
    )
    const account = rows[0]
    if (!(await isPassword(String(given.password), account?.password)) || account === undefined) {
      context.status = 401
      context.body = { detail: "Unknown login or wrong password." }
      return
    }
    const token = randomBytes(32).toString("base64url")
    await shared.query("insert into session values ($1, $2, now() + interval '8 hours')", [
      hashOf(token),
      account.companyId,
    ])
    // Add `secure: true` where the application is behind TLS.
    context.cookies.set(cookie, token, cookieOptions)
    context.body = { signedIn: true }
  }
}

export function logout(shared: Pool): (context: Context) => Promise<void> {
  return async (context) => {
    await shared.query("delete from session where hash = $1", [hashOf(context.cookies.get(cookie) ?? "")])
    context.cookies.set(cookie, null, cookieOptions)
    context.body = { signedIn: false }
  }
}

/** Whoever reads the table cannot be anybody. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex")
}
