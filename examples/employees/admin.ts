// How does somebody see all companies? With another role, pool and port: there is no switch in the application that turns the policies off.
import { createServer, type Server } from "node:http"
import type { Pool } from "pg"
import { claimsOf } from "./access-token.ts"

export function adminServer(pool: Pool, secret: string): Server {
  return createServer((request, response) => {
    response.setHeader("content-type", "application/json")
    if (claimsOf(request, secret)?.role !== "admin") {
      response.writeHead(403).end(JSON.stringify({ detail: "Admins only." }))
      return
    }
    payroll(pool).then(
      (companies) => response.end(JSON.stringify(companies)),
      () => response.writeHead(500).end("{}"),
    )
  })
}

async function payroll(pool: Pool): Promise<unknown[]> {
  const { rows } = await pool.query(
    "select company_id as company, sum(salary)::int as payroll from employee group by 1 order by 1",
  )
  return rows
}
