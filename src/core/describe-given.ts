import { types } from "node:util"

/** Says what kind of value was given, for an error text. Never the value itself: ids and reasons may be private. */
export function describeGiven(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined"
    case "string":
      return describeString(value)
    case "number":
      return describeNumber(value)
    case "object":
      return describeObject(value)
    default:
      return `a ${typeof value}`
  }
}

function describeString(text: string): string {
  if (text === "") return "an empty string"
  return text.trim() === "" ? "a blank string" : "a string"
}

function describeNumber(number: number): string {
  if (Number.isNaN(number)) return "NaN"
  if (!Number.isFinite(number)) return "an infinite number"
  if (!Number.isInteger(number)) return "a fractional number"
  return Number.isSafeInteger(number) ? "a number" : "an unsafe integer"
}

function describeObject(value: object | null): string {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  return types.isPromise(value) ? "a promise" : "an object"
}
