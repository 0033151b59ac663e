import { describe } from "vitest"
import { describeReads } from "../conformance/reads.ts"
import { describeWrites } from "../conformance/writes.ts"
import { mikroOrmHarness } from "./conformance/harness.ts"

// A file per database, so that they run side by side.
describe("on sqlite, reads:", () => {
  describeReads("sqlite", mikroOrmHarness())
})

describe("on sqlite, writes:", () => {
  describeWrites("sqlite", mikroOrmHarness())
})
