import { describe, test } from "node:test"
import { defineSuite } from "./suite.mjs"

describe("node:test", { concurrency: true }, () => defineSuite(test, test))
