import { describe } from "vitest"
import { describeLeaks, describeLosses } from "../conformance/controls.ts"
import { describeReads } from "../conformance/reads.ts"
import { describeWrites } from "../conformance/writes.ts"
import { naive, vanilla } from "./conformance/domain.ts"
import { typeOrmHarness } from "./conformance/harness.ts"

// A file per database, so that they run side by side.
describe("on sqlite, reads:", () => {
  describeReads("sqlite", typeOrmHarness())
})

describe("on sqlite, writes:", () => {
  describeWrites("sqlite", typeOrmHarness())
})

describe("TypeORM without the failsafe:", () => {
  describeLeaks("sqlite", typeOrmHarness(vanilla))
})

describe("TypeORM thinned out by hand:", () => {
  describeLosses("sqlite", typeOrmHarness(naive))
})
