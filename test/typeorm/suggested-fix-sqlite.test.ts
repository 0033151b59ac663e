import { describe } from "vitest"
import { typeormFixes } from "../suggested-fix/support/typeorm-suite.ts"

describe.each(["join", "query"] as const)("the suggested fixes for TypeORM on SQLite, by %s", (strategy) => {
  typeormFixes("sqlite", strategy)
})
