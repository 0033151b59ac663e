import { describe } from "vitest"
import { mikroOrmFixes } from "./support/mikro-orm-suite.ts"

describe("the suggested fixes for MikroORM on SQLite", () => {
  mikroOrmFixes("sqlite")
})
