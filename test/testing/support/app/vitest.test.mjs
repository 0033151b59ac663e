import { test } from "vitest"
import { defineSuite } from "./suite.mjs"

defineSuite(test, test.concurrent)
