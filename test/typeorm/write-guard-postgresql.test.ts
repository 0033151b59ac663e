import { describe } from "vitest"
import { describeWriteCost } from "../conformance/write-guard/cost.ts"
import { describeUnfilteredLinks } from "../conformance/write-guard/exceptions.ts"
import { describeHookedWrites } from "../conformance/write-guard/hooks.ts"
import { describeUnscopedWrites, describeWriteModes } from "../conformance/write-guard/modes.ts"
import { describeWritePrivacy } from "../conformance/write-guard/privacy.ts"
import { describeWriteProperty } from "../conformance/write-guard/property.ts"
import { describeWriteGuard } from "../conformance/write-guard/suite.ts"
import { describeWriteTexts } from "../conformance/write-guard/texts.ts"
import { typeOrmHarness } from "./write-guard/harness.ts"

// A file per database, so that they run side by side.
describe("on postgresql, writes are guarded:", () => {
  describeWriteGuard("postgresql", typeOrmHarness)
  describeUnfilteredLinks("postgresql", typeOrmHarness)
  describeHookedWrites("postgresql", typeOrmHarness)
})

describe("on postgresql, the roll-out of the write guard:", () => {
  describeWriteModes("postgresql", typeOrmHarness)
})

describe("on postgresql, writes outside any scope:", () => {
  describeUnscopedWrites("postgresql", typeOrmHarness)
})

describe("on postgresql, what the write guard says:", () => {
  describeWriteTexts("postgresql", typeOrmHarness)
  describeWritePrivacy("postgresql", typeOrmHarness)
})

describe("on postgresql, queries of the write guard:", () => {
  describeWriteCost("postgresql", typeOrmHarness)
})

describe("on postgresql, random writes:", () => {
  describeWriteProperty("postgresql", typeOrmHarness, 50)
})
