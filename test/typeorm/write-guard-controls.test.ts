import { describeNaiveGuard, describeSentWrites, describeWriteLeaks } from "../conformance/write-guard/controls.ts"
import { typeOrmHarness } from "./write-guard/harness.ts"

describeWriteLeaks("sqlite", typeOrmHarness)
describeSentWrites("sqlite", typeOrmHarness)

// It sees what `save` loads again before it updates; no statement, no deletion, no new row, and no link.
const byTheHook = [
  /^update a foreign Address, /,
  /^update a foreign Parcel that was deleted softly$/,
  /^link a foreign Parcel to an own Address, /,
  /^take a foreign Address, (?:loaded|without loading)$/,
  /^add a foreign Address to a customer, (?:collection|loaded child)$/,
  /^save a customer whose foreign Address was changed$/,
]
// It sees what an object says of itself.
const byTheObject = [
  /^update a foreign Address, (?:loaded|loaded in withoutTenant|preloaded|repository)$/,
  /^delete a foreign Reply, (?:loaded|loaded in withoutTenant)$/,
  /^insert Address of (?:a foreign tenant|which one is foreign), /,
  /^insert a customer with (?:a foreign address|an address and its foreign parcel)$/,
  /^upsert (?:a new Product of|an own Product with) a foreign tenant, /,
  /^give (?:an own|a shared) \w+ to another tenant, /,
  /^link a foreign Parcel to an own Address, by (?:object|reference)$/,
  /^add a foreign Address to a customer, loaded child$/,
  /^save a customer whose foreign Address was changed$/,
]

describeNaiveGuard("sqlite", typeOrmHarness, "in beforeUpdate", byTheHook)
describeNaiveGuard("sqlite", typeOrmHarness, "by the object's tenant", byTheObject)
