/** A seed that a failing run can be repeated with: it is printed, and `TENANT_FAILSAFE_SEED` sets it. */
export function printedSeed(file: string): number {
  const seed = Number(process.env["TENANT_FAILSAFE_SEED"] ?? Math.trunc(Math.random() * 2 ** 31))
  console.log(`${file}: TENANT_FAILSAFE_SEED=${seed}`)
  return seed
}
