// How are passwords kept? As salt and scrypt hash.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto"
import { promisify } from "node:util"

const hash = promisify<string, Buffer, number, Buffer>(scrypt)

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `${salt.toString("hex")}:${(await hash(password, salt, 32)).toString("hex")}`
}

/** Takes as long for an account that does not exist. */
export async function isPassword(password: string, stored = `${"0".repeat(32)}:${"0".repeat(64)}`): Promise<boolean> {
  const [salt = "", expected = ""] = stored.split(":").map((part) => Buffer.from(part, "hex"))
  return timingSafeEqual(await hash(password, Buffer.from(salt), 32), Buffer.from(expected))
}
