import vm from "node:vm"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseTenantId, rowTenantKey, tenantKey } from "../../src/core/tenant-id.ts"
import { refusalOf } from "./support/refusal.ts"

const uuid = "0b8f6c1e-5d3a-4e57-9a0c-1f2e3d4c5b6a"
const uuidBytes = Buffer.from(uuid.replaceAll("-", ""), "hex")

/** What a string or safe integer can be notated as without becoming another tenant. */
const id = fc.oneof(
  fc.string({ unit: "binary" }).filter((text) => text.trim() !== ""),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.uuid(),
)

describe("parseTenantId", () => {
  it.each([0, -0, 7, -7, Number.MAX_SAFE_INTEGER, 0n, 2n ** 80n, "0", "acme", " acme ", uuid, "null", "1.5"])(
    "returns %s as it is",
    (value) => {
      expect(parseTenantId(value)).toBe(value)
    },
  )

  const forNothing = "Pass the id of the tenant, or run code that has none in withoutTenant(reason, run)."
  const forKind = "Pass a non-blank string, a safe integer or a bigint."
  const forRounded = "A number of this size is rounded: pass it as a bigint or a string."
  const forObject = "Pass the id alone."

  it.each([
    [undefined, "undefined", forNothing],
    [null, "null", forNothing],
    ["", "an empty string", forKind],
    [" \t\n\u00a0", "a blank string", forKind],
    [NaN, "NaN", forKind],
    [Infinity, "an infinite number", forKind],
    [-Infinity, "an infinite number", forKind],
    [1.5, "a fractional number", forKind],
    [2 ** 53, "an unsafe integer", forRounded],
    [-(2 ** 53), "an unsafe integer", forRounded],
    [true, "a boolean", forKind],
    [false, "a boolean", forKind],
    [Symbol("acme"), "a symbol", forKind],
    [() => "acme", "a function", forKind],
    [{ id: 1 }, "an object", forObject],
    [Object(1), "an object", forObject],
    [uuidBytes, "an object", forObject],
    [["acme"], "an array", forObject],
    [Promise.resolve("acme"), "a promise", "Await it first."],
  ])("refuses %o and says what kind of value it is", (value, given, advice) => {
    expect(refusalOf(() => parseTenantId(value, "withTenant(tenant, run)"))).toEqual({
      code: "TENANT_INVALID",
      message: `withTenant(tenant, run) got ${given}, which is no tenant id. ${advice}`,
      details: { call: "withTenant(tenant, run)", given },
    })
  })

  it("accepts every safe integer and no other number", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.maxSafeInteger()), (number) => {
        const accepted = !failsToParse(number)
        expect(accepted).toBe(Number.isSafeInteger(number))
      }),
    )
  })

  it("never repeats a refused number in the message", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e5, noInteger: true, noNaN: true }), (secret) => {
        expect(refusalOf(() => parseTenantId(secret)).message).not.toContain(String(secret))
      }),
    )
  })
})

describe("tenantKey", () => {
  it.each([
    [1, 1n],
    [1, "1"],
    [1n, "1"],
    [-0, 0],
    [-0, "0"],
    [2n ** 60n, "1152921504606846976"],
    [uuid, uuid.toUpperCase()],
  ])("gives %s and %s one key", (left, right) => {
    expect(tenantKey(left)).toBe(tenantKey(right))
  })

  it.each([
    ["acme", "ACME"],
    ["acme", " acme"],
    ["acme", "acme "],
    ["1", "01"],
    ["1", "1.0"],
    ["1", "+1"],
    ["0", "-0"],
    ["abc", "аbc"],
    ["caf\u00e9", "cafe\u0301"],
    [uuid, uuid.replaceAll("-", "")],
    [uuid, `{${uuid}}`],
    [`${uuid}\n`, uuid],
    ["G".repeat(36), "g".repeat(36)],
  ])("keeps %j and %j apart", (left, right) => {
    expect(tenantKey(left)).not.toBe(tenantKey(right))
  })

  it("is the same for every notation of a whole number", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        expect(tenantKey(BigInt(number))).toBe(tenantKey(number))
        expect(tenantKey(String(number))).toBe(tenantKey(number))
      }),
    )
  })

  it("ignores the case of a UUID", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }), (text, upper) => {
        const mixed = Array.from(text, (char, index) => (upper[index] ? char.toUpperCase() : char)).join("")
        expect(tenantKey(mixed)).toBe(tenantKey(text))
      }),
    )
  })

  it("keeps apart what differs as text, unless both are the same UUID", () => {
    fc.assert(
      fc.property(id, id, (left, right) => {
        const equalText = String(left) === String(right)
        const equalUuid = String(left).length === 36 && String(left).toLowerCase() === String(right).toLowerCase()
        fc.pre(equalText || !equalUuid)
        expect(tenantKey(left) === tenantKey(right)).toBe(equalText)
      }),
    )
  })

  it("is a fixed point: the key of a key is that key", () => {
    fc.assert(
      fc.property(id, (any) => {
        expect(tenantKey(tenantKey(any))).toBe(tenantKey(any))
      }),
    )
  })
})

describe("rowTenantKey", () => {
  class ObjectId {
    readonly #hex = "64f0c0ffee"
    toString(): string {
      return this.#hex
    }
    toJSON(): string {
      return this.#hex
    }
  }

  it("equals the key of the scope's id for every value that a row can hold as it is", () => {
    fc.assert(
      fc.property(id, (any) => {
        expect(rowTenantKey(any)).toBe(tenantKey(any))
      }),
    )
  })

  it("reads null as shared and undefined as not loaded", () => {
    expect([rowTenantKey(null), rowTenantKey(undefined)]).toEqual([null, undefined])
  })

  it("reads an empty string as a tenant of its own, never as shared", () => {
    expect(rowTenantKey("")).toBe("")
  })

  it.each([
    ["a Buffer", uuidBytes],
    ["a Uint8Array", new Uint8Array(uuidBytes)],
    [
      "a view into a larger buffer",
      Buffer.concat([Buffer.from([1, 2, 3]), uuidBytes, Buffer.from([4])]).subarray(3, 19),
    ],
    ["a Uint8Array of another realm", vm.runInNewContext(`Uint8Array.from([${[...uuidBytes].join()}])`) as unknown],
  ])("reads 16 bytes in %s as a UUID", (_, bytes) => {
    expect(rowTenantKey(bytes)).toBe(tenantKey(uuid.toUpperCase()))
  })

  it("reads the bytes of every UUID as that UUID", () => {
    fc.assert(
      fc.property(fc.uuid(), (text) => {
        expect(rowTenantKey(Buffer.from(text.replaceAll("-", ""), "hex"))).toBe(tenantKey(text))
      }),
    )
  })

  it.each([
    ["both toJSON and toString", new ObjectId(), "64f0c0ffee"],
    ["toString alone", { toString: () => "01H8XGJWBW" }, "01H8XGJWBW"],
    ["toJSON alone", { toJSON: () => 7 }, "7"],
    ["valueOf alone", { valueOf: () => 7n }, "7"],
    ["toJSON without a prototype", Object.assign(Object.create(null) as object, { toJSON: () => "7" }), "7"],
    ["a toString made for debugging", { toJSON: () => 7, toString: () => "TenantRef(7)" }, "7"],
    ["a toJSON that is an object", { toJSON: () => ({ id: 7 }), toString: () => "7" }, "7"],
    ["a UUID in upper case", { toString: () => uuid.toUpperCase() }, uuid],
    ["a boxed number", Object(7), "7"],
    ["a boxed string", Object("acme"), "acme"],
  ])("reads an id object that has %s", (_, value, key) => {
    expect(rowTenantKey(value)).toBe(key)
  })

  it.each([
    ["a plain object", { id: 7 }],
    ["a plain object of another realm", vm.runInNewContext("({ id: 7 })") as unknown],
    ["an object without a prototype", Object.create(null) as unknown],
    ["an object whose toJSON is null", { toJSON: () => null }],
    ["an array of one id", [7]],
    ["bytes that are no UUID", Buffer.from("acme")],
    ["16 bytes that are no Uint8Array", new DataView(new ArrayBuffer(16))],
    ["a boolean", true],
    ["a symbol", Symbol("acme")],
    ["a function", () => 7],
    ["NaN", NaN],
    ["an infinite number", Infinity],
    ["a number that a driver has rounded", 2 ** 53],
    [
      "an object whose toJSON throws",
      {
        toJSON(): never {
          throw new Error("detached")
        },
      },
    ],
  ])("cannot tell the tenant of %s", (_, value) => {
    expect(rowTenantKey(value)).toBeUndefined()
  })
})

function failsToParse(value: unknown): boolean {
  try {
    parseTenantId(value)
    return false
  } catch {
    return true
  }
}
