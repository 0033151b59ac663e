// What do the routes of a company look like? As if it had the database for itself.
import { Router } from "@koa/router"
import type { Pool } from "pg"

export function projects(company: Pool): Router {
  const router = new Router()
  router.get("/projects", async (context) => {
    context.body = (await company.query("select id, title from project order by id")).rows
  })
  router.post("/projects", async (context) => {
    const { title } = context.request.body as { readonly title?: unknown }
    const { rows } = await company.query("insert into project (title) values ($1) returning id", [String(title)])
    context.body = rows[0]
  })
  return router
}
