import { describe } from "vitest"
import { describeWriteCost } from "../conformance/write-guard/cost.ts"
import { describeUnfilteredLinks } from "../conformance/write-guard/exceptions.ts"
import { describeHookedWrites } from "../conformance/write-guard/hooks.ts"
import { describeUnscopedWrites, describeWriteModes } from "../conformance/write-guard/modes.ts"
import { describeWritePrivacy } from "../conformance/write-guard/privacy.ts"
import { describeWriteProperty } from "../conformance/write-guard/property.ts"
import { describeWriteGuard } from "../conformance/write-guard/suite.ts"
import { describeWriteTexts } from "../conformance/write-guard/texts.ts"
import { mikroOrmHarness } from "./write-guard/harness.ts"

// A file per database, so that they run side by side.
describe("on postgresql, writes are guarded:", () => {
  describeWriteGuard("postgresql", mikroOrmHarness)
  describeUnfilteredLinks("postgresql", mikroOrmHarness)
  describeHookedWrites("postgresql", mikroOrmHarness)
})

describe("on postgresql, the roll-out of the write guard:", () => {
  describeWriteModes("postgresql", mikroOrmHarness)
})

describe("on postgresql, writes outside any scope:", () => {
  describeUnscopedWrites("postgresql", mikroOrmHarness)
})

describe("on postgresql, what the write guard says:", () => {
  describeWriteTexts("postgresql", mikroOrmHarness)
  describeWritePrivacy("postgresql", mikroOrmHarness)
})

describe("on postgresql, queries of the write guard:", () => {
  describeWriteCost("postgresql", mikroOrmHarness)
})

describe("on postgresql, random writes:", () => {
  describeWriteProperty("postgresql", mikroOrmHarness, 50)
})
