import { describe } from "vitest"
import { describeReads } from "../conformance/reads.ts"
import { describeWrites } from "../conformance/writes.ts"
import { typeOrmHarness } from "./conformance/harness.ts"

// A file per database, so that they run side by side.
describe("on postgresql, reads:", () => {
  describeReads("postgresql", typeOrmHarness())
})

describe("on postgresql, writes:", () => {
  describeWrites("postgresql", typeOrmHarness())
})
