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
describe("on sqlite, writes are guarded:", () => {
  describeWriteGuard("sqlite", typeOrmHarness)
  describeUnfilteredLinks("sqlite", typeOrmHarness)
  describeHookedWrites("sqlite", typeOrmHarness)
})

describe("on sqlite, the roll-out of the write guard:", () => {
  describeWriteModes("sqlite", typeOrmHarness)
})

describe("on sqlite, writes outside any scope:", () => {
  describeUnscopedWrites("sqlite", typeOrmHarness)
})

describe("on sqlite, what the write guard says:", () => {
  describeWriteTexts("sqlite", typeOrmHarness)
  describeWritePrivacy("sqlite", typeOrmHarness)
})

describe("on sqlite, queries of the write guard:", () => {
  describeWriteCost("sqlite", typeOrmHarness)
})

describe("on sqlite, random writes:", () => {
  describeWriteProperty("sqlite", typeOrmHarness, 150)
})
