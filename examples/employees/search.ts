// What if a query is put together from what the user typed? It must not be. It happens all the same, and this is what it may cost.
import type { MikroORM } from "@mikro-orm/postgresql"

/** Injectable, on purpose: write `name ilike ?` and pass the text as a parameter. */
export function search(orm: MikroORM, text: string): Promise<unknown> {
  return orm.em.fork().execute(`select id, name from employee where name ilike '%${text}%' order by 1`)
}
