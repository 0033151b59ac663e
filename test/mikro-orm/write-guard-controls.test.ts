import { describeNaiveGuard, describeSentWrites, describeWriteLeaks } from "../conformance/write-guard/controls.ts"
import { mikroOrmHarness } from "./write-guard/harness.ts"

describeWriteLeaks("sqlite", mikroOrmHarness)
describeSentWrites("sqlite", mikroOrmHarness)

// They see entities that were loaded, and what an entity says of itself.
const byBoth = [
  /^update a foreign Address, (?:assigned|loaded|loaded by another manager|loaded in withoutTenant)$/,
  /^link a foreign Parcel to an own Address, by (?:object|reference)$/,
  /^give (?:an own|a shared) \w+ to another tenant, (?:loaded|without loading)$/,
  /^add a foreign Address to a customer, loaded child$/,
  /^save a customer whose foreign Address was changed$/,
]
const byTheObject = [
  ...byBoth,
  /^delete a foreign Reply, (?:loaded|loaded in withoutTenant)$/,
  /^insert Address of (?:a foreign tenant|which one is foreign), as entities$/,
  /^insert a customer with (?:a foreign address|an address and its foreign parcel)$/,
]

describeNaiveGuard("sqlite", mikroOrmHarness, "in beforeUpdate", byBoth)
describeNaiveGuard("sqlite", mikroOrmHarness, "by the object's tenant", byTheObject)
